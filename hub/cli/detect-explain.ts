import type { ExplainedPart, ExplainedSearch, Explanation } from '../../shared/sigma/contract.ts'
import { type Look, printable } from './detect-look.ts'

/** A rule explained on one record. */
export interface ExplainedRecord {
  readonly event: number
  readonly file: string
  readonly ruleId: string
  readonly title: string
  readonly timestamp?: string | undefined
  readonly explanation: Explanation
}

/** As a line of JSON. */
export const explainedLine = ({ event, file, ruleId, title, timestamp, explanation }: ExplainedRecord): string =>
  `${JSON.stringify({
    event,
    file,
    rule_id: ruleId,
    title,
    timestamp,
    matched: explanation.matched && explanation.applies,
    applies: explanation.applies,
    condition: explanation.condition,
    first_failure: explanation.firstFailure,
    searches: explanation.searches,
  })}\n`

/** For people: what the rule asks of the record, what it found, and what failed first. */
export function explainedText({ event, file, title, timestamp, explanation }: ExplainedRecord, look: Look): string {
  const fires = explanation.matched && explanation.applies
  const verdict = fires ? look.good('fires') : look.bad('does not fire')
  const head = `${look.bold(printable(`${file}#${event}`))}${timestamp === undefined ? '' : `  ${printable(timestamp)}`}\n  ${printable(title)}: ${verdict}`
  const why = explanation.firstFailure === undefined ? [] : [`  because ${printable(explanation.firstFailure)}`]
  return `${[head, ...why, `  condition: ${printable(explanation.condition)}`, ...explanation.searches.flatMap((search) => searchLines(search, look))].join('\n')}\n\n`
}

function searchLines({ name, matched, role, parts }: ExplainedSearch, look: Look): string[] {
  // An excluded search that holds is what keeps the rule from firing.
  const works = matched === (role === 'required')
  const mark = works ? look.good('ok') : look.bad('--')
  const head = `  ${mark} ${printable(name)} ${matched ? 'holds' : 'does not hold'}${role === 'excluded' ? ' (excluded by the condition)' : ''}`
  return [head, ...parts.map((part) => partLine(part, look))]
}

function partLine({ field, path, wanted, value, matched }: ExplainedPart, look: Look): string {
  const where = field === undefined ? 'any value' : path === undefined || path === field ? field : `${field} (${path})`
  const found = value === undefined ? 'absent' : `"${value}"`
  const line = `       ${matched ? '+' : '-'} ${printable(where)} ${printable(wanted)}`
  return `${line}: ${look.dim(printable(found))}`
}
