import { DAY_MS } from '../../../shared/durations.ts'
import type { RuleLogsource } from '../../../shared/sigma/contract.ts'
import type { ExceptionCandidate } from './ports.ts'

const DAYS = 30
const PAGE = 500
/** Matches looked at, newest first; a rule with more is noisy enough for them to tell. */
const MOST_MATCHES = 20_000
const SAMPLE = 20

export interface ExceptionPreview {
  readonly days: number
  readonly matchesExamined: number
  readonly matchesHidden: number
  /** Alerts all of whose matches looked at would have been hidden, so that there would be no such alert. */
  readonly alertsHidden: number
  /** Of those, the ones an analyst closed as real. */
  readonly truePositivesHidden: number
  /** Newest first. */
  readonly truePositiveAlerts: readonly string[]
  readonly hiddenAlerts: readonly string[]
  /** Matches that cannot be judged because retention has dropped the event. */
  readonly eventsGone: number
  /** True: there were more matches in the 30 days than were looked at. */
  readonly truncated: boolean
}

export interface PreviewOptions {
  readonly ruleId?: string | undefined
  readonly now: Date
  /** Which of the matches the exception takes away. */
  readonly except: (matches: readonly { logsource: RuleLogsource; document: string }[]) => Promise<readonly boolean[]>
  readonly logsourceOf: (ruleId: string) => RuleLogsource | undefined
  readonly candidates: (query: {
    ruleId?: string | undefined
    since: Date
    after?: ExceptionCandidate | undefined
    limit: number
  }) => Promise<ExceptionCandidate[]>
}

/** Puts an exception to the matches that are stored: what would it have hidden? */
export async function previewException({ ruleId, now, except, logsourceOf, candidates }: PreviewOptions): Promise<ExceptionPreview> {
  const since = new Date(now.getTime() - DAYS * DAY_MS)
  const alerts = new Map<string, { matches: number; hidden: number; truePositive: boolean }>()
  let matchesExamined = 0
  let matchesHidden = 0
  let eventsGone = 0
  let after: ExceptionCandidate | undefined
  for (;;) {
    const page = await candidates({ ruleId, since, after, limit: PAGE })
    const judged = page.flatMap(({ ruleId: id, document }) => (document === undefined ? [] : [{ logsource: logsourceOf(id) ?? {}, document }]))
    const excepted = (judged.length > 0 ? await except(judged) : [])[Symbol.iterator]()
    for (const { document, alertId, truePositive } of page) {
      if (document === undefined) eventsGone++
      const hidden = document !== undefined && excepted.next().value === true
      if (hidden) matchesHidden++
      if (alertId === undefined) continue
      const alert = alerts.get(alertId) ?? { matches: 0, hidden: 0, truePositive }
      alerts.set(alertId, alert)
      alert.matches++
      if (hidden) alert.hidden++
    }
    matchesExamined += page.length
    after = page.at(-1)
    if (page.length < PAGE || matchesExamined >= MOST_MATCHES) break
  }
  const gone = [...alerts].filter(([, alert]) => alert.hidden === alert.matches)
  const real = gone.filter(([, alert]) => alert.truePositive)
  const ids = (list: readonly (readonly [string, unknown])[]) => list.slice(0, SAMPLE).map(([id]) => id)
  return {
    days: DAYS,
    matchesExamined,
    matchesHidden,
    alertsHidden: gone.length,
    truePositivesHidden: real.length,
    truePositiveAlerts: ids(real),
    hiddenAlerts: ids(gone),
    eventsGone,
    truncated: matchesExamined >= MOST_MATCHES,
  }
}
