import type { EventLogsource } from '../../event/event.ts'
import type { ExplainedPart, ExplainedSearch, RuleLogsource } from '../contract.ts'
import type { ConditionNode } from '../parse/detection.ts'
import type { Judge } from './judge.ts'
import { failingPart } from './parts.ts'

/** Names of searches that are listed in one sentence. */
const NAMED_LIMIT = 8

/** Why the condition does not hold, in one sentence: its first part that is not as it should be. */
export function firstFailure(judge: Judge, document: object, searches: ReadonlyMap<string, ExplainedSearch>): string {
  const failure = (node: ConditionNode, wanted: boolean): string => {
    if (node.kind === 'not') return failure(node.of, !wanted)
    if (node.kind === 'search') return wanted ? missed(node.name) : excluded(node.name)
    const failing = node.of.filter((operand) => judge.condition(operand) !== wanted)
    const [first] = failing
    if (!first) return 'the condition does not hold'
    if ((node.kind === 'and') === wanted || failing.length === 1) return failure(first, wanted)
    if (!wanted) return failure(first, wanted)
    const nearest = failing.toSorted((left, right) => share(right) - share(left))[0] ?? first
    const names = failing.flatMap(namesIn)
    const listed = names.length <= NAMED_LIMIT ? names.join(', ') : `${names.slice(0, NAMED_LIMIT).join(', ')} and ${names.length - NAMED_LIMIT} more`
    return `none of ${listed} holds; nearest, ${failure(nearest, wanted)}`
  }
  const missed = (name: string): string => {
    const search = judge.detection.searches.get(name)
    const part = search && failingPart(judge, document, search)
    if (!part) return `"${name}" does not hold`
    return `"${name}" does not hold: it wants that ${subject(part)} ${part.wanted}, and ${foundAs(part)}`
  }
  const excluded = (name: string): string => {
    const part = searches.get(name)?.parts.find(({ matched }) => matched)
    return part ? `"${name}" excludes the event: ${subject(part)} ${part.wanted} (${foundAs(part)})` : `"${name}" excludes the event`
  }
  const share = (node: ConditionNode): number => {
    const parts = namesIn(node).flatMap((name) => searches.get(name)?.parts ?? [])
    return parts.filter(({ matched }) => matched).length / Math.max(1, parts.length)
  }
  return failure(judge.detection.condition, true)
}

/** Why a rule is never put to the event, in one sentence. */
export const otherLogsource = (rule: RuleLogsource, event: EventLogsource): string =>
  `the rule is for ${logsourceText([rule.product, rule.service, rule.category])}, the event is ${logsourceText([event.product, event.service, ...event.categories])}`

const logsourceText = (parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join(', ') || 'of no known log source'

const subject = ({ field }: ExplainedPart): string => field ?? 'some value'

const foundAs = ({ field, path, value }: ExplainedPart): string => {
  if (value === undefined) return field === undefined ? 'none does' : 'the event has no such field'
  return path === field ? `the event has "${value}"` : `the event has "${value}" in ${path}`
}

function namesIn(node: ConditionNode): string[] {
  if (node.kind === 'search') return [node.name]
  return node.kind === 'not' ? namesIn(node.of) : node.of.flatMap(namesIn)
}
