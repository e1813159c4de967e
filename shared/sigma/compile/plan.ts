import type { RuleLogsource } from '../contract.ts'
import type { Field } from './field.ts'
import type { Literal } from './literal.ts'
import { createLiteralIndex, type LiteralIndex } from './literal-index.ts'
import type { Predicate } from './program.ts'

/** A rule as plans see it. */
export interface PlannedRule {
  /** Its place in the matcher's list. */
  readonly index: number
  readonly logsource: RuleLogsource
  /** Predicates of the rule that are answered by their field's index. */
  readonly indexed: readonly Predicate[]
  /** One of these holds whenever the rule fires; undefined: the rule must always be looked at. */
  readonly witness: readonly Predicate[] | undefined
}

/** All that is needed for the events of one logsource. */
export interface Plan {
  readonly rules: Int32Array
  /** Rules to look at whatever the event holds. */
  readonly always: Int32Array
  readonly fields: readonly { readonly field: Field; readonly index: LiteralIndex }[]
  /** Rules to look at once the predicate of this id holds. */
  readonly rulesByPredicate: ReadonlyMap<number, Int32Array>
  /** Events seen by this plan. */
  events: number
}

export function createPlan(rules: readonly PlannedRule[]): Plan {
  const rulesByPredicate = new Map<number, number[]>()
  const literalsByField = new Map<Field, [Literal, number][]>()
  const seen = new Set<Predicate>()
  for (const rule of rules) {
    for (const predicate of rule.witness ?? []) listAt(rulesByPredicate, predicate.id).push(rule.index)
    for (const predicate of rule.indexed) {
      if (seen.has(predicate)) continue
      seen.add(predicate)
      const literals = listAt(literalsByField, predicate.field)
      for (const literal of predicate.literals ?? []) literals.push([literal, predicate.id])
    }
  }
  return {
    rules: Int32Array.from(rules, (rule) => rule.index),
    always: Int32Array.from(
      rules.filter((rule) => !rule.witness),
      (rule) => rule.index,
    ),
    fields: [...literalsByField].map(([field, literals]) => ({ field, index: createLiteralIndex(literals) })),
    rulesByPredicate: new Map([...rulesByPredicate].map(([id, list]) => [id, Int32Array.from(list)])),
    events: 0,
  }
}

function listAt<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? []
  if (list.length === 0) map.set(key, list)
  return list
}
