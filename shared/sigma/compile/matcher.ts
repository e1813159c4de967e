import type { EventLogsource } from '../../event/event.ts'
import { applies } from '../applies.ts'
import type { Matcher, RuleMatch, SigmaRule } from '../contract.ts'
import type { ConditionNode, Detection } from '../parse/detection.ts'
import { createEventReader } from './event-reader.ts'
import type { Field } from './field.ts'
import { link } from './link.ts'
import { createPlan, type Plan, type PlannedRule } from './plan.ts'
import type { Predicate, RuleProgram } from './program.ts'

export interface CompiledRule extends PlannedRule {
  readonly rule: SigmaRule
  readonly program: RuleProgram
}

/** Plans kept at once. There is one per logsource seen; the input is not ours, so their number is bounded. */
const PLAN_LIMIT = 1_024

/**
 * The matcher over compiled rules. Per event: the values of indexed fields are put to their index, which says which predicates hold; only rules that
 * rest on one of those are evaluated, and each predicate at most once.
 *
 * @param indexed - predicates that field indexes answer; the others are evaluated when a rule asks
 */
export function createMatcher(
  rules: readonly CompiledRule[],
  fields: readonly Field[],
  predicateCount: number,
  indexed: ReadonlySet<Predicate>,
): Matcher {
  const reader = createEventReader(fields)
  // A predicate or rule is marked by the number of the event it was last marked for, so nothing is cleared between events.
  const trueAt = new Float64Array(predicateCount)
  const falseAt = new Float64Array(predicateCount)
  const queuedAt = new Float64Array(rules.length)
  const isIndexed = new Uint8Array(predicateCount)
  for (const predicate of indexed) isIndexed[predicate.id] = 1
  let now = 0

  const truth = (predicate: Predicate): boolean => {
    const { id } = predicate
    if (trueAt[id] === now) return true
    if (isIndexed[id] === 1 || falseAt[id] === now) return false
    const holds = predicate.evaluate(reader)
    if (holds) trueAt[id] = now
    else falseAt[id] = now
    return holds
  }
  const tests = rules.map(({ program }) => link(program.condition, truth))
  const plans = createPlans(rules)

  let plan: Plan = plans.none
  const queue: number[] = []
  const enqueue = (list: Int32Array) => {
    for (let i = 0; i < list.length; i++) {
      const rule = list[i] ?? 0
      if (queuedAt[rule] === now) continue
      queuedAt[rule] = now
      queue.push(rule)
    }
  }
  const found = (ids: Int32Array) => {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0
      if (trueAt[id] === now) continue
      trueAt[id] = now
      const resting = plan.rulesByPredicate.get(id)
      if (resting) enqueue(resting)
    }
  }

  const toMatch = (index: number): RuleMatch[] => {
    const compiled = rules[index]
    if (!compiled) return []
    const holds = (name: string) => {
      const program = compiled.program.searches.get(name)
      return program !== undefined && link(program, truth)()
    }
    return [{ rule: compiled.rule, matchedConditions: matchedIn(compiled.rule.detection as Detection, holds) }]
  }

  return {
    rules: rules.map((each) => each.rule),
    match(document, logsource) {
      now++
      reader.begin(document)
      plan = plans.for(logsource)
      plan.events++
      queue.length = 0
      enqueue(plan.always)
      for (const { field, index } of plan.fields) {
        const texts = reader.folded(field)
        if (typeof texts === 'string') index.find(texts, found)
        else if (texts !== undefined) for (const text of texts) index.find(text, found)
      }
      const fired = queue.filter((rule) => tests[rule]?.() === true)
      return fired.length === 0 ? [] : fired.sort((left, right) => left - right).flatMap(toMatch)
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
  evaluations(): Float64Array
}

function createPlans(rules: readonly PlannedRule[]): Plans {
  const plans = new Map<string, Plan>()
  /** Classification hands out the same object for the same kind of event; those need no key made. */
  let byObject = new WeakMap<EventLogsource, Plan>()
  const dropped = new Float64Array(rules.length)

  const addTo = (counts: Float64Array, plan: Plan) => {
    for (const rule of plan.rules) counts[rule] = (counts[rule] ?? 0) + plan.events
  }
  const make = (logsource: EventLogsource): Plan => {
    if (plans.size >= PLAN_LIMIT) {
      for (const plan of plans.values()) addTo(dropped, plan)
      plans.clear()
      byObject = new WeakMap()
    }
    return createPlan(rules.filter((rule) => applies(rule.logsource, logsource)))
  }
  return {
    none: createPlan([]),
    for(logsource) {
      const same = byObject.get(logsource)
      if (same) return same
      const key = `${logsource.product}\n${logsource.service}\n${logsource.categories.join('\n')}`
      const plan = plans.get(key) ?? make(logsource)
      plans.set(key, plan)
      byObject.set(logsource, plan)
      return plan
    },
    evaluations() {
      const counts = dropped.slice()
      for (const plan of plans.values()) addTo(counts, plan)
      return counts
    },
  }
}
