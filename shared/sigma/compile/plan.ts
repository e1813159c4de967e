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
  const inSteps = stepsFor(learner)
  const rulesByPredicate = new Map<number, number[]>()
  const always: number[] = []
  const indexed = new Set<Predicate>()
  chooseWitnesses(rules, candidates, predicates, inSteps, learner).forEach((witness, place) => {
    const rule = rules[place]
    if (!rule) return
    if (!witness) always.push(rule.index)
    for (const predicate of rule.longLists) indexed.add(predicate)
    for (const predicate of witness ?? []) {
      indexed.add(predicate)
      listAt(rulesByPredicate, predicate.id).push(rule.index)
    }
  })
  const isIndexed = new Uint8Array(predicates.count)
  for (const predicate of indexed) isIndexed[predicate.id] = 1
  const { literals, grams, fields, beyondAscii } = placed(indexed, predicates, inSteps)
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

/** What looking for literals costs per event, in rules looked at in vain (some half a microsecond): for each thousand characters, or in all. */
const STEPS_COST_PER_KB = 3
const SEARCH_COST_PER_KB = 6
const ENDS_COST = 0.2
/** Length of a value, in characters, where none was seen. */
const LIKELY_LENGTH = 200
const LIKELY_TEXT_LENGTH = 2_000

/** A rule looked at for every event costs about this, because what it would rest on is then looked for in its field's value, text by text. */
const costOfAlways = (predicates: readonly Predicate[], learner: Learner | undefined): number =>
  predicates.reduce((sum, { field, literals = [] }) => sum + literals.length * (0.2 + lengthOf(field, learner) / 1_000), 1.5)

const lengthOf = (field: Field, learner: Learner | undefined): number =>
  learner?.lengthOf(field) ?? (field.everything ? LIKELY_TEXT_LENGTH : LIKELY_LENGTH)

/** Where one looking-through serves several rules, each pays its share; who shares is known once all have chosen, so they choose again. */
const ROUNDS = 3

/** By rule, what it rests on; undefined where it is to be looked at for every event. */
function chooseWitnesses(
  rules: readonly PlannedRule[],
  candidates: readonly Predicate[],
  predicates: PlannedPredicates,
  inSteps: (field: Field) => boolean,
  learner: Learner | undefined,
): (readonly Predicate[] | undefined)[] {
  const standing = new Map(
    candidates.map((predicate) => {
      const kind = costKind(predicate, predicates.placesOf(predicate), inSteps)
      const guess = predicates.guess(predicate)
      const expected = learner ? learner.expected(predicate, guess) : guess
      const sharedBy = kind === 'steps' ? 'steps' : kind === 'text' ? undefined : predicate.field
      return [predicate, { expected, cost: costOf(kind, predicate.field, learner), sharedBy }] as const
    }),
  )
  let sharing = new Map<Field | 'steps', number>()
  const count = (predicate: Predicate) => {
    const key = standing.get(predicate)?.sharedBy
    if (key !== undefined) sharing.set(key, (sharing.get(key) ?? 0) + 1)
  }
  for (const predicate of candidates) count(predicate)
  const weigh = (predicate: Predicate) => {
    const own = standing.get(predicate)
    if (own?.sharedBy === undefined) return own?.expected ?? 1
    return own.expected + own.cost / Math.max(1, sharing.get(own.sharedBy) ?? 0)
  }
  let chosen: (readonly Predicate[] | undefined)[] = []
  for (let round = 0; round < ROUNDS; round++) {
    chosen = rules.map((rule) => {
      const witness = witnessOf(rule.condition, predicates.literalOnly, weigh)
      return witness && witness.weight <= costOfAlways(witness.predicates, learner) ? witness.predicates : undefined
    })
    sharing = new Map()
    for (const predicate of chosen.flatMap((each) => each ?? [])) count(predicate)
  }
  return chosen
}

type CostKind = 'text' | 'steps' | 'search' | 'ends'

/** The dearest of the ways the predicate's literals are looked for. */
function costKind({ field, literals = [] }: Predicate, places: readonly IndexPlace[], inSteps: (field: Field) => boolean): CostKind {
  const short = places.some(({ kind }) => kind === 'steps')
  if (places.some(({ kind }, index) => kind === 'field' && literals[index]?.place === 'contains') || (short && !inSteps(field))) return 'search'
  return short ? 'steps' : places.some(({ kind }) => kind === 'field') ? 'ends' : 'text'
}

function costOf(kind: CostKind, field: Field, learner: Learner | undefined): number {
  if (kind === 'text') return 0
  if (kind === 'ends') return ENDS_COST
  if (kind === 'steps') return (STEPS_COST_PER_KB * (learner?.textLength || LIKELY_TEXT_LENGTH)) / 1_000
  return ENDS_COST + (SEARCH_COST_PER_KB * lengthOf(field, learner)) / 1_000
}

/** Whether the field's short literals are looked for in the text, in small steps, and not in its value: where values are long, or it stands for all of them. */
const stepsFor =
  (learner: Learner | undefined) =>
  (field: Field): boolean =>
    field.everything || costOf('search', field, learner) * STEPS_SHARED_BY > costOf('steps', field, learner)
const STEPS_SHARED_BY = 4

function placed(indexed: Iterable<Predicate>, predicates: PlannedPredicates, inSteps: (field: Field) => boolean) {
  const literals: TextLiteral[] = []
  const grams: GramLiteral[] = []
  const fields = new Map<Field, [Literal, number][]>()
  const beyondAscii = new Map<Field, [Literal, number][]>()
  for (const predicate of indexed) {
    const places = predicates.placesOf(predicate)
    predicate.literals?.forEach((literal, index) => {
      const place = places[index]
      if (place?.kind === 'text' || (place?.kind === 'steps' && inSteps(predicate.field)))
        grams.push({ bytes: place.bytes, number: literals.push({ literal, predicate, lookedAt: 0 }) - 1 })
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
