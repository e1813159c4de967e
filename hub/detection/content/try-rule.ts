import type { Explanation, SigmaRule } from '../../../shared/sigma/contract.ts'
import { explainRule } from '../../../shared/sigma/explain.ts'
import { compileRules, ecsView } from '../../../shared/sigma/sigma.ts'
import { toSampleDocument } from '../sample-document.ts'
import type { RuleTest } from './ports.ts'

export interface TriedEvent {
  readonly matched: boolean
  readonly matchedConditions: readonly string[]
  readonly explanation?: Explanation | undefined
}

/**
 * Puts a rule to sample events: normalised documents, or flat objects with Sigma's field names. A sample is taken to be of the rule's own log
 * source: the question is whether the detection fits it.
 */
export function tryRule(rule: SigmaRule, events: readonly object[], explain: boolean): TriedEvent[] {
  const { matcher } = compileRules([rule], ecsView)
  const { product, service, category } = rule.logsource
  const logsource = { product, service, categories: category ? [category] : [] }
  return events.map((event) => {
    const document = toSampleDocument(event)
    const [match] = matcher.match(document, logsource)
    return {
      matched: match !== undefined,
      matchedConditions: match?.matchedConditions ?? [],
      explanation: explain ? explainRule(rule, ecsView, document, logsource) : undefined,
    }
  })
}

export interface RuleTestOutcome extends RuleTest {
  readonly matched: boolean
  /** It fired exactly if it must. */
  readonly right: boolean
}

/** Runs the events kept with a rule. A rule that cannot be used fires on none of them. */
export function runTests(rule: SigmaRule | undefined, tests: readonly RuleTest[]): RuleTestOutcome[] {
  const tried = rule
    ? tryRule(
        rule,
        tests.map(({ event }) => event),
        false,
      )
    : []
  return tests.map((test, index) => {
    const matched = tried[index]?.matched ?? false
    return { ...test, matched, right: rule !== undefined && matched === test.fires }
  })
}
