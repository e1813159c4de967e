import { expect, test } from 'vitest'
import type { Alert, AlertList } from '../../../hub/console/api/types.ts'
import { replaceRow, rowsOf, waitingIds } from '../../../hub/console/live/live-list.ts'
import { appendPoint, joinSeries } from '../../../hub/console/live/live-metrics.ts'
import { backoffMs } from '../../../hub/console/live/live-socket.ts'

const alert = (id: string, minute: number, change: Partial<Alert> = {}): Alert => ({
  id,
  rule_id: 'rule',
  rule_title: 'A rule',
  severity: 'high',
  status: 'open',
  assignee: null,
  event: { timestamp: '2026-11-21T12:00:00Z', source: null, host: null, user: null, source_ip: null, process: null, command_line: null },
  enrichment: { user_context: {}, asset_context: {}, threat_intel: {} },
  mitre: { tactics: [], techniques: [] },
  count: 1,
  first_event_at: '2026-11-21T12:00:00Z',
  last_event_at: '2026-11-21T12:00:00Z',
  created_at: new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString(),
  updated_at: '2026-11-21T12:00:00Z',
  ...change,
})
const page = (...alerts: Alert[]): AlertList => ({
  alerts,
  next_cursor: null,
  took_ms: 1,
  total_estimate: alerts.length,
  truncated: false,
  query_warnings: [],
})

test('a row that slid onto the next page is shown once, where it was', () => {
  const rows = rowsOf([page(alert('c', 3), alert('b', 2)), page(alert('b', 2, { count: 9 }), alert('a', 1))])
  expect(rows.map((row) => row.id)).toEqual(['c', 'b', 'a'])
  expect(rows[1]?.count).toBe(1)
})

test('a changed alert is replaced in its place, even where it no longer fits the filter', () => {
  const list = { pages: [page(alert('b', 2)), page(alert('a', 1))], pageParams: [undefined, 'x'] }
  const changed = replaceRow(list, alert('a', 1, { status: 'resolved' }))
  expect(rowsOf(changed.pages).map((row) => [row.id, row.status])).toEqual([
    ['b', 'open'],
    ['a', 'resolved'],
  ])
  expect(rowsOf(list.pages)[1]?.status).toBe('open')
})

test('an alert that is not in the list leaves the list as it is', () => {
  const list = { pages: [page(alert('a', 1))], pageParams: [undefined] }
  expect(replaceRow(list, alert('z', 1))).toBe(list)
})

test('only alerts newer than the list wait behind the button; older ones are further down', () => {
  const listed = [alert('c', 3), alert('b', 2)]
  const probe = [alert('e', 5), alert('d', 3), alert('c', 3), alert('a', 1)]
  expect(waitingIds(listed, probe)).toEqual(['e', 'd'])
  expect(waitingIds([], [alert('a', 1)])).toEqual(['a'])
})

const frame = (second: number, rate: number) => ({
  type: 'metrics_update' as const,
  timestamp: new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString(),
  data: { ingestion_rate: rate, normalization_latency_p99: 1, alerts_last_minute: 0, queue_consumer_lag_total: 0 },
})

test('live points are in order, once each, and an hour of them at most', () => {
  let points = appendPoint([], frame(5, 1))
  points = appendPoint(points, frame(5, 2))
  points = appendPoint(points, frame(0, 3))
  expect(points.map((point) => point.ingestion_rate)).toEqual([1])
  for (let second = 10; second < 10 + 800; second += 1) points = appendPoint(points, frame(second, second))
  expect(points).toHaveLength(720)
  expect(points.at(-1)?.ingestion_rate).toBe(809)
})

test('live points go on where the stored series ends', () => {
  const live = [frame(0, 10), frame(5, 11), frame(10, 12)].reduce(appendPoint, [] as readonly ReturnType<typeof appendPoint>[number][])
  const [times, values] = joinSeries([{ timestamp: frame(5, 0).timestamp, value: 99 }], live, (point) => point.ingestion_rate)
  expect(values).toEqual([99, 12])
  expect(times).toHaveLength(2)
})

test('waiting before a new connection grows to half a minute and never past it', () => {
  expect([0, 1, 2].map((attempt) => backoffMs(attempt, 1))).toEqual([1_000, 2_000, 4_000])
  expect(backoffMs(0, 0)).toBe(500)
  expect(backoffMs(50, 1)).toBe(30_000)
})
