import type { EventLogsource } from '../event/event.ts'
import { applies } from './applies.ts'
import type { ExplainedSearch, Explanation, SigmaRule, View } from './contract.ts'
import { firstFailure, otherLogsource } from './explain/first-failure.ts'
import { createJudge } from './explain/judge.ts'
import { partsOf } from './explain/parts.ts'
import type { ConditionNode } from './parse/detection.ts'

/**
 * Why a rule fires on an event, or why it does not. It asks the matcher's own predicates, so `matched && applies` is what a matcher made with the
 * same view says. Meant for one rule and one event at a time: it takes about a millisecond where the matcher takes none.
 *
 * @param document - the event in the view's shape
 */
export function explainRule(rule: SigmaRule, view: View, document: object, logsource: EventLogsource): Explanation {
  const judge = createJudge(rule, view, document)
  const searches = new Map<string, ExplainedSearch>()
  for (const [name, role] of rolesIn(judge.detection.condition)) {
    const search = judge.detection.searches.get(name)
    if (search) searches.set(name, { name, role, matched: judge.search(search), parts: partsOf(judge, document, search) })
  }
  const matched = judge.condition(judge.detection.condition)
  const isRules = applies(rule.logsource, logsource)
  const failure = () => (isRules ? firstFailure(judge, document, searches) : otherLogsource(rule.logsource, logsource))
  return {
    matched,
    applies: isRules,
    condition: judge.detection.written,
    searches: [...searches.values()],
    firstFailure: matched && isRules ? undefined : failure(),
  }
}

/** The searches a condition uses, in its order. One that is used both ways is `required`. */
function rolesIn(condition: ConditionNode): Map<string, ExplainedSearch['role']> {
  const roles = new Map<string, ExplainedSearch['role']>()
  const visit = (node: ConditionNode, positive: boolean): void => {
    if (node.kind === 'not') visit(node.of, !positive)
    else if (node.kind !== 'search') for (const operand of node.of) visit(operand, positive)
    else if (positive || !roles.has(node.name)) roles.set(node.name, positive ? 'required' : 'excluded')
  }
  visit(condition, true)
  return roles
}
