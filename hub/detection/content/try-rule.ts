import type { Explanation, SigmaRule } from '../../../shared/sigma/contract.ts'
import { explainRule } from '../../../shared/sigma/explain.ts'
import { compileRules, ecsView } from '../../../shared/sigma/sigma.ts'
import { toSampleDocument } from '../sample-document.ts'

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
