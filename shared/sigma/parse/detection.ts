import type { Pattern } from './pattern.ts'

export type NumberOperator = 'eq' | 'lt' | 'lte' | 'gt' | 'gte'
export type DatePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'
export type FieldRelation = 'equals' | 'contains' | 'startswith' | 'endswith'

/** What is asked of one field's value, after all modifiers were applied. Plain data: rules may cross to a worker. */
export type Test =
  | { readonly kind: 'text'; readonly pattern: Pattern; readonly cased: boolean }
  /** `source` and `flags` are JavaScript's, already translated from Sigma's. */
  | { readonly kind: 'regex'; readonly source: string; readonly flags: string }
  | { readonly kind: 'cidr'; readonly network: string }
  | { readonly kind: 'exists'; readonly expected: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'number'; readonly operator: NumberOperator; readonly value: number; readonly part?: DatePart | undefined }
  | { readonly kind: 'field'; readonly field: string; readonly relation: FieldRelation; readonly cased: boolean }

/** A search identifier's content as a boolean tree. A leaf without a field is a keyword, looked for in every value. */
export type SearchNode =
  | { readonly kind: 'and' | 'or'; readonly of: readonly SearchNode[] }
  | { readonly kind: 'not'; readonly of: SearchNode }
  | { readonly kind: 'leaf'; readonly field: string | undefined; readonly test: Test }

/** A condition as a boolean tree over search identifiers; `1 of x*` and `all of x*` are already written out. */
export type ConditionNode =
  | { readonly kind: 'and' | 'or'; readonly of: readonly ConditionNode[] }
  | { readonly kind: 'not'; readonly of: ConditionNode }
  | { readonly kind: 'search'; readonly name: string }

/** What `SigmaRule.detection` holds. */
export interface Detection {
  readonly searches: ReadonlyMap<string, SearchNode>
  readonly condition: ConditionNode
  /** The condition as written; several of them joined by `or`, filters by `and not`. */
  readonly written: string
}
