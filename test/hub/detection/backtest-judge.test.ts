import { expect, test } from 'vitest'
import { createBacktestJudge } from '../../../hub/detection/backtest/judge-page.ts'
import { createTally } from '../../../hub/detection/backtest/tally.ts'

const [from, to] = [new Date('2026-03-10T12:00:00Z'), new Date('2026-03-13T06:00:00Z')]
const rule = (condition: string, logsource = '{ product: linux }') =>
  `title: T\nlogsource: ${logsource}\ndetection:\n  a: { message|contains: alpha }\n  b: { message|contains: beta }\n  condition: ${condition}\n`
const row = (id: number, message: string, { ms = from.getTime(), host = 'h', product = 'linux' } = {}) =>
  [`id-${id}`, ms, product, null, [], host, 'ana', null, JSON.stringify({ message })] as const

test('hits are counted by day, also days without one, and the days add up to the total', () => {
  const tally = createTally(from, to)
  const hit = (id: number, day: number, host: string | null) =>
    tally.add({ id: `e${id}`, ms: from.getTime() + day * 86_400_000, host, user: null, ip: '10.0.0.1', matchedConditions: ['a'] })
  hit(1, 0, 'one')
  hit(2, 0, 'ONE')
  hit(3, 2, 'one')
  hit(4, 2, null)
  const result = tally.result()
  expect(result.perDay).toEqual([
    { day: '2026-03-10', hits: 2 },
    { day: '2026-03-11', hits: 0 },
    { day: '2026-03-12', hits: 2 },
    { day: '2026-03-13', hits: 0 },
  ])
  expect(result.perDay.reduce((sum, { hits }) => sum + hits, 0)).toBe(result.hits)
  expect(result.hosts).toEqual([
    { name: 'one', hits: 2 },
    { name: 'ONE', hits: 1 },
  ])
  // one on the first day; one and the nameless address on the third: three alerts in 2.75 days.
  expect(result.alertsPerDay).toBe(1.09)
  expect(result.sample.map(({ eventId }) => eventId)).toEqual(['e4', 'e3', 'e2', 'e1'])
})

test('names, hits kept and entities are bounded, and it is said', () => {
  const tally = createTally(from, to)
  for (let i = 0; i < 10_050; i++) tally.add({ id: `e${i}`, ms: from.getTime(), host: `h${i}`, user: null, ip: null, matchedConditions: [] })
  const result = tally.result()
  expect([result.hits, result.hosts.length, result.sample.length, result.entitiesTruncated]).toEqual([10_050, 10, 50, true])
  expect(result.sample[0]?.eventId).toBe('e10049')
})

test('a change is held against the live rule: gained, lost, and the exceptions apart', () => {
  const judge = createBacktestJudge({
    ...{
      source: rule('b'),
      live: rule('a'),
      exceptions: ['s: { message|contains: known }\ncondition: s'],
      filters: [],
      placeholders: new Map(),
      from,
      to,
    },
  })
  const judged = judge.page(
    JSON.stringify([
      row(1, 'alpha'),
      row(2, 'beta'),
      row(3, 'alpha beta'),
      row(4, 'beta known'),
      row(5, 'alpha known'),
      row(6, 'nothing'),
      row(7, 'beta', { product: 'windows' }),
    ]),
  )
  expect(judged).toEqual({ evaluated: 6, lost: [{ id: 'id-1', ms: from.getTime() }] })
  expect(judge.page('[]')).toEqual({ evaluated: 0, lost: [] })
  const { hits, excepted, comparison, sample } = judge.result()
  expect([hits, excepted, sample.map(({ eventId }) => eventId)]).toEqual([2, 1, ['id-3', 'id-2']])
  expect(comparison).toMatchObject({ liveHits: 2, gained: 1, lost: 1, gainedSample: [{ eventId: 'id-2' }], lostSample: [{ eventId: 'id-1' }] })
})

test('a change of log source gains what only the new one sees and loses what only the old one saw', () => {
  const judge = createBacktestJudge({
    ...{ source: rule('a', '{ product: windows }'), live: rule('a'), exceptions: [], filters: [], placeholders: new Map(), from, to },
  })
  expect(judge.page(JSON.stringify([row(1, 'alpha'), row(2, 'alpha', { product: 'windows' })]))).toEqual({
    evaluated: 1,
    lost: [{ id: 'id-1', ms: from.getTime() }],
  })
  expect(judge.result().comparison).toMatchObject({ liveHits: 1, gained: 1, lost: 1 })
})
