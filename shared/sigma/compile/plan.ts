import type { RuleLogsource } from '../contract.ts'
import type { Field } from './field.ts'
import { createGramIndex, type GramIndex, type GramLiteral } from './gram-index.ts'
import type { IndexPlace } from './index-place.ts'
import { Learner } from './learner.ts'
import type { Literal } from './literal.ts'
import { createLiteralIndex, type LiteralIndex } from './literal-index.ts'
import type { Predicate, Program } from './program.ts'
import { addCandidates, type LiteralOnly, witnessOf } from './witness.ts'

/** A rule as plans see it. */
export interface PlannedRule {
  /** Its place in the matcher's list. */
  readonly index: number
  readonly logsource: RuleLogsource
  readonly condition: Program
  /** Its predicates that are answered by an index whether or not the rule rests on them, because asking literal by literal would cost more. */
  readonly longLists: readonly Predicate[]
}

/** What plans need of the matcher's predicates. */
export interface PlannedPredicates {
  readonly count: number
  readonly literalOnly: LiteralOnly
  /** By literal, where it is looked for; for those that `literalOnly` gives. */
  placesOf(predicate: Predicate): readonly IndexPlace[]
  /** How often the predicate is expected to hold before any event was seen, 0 to 1. */
  guess(predicate: Predicate): number
  /** What it costs to have it in an index, on the same scale: shared by all rules that could rest on the same. */
  indexCost(predicate: Predicate): number
}

/** A field whose value is put to an index of its own; reports predicates' ids. */
export interface FieldIndex {
  readonly field: Field
  readonly index: LiteralIndex
}

/** A literal looked for in the event's text, and the predicate that holds where its field's value has it. */
export interface TextLiteral {
  readonly literal: Literal
  readonly predicate: Predicate
  /** The number of the event it was last looked for in. */
  lookedAt: number
}

/** All that is needed for the events of one log source. */
export interface Plan {
  readonly rules: Int32Array
  /** Rules to look at whatever the event holds. */
  readonly always: Int32Array
  /** Over the event's JSON text; reports places in `literals`. */
  readonly text: GramIndex | undefined
  readonly literals: readonly TextLiteral[]
  readonly fields: readonly FieldIndex[]
  /** Asked only where the event is not all ASCII. */
  readonly beyondAscii: readonly FieldIndex[]
  /** By predicate id, 1 where the indexes say whether it holds. */
  readonly indexed: Uint8Array
  /** By predicate id, the rules to look at once it holds. */
  readonly rulesByPredicate: ReadonlyMap<number, Int32Array>
  /** Undefined once it has learnt what it can. */
  learner: Learner | undefined
  /** Events seen. */
  events: number
}

/**
 * @param learner - what events of this log source taught; without one the plan rests on guesses and gets one
 */
export function createPlan(rules: readonly PlannedRule[], predicates: PlannedPredicates, learner?: Learner): Plan {
  const candidates = learner?.candidates ?? candidatesOf(rules, predicates.literalOnly)
  const weight = weightsOf(candidates, predicates, learner)
  const rulesByPredicate = new Map<number, number[]>()
  const always: number[] = []
  const indexed = new Set<Predicate>()
  for (const rule of rules) {
    const witness = witnessOf(rule.condition, predicates.literalOnly, (predicate) => weight.get(predicate) ?? 1)
    if (!witness) always.push(rule.index)
    for (const predicate of witness?.predicates ?? []) {
      indexed.add(predicate)
      listAt(rulesByPredicate, predicate.id).push(rule.index)
    }
    for (const predicate of rule.longLists) indexed.add(predicate)
  }
  const isIndexed = new Uint8Array(predicates.count)
  for (const predicate of indexed) isIndexed[predicate.id] = 1
  const { literals, grams, fields, beyondAscii } = placed(indexed, predicates)
  return {
    rules: Int32Array.from(rules, (rule) => rule.index),
    always: Int32Array.from(always),
    text: createGramIndex(grams, learner?.grams),
    literals,
    fields: toFieldIndexes(fields),
    beyondAscii: toFieldIndexes(beyondAscii),
    indexed: isIndexed,
    rulesByPredicate: new Map([...rulesByPredicate].map(([id, list]) => [id, Int32Array.from(list)])),
    learner: learner === undefined ? new Learner(candidates) : learner.done ? undefined : learner,
    events: 0,
  }
}

/** How much a rule that rests on the predicate costs per event, in rules looked at in vain. */
function weightsOf(candidates: readonly Predicate[], predicates: PlannedPredicates, learner: Learner | undefined): ReadonlyMap<Predicate, number> {
  // The more rules rest on one field, the less each pays for its being looked at.
  const sharing = new Map<Field, number>()
  for (const { field } of candidates) sharing.set(field, (sharing.get(field) ?? 0) + 1)
  return new Map(
    candidates.map((predicate) => {
      const guess = predicates.guess(predicate)
      return [
        predicate,
        (learner ? learner.expected(predicate, guess) : guess) + predicates.indexCost(predicate) / (sharing.get(predicate.field) ?? 1),
      ]
    }),
  )
}

function placed(indexed: Iterable<Predicate>, predicates: PlannedPredicates) {
  const literals: TextLiteral[] = []
  const grams: GramLiteral[] = []
  const fields = new Map<Field, [Literal, number][]>()
  const beyondAscii = new Map<Field, [Literal, number][]>()
  for (const predicate of indexed) {
    const places = predicates.placesOf(predicate)
    predicate.literals?.forEach((literal, index) => {
      const place = places[index]
      if (place?.bytes) grams.push({ bytes: place.bytes, number: literals.push({ literal, predicate, lookedAt: 0 }) - 1 })
      else listAt(place?.kind === 'beyondAscii' ? beyondAscii : fields, predicate.field).push([literal, predicate.id])
    })
  }
  return { literals, grams, fields, beyondAscii }
}

const toFieldIndexes = (literals: ReadonlyMap<Field, readonly [Literal, number][]>): FieldIndex[] =>
  [...literals].map(([field, entries]) => ({ field, index: createLiteralIndex(entries) }))

function candidatesOf(rules: readonly PlannedRule[], literalOnly: LiteralOnly): Predicate[] {
  const candidates = new Set<Predicate>()
  for (const rule of rules) addCandidates(rule.condition, literalOnly, candidates)
  return [...candidates]
}

function listAt<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? []
  if (list.length === 0) map.set(key, list)
  return list
}
