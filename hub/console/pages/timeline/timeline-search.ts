import { instantOf, instantsOf, oneOf, RANGES, type RawSearch, type TimeChoice, textOf } from '../../search-params.ts'

/** What the timeline shows. Absent: the last hour, newest first. */
export interface TimelineSearch extends TimeChoice {
  readonly q?: string | undefined
  readonly sort?: 'timestamp:asc' | undefined
}

export const parseTimelineSearch = (raw: RawSearch): TimelineSearch => ({
  q: textOf(raw['q']),
  range: oneOf(raw['range'], RANGES),
  from: instantOf(raw['from']),
  to: instantOf(raw['to']),
  sort: oneOf(raw['sort'], ['timestamp:asc']),
})

/** Always with both ends: a histogram needs them, and paging must not drift with the clock. */
export function timelineParameters(search: TimelineSearch, nowMs: number): { q: string | undefined; from: string; to: string } {
  const { from, to } = instantsOf(search.range === 'all' ? { ...search, range: '30d' } : search, '1h', nowMs)
  const end = to ?? new Date(nowMs).toISOString()
  return { q: search.q, from: from ?? new Date(Date.parse(end) - 3_600_000).toISOString(), to: end }
}
