import { afterEach, expect, test } from 'vitest'
import { createPipelineMeter, type RunningPipelineMeter } from '../../../hub/pipeline/meter.ts'
import type { PipelineMinute } from '../../../hub/pipeline/ports.ts'
import { Rate } from '../../../hub/pipeline/rate.ts'

const meters: RunningPipelineMeter[] = []
afterEach(async () => {
  for (const meter of meters.splice(0)) await meter.close()
})

function setUp() {
  const clock = { ms: 5_000_000, wallMs: Date.parse('2026-02-20T10:30:15Z') }
  const written: PipelineMinute[] = []
  const errors: unknown[] = []
  const state = { away: false }
  const meter = createPipelineMeter({
    store: {
      async add(_tenant, minutes) {
        if (state.away) throw new Error('away')
        written.push(...minutes)
      },
      series: async () => [],
      totals: async () => ({ events: 0, failed: 0, matched: 0, alerts: 0, falsePositives: 0 }),
    },
    now: () => new Date(clock.wallMs),
    monotonicMs: () => clock.ms,
    report: (error) => errors.push(error),
  })
  meters.push(meter)
  const pass = (ms: number) => {
    clock.ms += ms
    clock.wallMs += ms
  }
  return { clock, pass, written, errors, state, meter }
}

const batch = (stored: number, byConnector: [string, number][] = []) => ({
  sensorId: 's',
  stored,
  bytes: stored * 100,
  unparsed: 0,
  matched: 0,
  alertsCreated: 0,
  byConnector: new Map(byConnector.map(([id, events]) => [id, { events, bytes: events * 100 }])),
  tookMs: 1,
})

const heartbeat = (sensorId: string, waiting: number, mean = 0, p99 = 0, count = 0) => ({
  sensorId,
  waiting,
  normalizedTotal: 0,
  normalizeFailedTotal: 0,
  normalizeMs: { p50: mean, p95: p99, p99, mean, count },
  connectors: [],
})

test('a rate holds what its last whole seconds counted, and forgets what is older', () => {
  const rate = new Rate()
  for (let second = 0; second < 20; second++) rate.add(second * 1_000, 50)
  expect(rate.perSecond(20_000, 10)).toBe(50)
  expect(rate.perSecond(20_500, 10)).toBe(50)
  expect(rate.perSecond(25_000, 10)).toBe(25)
  expect(rate.perSecond(30_000, 10)).toBe(0)
  expect(rate.total(30_000, 60)).toBe(1_000)
  expect(rate.total(200_000, 60)).toBe(0)
  rate.add(200_000, 7)
  expect(rate.total(201_000, 60)).toBe(7)
})

test('rates are over ten seconds, per tenant and per connector', () => {
  const { meter, pass } = setUp()
  meter.committed('a', { ...batch(100, [['c', 40]]), alertsCreated: 6 })
  pass(1_000)
  expect(meter.snapshot('a')).toMatchObject({ eventsPerSecond: 10, alertsPerSecond: 0.6, alertsLastMinute: 6 })
  expect(meter.snapshot('a').connectorEventsPerSecond).toEqual(new Map([['c', 4]]))
  expect(meter.snapshot('b')).toMatchObject({ eventsPerSecond: 0, alertsLastMinute: 0 })
  pass(10_000)
  expect(meter.snapshot('a')).toMatchObject({ eventsPerSecond: 0, alertsLastMinute: 6 })
  expect(meter.snapshot('a').connectorEventsLastMinute).toEqual(new Map([['c', 40]]))
})

test('a clock on the wall that goes back does not disturb the rates', () => {
  const { meter, pass, clock } = setUp()
  meter.committed('a', batch(100))
  clock.wallMs -= 86_400_000
  pass(1_000)
  expect(meter.snapshot('a').eventsPerSecond).toBe(10)
})

test('what waits is the sum of the connected sensors, times are the mean of all and the worst p99', () => {
  const { meter } = setUp()
  meter.heartbeat('a', heartbeat('one', 30, 10, 20, 100))
  meter.heartbeat('a', heartbeat('two', 12, 40, 90, 50))
  meter.heartbeat('a', heartbeat('quiet', 0, 999, 999, 0))
  expect(meter.snapshot('a')).toMatchObject({ waiting: 42, normalizeMeanMs: 20, normalizeP99Ms: 90 })
  meter.disconnected('a', 'two')
  expect(meter.snapshot('a')).toMatchObject({ waiting: 30, normalizeMeanMs: 10, normalizeP99Ms: 20 })
})

test('what is on its way to the commit counts as in flight until it ends, once', () => {
  const { meter } = setUp()
  const ended = meter.receiving?.('a', 500)
  expect(meter.snapshot('a').inFlight).toBe(500)
  ended?.()
  ended?.()
  expect(meter.snapshot('a').inFlight).toBe(0)
})

test("minutes hold each event once: the connectors' rows and the tenant's own add up", async () => {
  const { meter, written } = setUp()
  meter.committed('a', { ...batch(10, [['c', 7]]), matched: 2, alertsCreated: 1 })
  meter.committed('a', batch(5, [['c', 5]]))
  await meter.flush()
  const rows = [...written].sort((one, other) => (one.connectorId ?? '').localeCompare(other.connectorId ?? ''))
  expect(rows).toMatchObject([
    { minute: new Date('2026-02-20T10:30:00Z'), connectorId: undefined, received: 3, stored: 3, bytes: 300, matched: 2, alerts: 1 },
    { minute: new Date('2026-02-20T10:30:00Z'), connectorId: 'c', received: 12, stored: 12, bytes: 1_200 },
  ])
  await meter.flush()
  expect(written).toHaveLength(2)
})

test('failures of a connector are what its running total grew by, and a sensor that began anew starts from nothing', async () => {
  const { meter, written } = setUp()
  const report = (failedTotal: number) =>
    meter.heartbeat('a', { ...heartbeat('s', 0), connectors: [{ connectorId: 'c', receivedTotal: 0, failedTotal, bytesTotal: 0 }] })
  for (const total of [100, 105, 2]) report(total)
  await meter.flush()
  expect(written.find((row) => row.connectorId === 'c')?.failed).toBe(7)
})

test('while the database is away the minutes are kept and go out once, when it is back', async () => {
  const { meter, written, state, errors, pass } = setUp()
  state.away = true
  meter.committed('a', batch(10, [['c', 10]]))
  await meter.flush()
  pass(60_000)
  meter.committed('a', batch(5, [['c', 5]]))
  await meter.flush()
  meter.committed('a', batch(1, [['c', 1]]))
  state.away = false
  await meter.flush()
  const ofConnector = written.filter((row) => row.connectorId === 'c').map((row) => [row.minute.toISOString(), row.received])
  expect(ofConnector).toEqual([
    ['2026-02-20T10:30:00.000Z', 10],
    ['2026-02-20T10:31:00.000Z', 6],
  ])
  expect(errors.length).toBe(2)
  expect(meter.rowsLost).toBe(0)
})

test('a database away for very long costs bounded memory, and what was given up is counted', async () => {
  const { meter, state, pass, written } = setUp()
  state.away = true
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < 1_000; i++) meter.committed('a', batch(1, [[`c${i}`, 1]]))
    pass(60_000)
    await meter.flush()
  }
  expect(meter.rowsLost).toBe(60 * 1_001 - 50_000)
  state.away = false
  await meter.flush()
  expect(written).toHaveLength(50_000)
})
