import type { EventLogsource } from '../../event/event.ts'
import { applies } from '../applies.ts'
import type { Matcher, RuleMatch, SigmaRule } from '../contract.ts'
import type { ConditionNode, Detection } from '../parse/detection.ts'
import { type ByteWindow, createByteWindows } from './byte-window.ts'
import { createEventReader, type EventReader, someText } from './event-reader.ts'
import type { Field } from './field.ts'
import { foldsIntoAscii, isAsciiJson, isPlainJson } from './json-text.ts'
import type { Learner } from './learner.ts'
import { link } from './link.ts'
import { holds, holdsAsWritten, type Literal } from './literal.ts'
import { createPlan, type FieldIndex, type Plan, type PlannedPredicates, type PlannedRule } from './plan.ts'
import type { Predicate, RuleProgram } from './program.ts'

export interface CompiledRule extends PlannedRule {
  readonly rule: SigmaRule
  readonly program: RuleProgram
}

/** Up to so many literals are asked for one by one where no text is at hand: a sensor's few filters must not have every event written out. */
const FEW_LITERALS = 64

/** Plans kept at once. There is one per logsource seen; the input is not ours, so their number is bounded. */
const PLAN_LIMIT = 1_024

/**
 * The matcher over compiled rules. Per event: one pass over its JSON text, and over the values of a few fields, says which literals it may hold; only rules
 * that rest on one of those are evaluated, and each predicate at most once.
 */
export function createMatcher(rules: readonly CompiledRule[], fields: readonly Field[], predicates: PlannedPredicates): Matcher {
  const reader = createEventReader(fields)
  const inWindows = createByteWindows()
  // A predicate or rule is marked by the number of the event it was last marked for, so nothing is cleared between events.
  const trueAt = new Float64Array(predicates.count)
  const falseAt = new Float64Array(predicates.count)
  const queuedAt = new Float64Array(rules.length)
  let now = 0
  const plans = createPlans(rules, predicates)
  let plan: Plan = plans.none

  const truth = (predicate: Predicate): boolean => {
    const { id } = predicate
    if (trueAt[id] === now) return true
    if (plan.indexed[id] === 1 || falseAt[id] === now) return false
    const result = predicate.evaluate(reader)
    if (result) trueAt[id] = now
    else falseAt[id] = now
    return result
  }
  const tests = rules.map(({ condition }) => link(condition, truth))

  const queue: number[] = []
  const enqueue = (list: Int32Array) => {
    for (let i = 0; i < list.length; i++) {
      const rule = list[i] ?? 0
      if (queuedAt[rule] === now) continue
      queuedAt[rule] = now
      queue.push(rule)
    }
  }
  const isTrue = (id: number) => {
    if (trueAt[id] === now) return
    trueAt[id] = now
    const resting = plan.rulesByPredicate.get(id)
    if (resting) enqueue(resting)
  }
  const found = (ids: Int32Array) => {
    for (let i = 0; i < ids.length; i++) isTrue(ids[i] ?? 0)
  }
  /** Where a literal is in the event's text, whether its field's value holds it is asked here. */
  const suspected = (number: number) => {
    const entry = plan.literals[number]
    if (entry === undefined || entry.lookedAt === now) return
    entry.lookedAt = now
    const { literal, predicate } = entry
    if (trueAt[predicate.id] !== now && fieldHolds(reader, predicate.field, literal)) isTrue(predicate.id)
  }
  const lookThrough = (window: ByteWindow) => {
    plan.text?.scan(window, suspected)
  }
  const ask = ({ field, index }: FieldIndex) => {
    const texts = reader.texts(field)
    if (typeof texts === 'string') index.find(texts, found)
    else if (texts !== undefined) for (const text of texts) index.find(text, found)
  }
  /** Looks for the plan's literals, through the event's text where that can be relied on. */
  const look = (document: object, text: string | undefined) => {
    for (const each of plan.fields) ask(each)
    if (plan.text === undefined && plan.beyondAscii.length === 0) return
    const json = text !== undefined && isPlainJson(text) ? text : plan.literals.length > FEW_LITERALS ? textOf(document) : undefined
    const exact = json !== undefined && !foldsIntoAscii(json)
    if (exact) inWindows(json, lookThrough)
    else
      for (const entry of plan.literals)
        if (trueAt[entry.predicate.id] !== now && someText(reader.folded(entry.predicate.field), (each) => holds(entry.literal, each)))
          isTrue(entry.predicate.id)
    if (plan.beyondAscii.length > 0 && !(exact && isAsciiJson(json))) for (const each of plan.beyondAscii) ask(each)
  }
  const learn = (learner: Learner, logsource: EventLogsource, text: string | undefined) => {
    if (text !== undefined && learner.wantsText) inWindows(text, (window) => learner.learnText(window))
    if (learner.learn(truth, reader.texts)) plans.renew(logsource)
  }

  const toMatch = (index: number): RuleMatch[] => {
    const compiled = rules[index]
    if (!compiled) return []
    const held = (name: string) => {
      const program = compiled.program.searches.get(name)
      return program !== undefined && link(program, truth)()
    }
    return [{ rule: compiled.rule, matchedConditions: matchedIn(compiled.rule.detection as Detection, held) }]
  }

  return {
    rules: rules.map((each) => each.rule),
    match(document, logsource, text) {
      now++
      reader.begin(document)
      plan = plans.for(logsource)
      plan.events++
      queue.length = 0
      enqueue(plan.always)
      look(document, text)
      const fired = queue.filter((rule) => tests[rule]?.() === true)
      const matches = fired.length === 0 ? [] : fired.sort((left, right) => left - right).flatMap(toMatch)
      if (plan.learner?.wants(plan.events)) learn(plan.learner, logsource, text)
      return matches
    },
    prepare() {
      for (const { logsource } of rules) {
        const { product, service, category } = logsource
        plans.for({ product, service, categories: category === undefined ? [] : [category] })
      }
    },
    get evaluations() {
      return plans.evaluations()
    },
  }
}

/** Whether an ASCII literal holds for one of the field's texts, in an event without characters that fold into ASCII. */
function fieldHolds(reader: EventReader, field: Field, literal: Literal): boolean {
  const texts = reader.texts(field)
  if (typeof texts === 'string') return holdsAsWritten(literal, texts) ?? holds(literal, reader.folded(field) as string)
  if (texts === undefined) return false
  return someText(reader.folded(field), (text) => holds(literal, text))
}

/** The document as JSON; undefined where it is no JSON (a bigint, a cycle). */
function textOf(document: object): string | undefined {
  try {
    return JSON.stringify(document)
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined
    throw error
  }
}

/** Names of the searches that made the condition true: true themselves and not under a `not`. */
function matchedIn({ condition }: Detection, holds: (name: string) => boolean): string[] {
  const names = new Set<string>()
  const visit = (node: ConditionNode, positive: boolean): void => {
    if (node.kind === 'search') {
      if (positive && !names.has(node.name) && holds(node.name)) names.add(node.name)
    } else if (node.kind === 'not') visit(node.of, !positive)
    else for (const operand of node.of) visit(operand, positive)
  }
  visit(condition, true)
  return [...names]
}

interface Plans {
  readonly none: Plan
  for(logsource: EventLogsource): Plan
  /** Makes the log source's plan anew, with what its events taught. */
  renew(logsource: EventLogsource): void
  evaluations(): Float64Array
}

function createPlans(rules: readonly PlannedRule[], predicates: PlannedPredicates): Plans {
  const plans = new Map<string, Plan>()
  /** Classification hands out the same object for the same kind of event; those need no key made. */
  let byObject = new WeakMap<EventLogsource, Plan>()
  const dropped = new Float64Array(rules.length)

  const addTo = (counts: Float64Array, plan: Plan) => {
    for (const rule of plan.rules) counts[rule] = (counts[rule] ?? 0) + plan.events
  }
  const keyOf = ({ product, service, categories }: EventLogsource) => `${product}\n${service}\n${categories.join('\n')}`
  const make = (logsource: EventLogsource): Plan => {
    if (plans.size >= PLAN_LIMIT) {
      for (const plan of plans.values()) addTo(dropped, plan)
      plans.clear()
      byObject = new WeakMap()
    }
    return createPlan(
      rules.filter((rule) => applies(rule.logsource, logsource)),
      predicates,
    )
  }
  return {
    none: createPlan([], predicates),
    for(logsource) {
      const same = byObject.get(logsource)
      if (same) return same
      const key = keyOf(logsource)
      const plan = plans.get(key) ?? make(logsource)
      plans.set(key, plan)
      byObject.set(logsource, plan)
      return plan
    },
    renew(logsource) {
      const key = keyOf(logsource)
      const old = plans.get(key)
      if (!old?.learner) return
      const plan = createPlan(
        rules.filter((rule) => applies(rule.logsource, logsource)),
        predicates,
        old.learner,
      )
      plan.events = old.events
      plans.set(key, plan)
      byObject = new WeakMap()
    },
    evaluations() {
      const counts = dropped.slice()
      for (const plan of plans.values()) addTo(counts, plan)
      return counts
    },
  }
}
