import { expect, test } from 'vitest'
import { alertsParameters, listKey, nextSort, parseAlertsSearch } from '../../../hub/console/pages/alerts/alerts-search.ts'
import { parseRulesSearch, rulesParameters } from '../../../hub/console/pages/rules/rules-search.ts'
import { parseTimelineSearch, timelineParameters } from '../../../hub/console/pages/timeline/timeline-search.ts'
import { instantOf, instantsOf, parseSearch, someOf, stringifySearch } from '../../../hub/console/search-params.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

test('a view survives the way through the URL and back', () => {
  const view = parseAlertsSearch({
    severity: ['high', 'critical'],
    status: 'any',
    q: 'dc-01 & co, 100%',
    range: '30d',
    sort: 'severity:desc',
    alert: 'alert-1',
    tab: 'event',
  })
  const url = stringifySearch({ ...view })
  expect(url).toContain('severity=critical,high')
  expect(url).toContain('sort=severity:desc')
  expect(parseAlertsSearch(parseSearch(url))).toEqual(view)
})

test('the default view has an empty query string', () => {
  expect(stringifySearch({ ...parseAlertsSearch({}) })).toBe('')
})

test('what the URL says wrongly is left out, but the sort is for the hub to judge', () => {
  expect(parseAlertsSearch({ severity: 'huge,low,low', status: 'gone', range: '3y', from: 'yesterday', tab: 'x', sort: 'foo:desc' })).toEqual({
    severity: ['low'],
    status: undefined,
    q: undefined,
    rule: undefined,
    range: undefined,
    from: undefined,
    to: undefined,
    sort: 'foo:desc',
    alert: undefined,
    tab: undefined,
  })
})

test('absent filters mean open and investigating, seven days, newest first', () => {
  expect(alertsParameters({}, NOW)).toEqual({
    severity: undefined,
    status: ['open', 'investigating'],
    q: undefined,
    rule_id: undefined,
    sort: 'created_at:desc',
    from: '2026-11-14T12:00:00.000Z',
  })
  expect(alertsParameters({ status: 'any', range: 'all' }, NOW)).toEqual({
    severity: undefined,
    status: undefined,
    q: undefined,
    rule_id: undefined,
    sort: 'created_at:desc',
  })
})

test('opening an alert does not make another list', () => {
  expect(listKey({ q: 'x', alert: 'alert-1', tab: 'event' })).toEqual({ q: 'x' })
})

test('a column sorts down, then up, then not', () => {
  expect(nextSort(undefined, 'severity')).toBe('severity:desc')
  expect(nextSort('severity:desc', 'severity')).toBe('severity:asc')
  expect(nextSort('severity:asc', 'severity')).toBeUndefined()
  expect(nextSort('severity:asc', 'status')).toBe('status:desc')
})

test('lists keep the allowed order and nothing foreign', () => {
  expect(someOf('b,z,a,a', ['a', 'b', 'c'])).toEqual(['a', 'b'])
  expect(someOf(['c'], ['a', 'b', 'c'])).toEqual(['c'])
  expect(someOf('z', ['a'])).toBeUndefined()
  expect(someOf(7, ['a'])).toBeUndefined()
})

test('exact instants win over a range, and a date that is none is dropped', () => {
  expect(instantsOf({ range: '1h', to: '2026-01-01T00:00:00.000Z' }, '7d', NOW)).toEqual({ to: '2026-01-01T00:00:00.000Z' })
  expect(instantOf('2026-01-01T09:00:00+09:00')).toBe('2026-01-01T00:00:00.000Z')
  expect(instantOf('soon')).toBeUndefined()
})

test('a timeline search always has both ends, the last hour by default', () => {
  expect(timelineParameters(parseTimelineSearch({ q: 'sshd' }), NOW)).toEqual({
    q: 'sshd',
    from: '2026-11-21T11:00:00.000Z',
    to: '2026-11-21T12:00:00.000Z',
  })
  expect(timelineParameters({ range: 'all' }, NOW).from).toBe('2026-10-22T12:00:00.000Z')
  expect(timelineParameters({ to: '2026-11-01T00:00:00.000Z' }, NOW).from).toBe('2026-10-31T23:00:00.000Z')
})

test("a technique's id in the rules' search box asks for the technique, other text for text", () => {
  expect(rulesParameters(parseRulesSearch({ q: 't1059.001' }))).toMatchObject({ technique: 't1059.001' })
  expect(rulesParameters(parseRulesSearch({ q: 'T10 powershell' }))).toMatchObject({ q: 'T10 powershell' })
  expect(parseRulesSearch({ enabled: true }).enabled).toBe('true')
})
