import type { AlertStatus, Severity } from '../../api/types.ts'
import { ALERT_STATUSES, SEVERITIES } from '../../api/types.ts'
import { instantOf, instantsOf, oneOf, RANGES, type RawSearch, someOf, type TimeChoice, textOf } from '../../search-params.ts'

/** What the Alerts page shows, as its URL says it. Absent means the default: open and investigating, seven days, newest first. */
export interface AlertsSearch extends TimeChoice {
  readonly severity?: readonly Severity[] | undefined
  readonly status?: readonly AlertStatus[] | 'any' | undefined
  readonly q?: string | undefined
  readonly rule?: string | undefined
  /** `field:direction`. Not checked here: the hub knows what it can sort by and says so. */
  readonly sort?: string | undefined
  /** The open alert's id. */
  readonly alert?: string | undefined
  readonly tab?: 'event' | 'activity' | undefined
}

export const DEFAULT_STATUS: readonly AlertStatus[] = ['open', 'investigating']
export const DEFAULT_SORT = 'created_at:desc'

export const parseAlertsSearch = (raw: RawSearch): AlertsSearch => ({
  severity: someOf(raw['severity'], SEVERITIES),
  status: raw['status'] === 'any' ? 'any' : someOf(raw['status'], ALERT_STATUSES),
  q: textOf(raw['q']),
  rule: textOf(raw['rule']),
  range: oneOf(raw['range'], RANGES),
  from: instantOf(raw['from']),
  to: instantOf(raw['to']),
  sort: textOf(raw['sort']),
  alert: textOf(raw['alert']),
  tab: oneOf(raw['tab'], ['event', 'activity']),
})

/** The search as the API's parameters; the open alert is not one of them. */
export const alertsParameters = (search: AlertsSearch, nowMs: number) => ({
  severity: search.severity,
  status: search.status === 'any' ? undefined : (search.status ?? DEFAULT_STATUS),
  q: search.q,
  rule_id: search.rule,
  sort: search.sort ?? DEFAULT_SORT,
  ...instantsOf(search, '7d', nowMs),
})

/** The part of the search that decides which rows there are: two equal lists are the same list. */
export const listKey = ({ alert: _alert, tab: _tab, ...filters }: AlertsSearch) => filters

/** Next sort when a column's head is used: descending first, then ascending, then the default. */
export function nextSort(current: string | undefined, field: string): string | undefined {
  if (current === `${field}:desc`) return `${field}:asc`
  return current === `${field}:asc` ? undefined : `${field}:desc`
}
