import type { EventLogsource } from '../event/event.ts'

/** Sigma's severity, lowest first. */
export const RULE_LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type RuleLevel = (typeof RULE_LEVELS)[number]

/** A rule as parsed: its metadata typed, its detection section ready for the compiler. */
export interface SigmaRule {
  readonly id: string
  /** What correlations and filters may call the rule by, beside its id. */
  readonly name?: string | undefined
  readonly title: string
  readonly level: RuleLevel
  readonly status: string
  readonly description: string
  readonly author: string
  /** `YYYY-MM-DD`, or undefined. */
  readonly date?: string | undefined
  readonly modified?: string | undefined
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
  readonly tags: readonly string[]
  readonly logsource: RuleLogsource
  /** Tactics by ATT&CK's short name with `_` (`defense_evasion`), techniques as `T1059.001`; from the tags. */
  readonly mitre: { readonly tactics: readonly string[]; readonly techniques: readonly string[] }
  /** The detection section, parsed. Opaque to everything but the compiler. */
  readonly detection: unknown
  /** Where it came from, for messages. */
  readonly file: string
  readonly line: number
  /** The rule's own YAML document, as written. */
  readonly source: string
}

export interface RuleLogsource {
  readonly category?: string | undefined
  readonly product?: string | undefined
  readonly service?: string | undefined
}

/** A Sigma filter: what the rules it names must not fire on. Its condition is joined to theirs by AND NOT. */
export interface SigmaFilter {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly logsource: RuleLogsource
  /** Ids or names of the rules it is for; `any`: all of its logsource. */
  readonly rules: 'any' | readonly string[]
  /** As `SigmaRule.detection`. */
  readonly detection: unknown
  readonly file: string
  readonly line: number
  readonly source: string
}

export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
  'temporal_extended',
  'temporal_ordered_extended',
] as const
export type CorrelationType = (typeof CORRELATION_TYPES)[number]

/** A Sigma correlation rule, parsed and validated; the correlation engine runs it. */
export interface SigmaCorrelation extends Omit<SigmaRule, 'logsource' | 'detection'> {
  readonly type: CorrelationType
  /** Ids or names of rules, or of other correlations. */
  readonly rules: readonly string[]
  /** Fields (or aliases) that make one group; empty: all matches are one group. */
  readonly groupBy: readonly string[]
  readonly timespanSeconds: number
  /** Comparisons that must all hold of the count, sum, …; undefined where the type needs none (`temporal`). */
  readonly condition?: readonly { readonly operator: 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly value: number }[] | undefined
  /** What `value_*` counts or adds up; several make a tuple. */
  readonly fields?: readonly string[] | undefined
  /** `value_percentile` only, 0 to 100. */
  readonly percentile?: number | undefined
  /** `temporal_extended`: a boolean expression over the rules' names. */
  readonly expression?: RuleExpression | undefined
  /** Alias → rule (id or name) → field. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** True: the rules it refers to also alert on their own. */
  readonly generate: boolean
}

export type RuleExpression =
  | { readonly kind: 'and' | 'or'; readonly of: readonly RuleExpression[] }
  | { readonly kind: 'not'; readonly of: RuleExpression }
  | { readonly kind: 'rule'; readonly rule: string }

/** Why a rule fires on an event, or why it does not. */
export interface Explanation {
  readonly matched: boolean
  /** False: the event is of another log source, so the rule was never put to it; the parts below were all the same. */
  readonly applies: boolean
  /** The condition as written. */
  readonly condition: string
  readonly searches: readonly ExplainedSearch[]
  /** In one sentence, the part that failed first; undefined where the rule matched. */
  readonly firstFailure?: string | undefined
}

export interface ExplainedSearch {
  readonly name: string
  readonly matched: boolean
  /** How the condition uses it: its truth works for the rule (`required`) or against it (`excluded`). */
  readonly role: 'required' | 'excluded'
  readonly parts: readonly ExplainedPart[]
}

export interface ExplainedPart {
  /** Undefined: a keyword, looked for in every value. */
  readonly field?: string | undefined
  /** Where the field was found in the event, dotted; undefined where it is absent. */
  readonly path?: string | undefined
  /** What is asked, for people: `ends with "\\powershell.exe"`, `is one of 4,432 values`. */
  readonly wanted: string
  /** The event's value as text, cut at 200 characters; undefined where absent. */
  readonly value?: string | undefined
  readonly matched: boolean
}

/** Why a rule, or a part of one, cannot be used. Never silent: whoever loads rules shows these. */
export interface RuleProblem {
  readonly file: string
  /** 1-based line in the file. */
  readonly line: number
  readonly ruleId?: string | undefined
  readonly title?: string | undefined
  /** Stable name: `yaml`, `missing_field`, `unsupported_modifier`, `condition`, `expand_without_placeholders`, … */
  readonly code: string
  readonly reason: string
}

/**
 * A shape of event that rules are matched on. `ecs` is the hub's document; the others are native shapes, matched in
 * place when hunting over files (evtx_dump, flat Windows JSON, Winlogbeat).
 */
export interface View {
  readonly name: string
  /**
   * Where a rule's field is in this shape, as paths (`['process','command_line']`), most specific first; the first
   * one present wins. Called at compile time only.
   */
  paths(field: string, logsource: RuleLogsource): readonly (readonly string[])[]
}

export interface RuleMatch {
  readonly rule: SigmaRule
  /** Names of the detection's search identifiers that were true and took part in the condition: `['selection']`. */
  readonly matchedConditions: readonly string[]
}

/** Many rules compiled into one. Holds no state between events. */
export interface Matcher {
  readonly rules: readonly SigmaRule[]
  /**
   * Rules that fire on the event. `document` is in the view's shape. Never throws, whatever the document holds.
   *
   * @param text - the JSON the document was parsed from: it is looked through instead of the values one by one. Where the caller has none, it is made.
   */
  match(document: object, logsource: EventLogsource, text?: string): RuleMatch[]
  /** Builds everything that is otherwise built when the first event of its kind arrives, so that no event waits for it. */
  prepare(): void
  /**
   * How often each rule (by index in `rules`) was applicable by its logsource and so counts as evaluated, and how many
   * events were seen, since the matcher was made. Read by the detection engine for its statistics.
   */
  readonly evaluations: Float64Array
}

export interface CompileResult {
  readonly matcher: Matcher
  readonly problems: readonly RuleProblem[]
}
