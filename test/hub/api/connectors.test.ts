import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ConnectorState } from '../../../hub/fleet/ports.ts'
import { type HubApi, startHubApi } from '../../support/hub-api.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi()
})
afterAll(() => hub.close())
beforeEach(() => {
  hub.fleet.connected.clear()
  hub.fleet.connected.add(hub.a.sensorId)
  hub.fleet.changed.length = 0
  hub.fleet.tested.length = 0
  hub.fleet.checks.length = 0
})

const SECRET = 'a-secret-that-must-not-come-back'
const HTTP = { name: 'HEC', type: 'http', config: { token: SECRET, port: 8088 } }

const create = async (body: object = HTTP) => {
  const answer = await hub.a.call('POST', '/v1/connectors', body)
  expect(answer.status).toBe(201)
  return answer.json
}

const HEALTHY: ConnectorState = {
  status: 'healthy',
  message: 'Listening on 8088.',
  lastCheckAt: new Date('2026-02-20T10:30:00Z'),
  consecutiveFailures: 0,
  eventsReceivedTotal: 125_430,
  eventsFailedTotal: 12,
  bytesReceivedTotal: 45_678_900,
  eventsPerSecond: 42.5,
  lastEventAt: new Date('2026-02-20T10:30:15Z'),
  checks: [
    { type: 'connectivity', status: 'pass', message: 'Listening.', latencyMs: 2 },
    { type: 'authentication', status: 'pass', message: 'A token is required.' },
  ],
}

test('K-41 K-07 K-08 K-09 K-11 K-22 creating a connector answers 201 with the connector, and configures the sensor', async () => {
  const answer = await hub.a.call('POST', '/v1/connectors', HTTP)
  expect([answer.status, answer.headers.get('Location')]).toEqual([201, `/v1/connectors/${answer.json.id}`])
  expect(answer.json).toMatchObject({
    name: 'HEC',
    type: 'http',
    enabled: true,
    sensor_id: hub.a.sensorId,
    config: { port: 8088, max_body_bytes: 8_388_608 },
  })
  expect(answer.json.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(answer.json.created_at).toBe(answer.json.updated_at)
  expect(hub.fleet.changed).toEqual([hub.a.tenantId])
  const read = await hub.a.call('GET', `/v1/connectors/${answer.json.id}`)
  expect(read.json).toEqual(answer.json)
})

test('K-06 the list holds every connector of the tenant and no other', async () => {
  const made = await create()
  const theirs = await hub.b.call('POST', '/v1/connectors', { name: 'B', type: 'syslog', config: { udp_port: 5514 } })
  const { status, json } = await hub.a.call('GET', '/v1/connectors')
  const ids = json.connectors.map((each: { id: string }) => each.id)
  expect([status, ids.includes(made.id), ids.includes(theirs.json.id)]).toEqual([200, true, false])
  expect(new Set(ids).size).toBe(ids.length)
})

test('K-09 an unknown type is 400 and names the types there are', async () => {
  const { status, json } = await hub.a.call('POST', '/v1/connectors', { ...HTTP, type: 'carrier_pigeon' })
  expect([status, json.code, json.errors[0].field]).toEqual([400, 'INVALID_CONNECTOR', 'type'])
  expect(json.errors[0].allowed).toContain('syslog')
})

test('an unknown setting is refused naming the nearest, a wrong value naming its place, and no value is quoted', async () => {
  const unknown = await hub.a.call('POST', '/v1/connectors', { ...HTTP, config: { token: SECRET, max_body_byte: 5_000 } })
  expect([unknown.status, unknown.json.code]).toEqual([400, 'INVALID_CONNECTOR'])
  expect(unknown.json.errors[0]).toMatchObject({ field: 'config.max_body_byte', message: expect.stringContaining('max_body_bytes') })
  const wrong = await hub.a.call('POST', '/v1/connectors', { ...HTTP, config: { token: SECRET, port: 99_999 } })
  expect(wrong.json.errors[0].field).toBe('config.port')
  const short = await hub.a.call('POST', '/v1/connectors', { ...HTTP, config: { token: 'too-short' } })
  expect([short.status, short.text]).toEqual([400, expect.not.stringContaining('too-short')])
})

test('K-42 a secret is never given back, by any answer or the log; it is only said to be set', async () => {
  hub.lines.length = 0
  const made = await create()
  expect(made.config.token_set).toBe(true)
  const answers = [
    await hub.a.call('GET', '/v1/connectors'),
    await hub.a.call('GET', `/v1/connectors/${made.id}`),
    await hub.a.call('PUT', `/v1/connectors/${made.id}`, { name: 'Renamed' }),
    await hub.a.call('PUT', `/v1/connectors/${made.id}`, { name: 'x' }, { 'If-Match': '"999"' }),
    await hub.a.call('GET', `/v1/connectors/${made.id}/health`),
    await hub.a.call('POST', `/v1/connectors/${made.id}/test`, {}),
  ]
  for (const { text } of answers) expect(text).not.toContain(SECRET)
  expect(hub.lines.join('')).not.toContain(SECRET)
})

test('K-43 K-23 PUT updates the settings; an omitted secret keeps the old one, and what was read can be sent back', async () => {
  const made = await create()
  const put = await hub.a.call('PUT', `/v1/connectors/${made.id}`, { name: 'HEC 2', config: { port: 9_088 } })
  expect([put.status, put.json.name, put.json.config.port, put.json.config.token_set]).toEqual([200, 'HEC 2', 9_088, true])
  expect(put.json.updated_at > made.updated_at).toBe(true)
  expect(put.json.created_at).toBe(made.created_at)
  expect((await hub.connectorStore.get(hub.a, made.id))?.config['token']).toBe(SECRET)
  const echoed = await hub.a.call('PUT', `/v1/connectors/${made.id}`, { name: put.json.name, enabled: put.json.enabled, config: put.json.config })
  expect([echoed.status, echoed.json.config]).toEqual([200, put.json.config])
  await hub.a.call('PUT', `/v1/connectors/${made.id}`, { config: { token: 'another-secret-of-16' } })
  expect((await hub.connectorStore.get(hub.a, made.id))?.config).toMatchObject({ token: 'another-secret-of-16', port: 8_088 })
})

test('PATCH changes some settings and leaves the others; null takes one back to its default', async () => {
  const made = await create({ ...HTTP, config: { token: SECRET, port: 9_088, format: 'cef' } })
  const patched = await hub.a.call('PATCH', `/v1/connectors/${made.id}`, { config: { port: null } })
  expect(patched.json.config).toMatchObject({ port: 8_088, format: 'cef', token_set: true })
})

test('K-11 K-10 a disabled connector says so, and the sensor is told to stop it', async () => {
  const made = await create()
  hub.fleet.changed.length = 0
  const { json } = await hub.a.call('PUT', `/v1/connectors/${made.id}`, { enabled: false })
  expect([json.enabled, json.status, json.health.message]).toEqual([false, 'disabled', expect.stringContaining('Disabled')])
  expect(hub.fleet.changed).toEqual([hub.a.tenantId])
})

test('K-12 K-13 K-14 K-15 K-16 K-17 K-19 health and counters are what the sensor reported', async () => {
  const made = await create()
  expect(made).toMatchObject({ status: 'unknown', health: { last_check: null, message: expect.stringMatching(/./), consecutive_failures: 0 } })
  await hub.connectorStore.report(hub.a, made.id, HEALTHY)
  const { json } = await hub.a.call('GET', `/v1/connectors/${made.id}`)
  expect(json).toMatchObject({
    status: 'healthy',
    health: { last_check: '2026-02-20T10:30:00.000Z', message: 'Listening on 8088.', consecutive_failures: 0 },
    stats: { events_received_total: 125_430, events_failed_total: 12, bytes_received_total: 45_678_900, last_event_at: '2026-02-20T10:30:15.000Z' },
  })
})

test('K-10 a healthy report from a sensor that is gone does not count as healthy', async () => {
  const made = await create()
  await hub.connectorStore.report(hub.a, made.id, HEALTHY)
  hub.fleet.connected.clear()
  const { json } = await hub.a.call('GET', `/v1/connectors/${made.id}`)
  expect([json.status, json.health.message]).toEqual(['unknown', 'Its sensor is not connected.'])

  // What the fleet writes when the sensor has been away for too long is what the socket told: both say the same.
  await hub.connectorStore.report(hub.a, made.id, { ...HEALTHY, status: 'unhealthy', message: 'sensor offline', consecutiveFailures: 1 })
  const later = await hub.a.call('GET', `/v1/connectors/${made.id}`)
  expect([later.json.status, later.json.health]).toMatchObject(['unhealthy', { message: 'sensor offline', consecutive_failures: 1 }])
})

test('K-18 events per second are those committed over the last ten seconds', async () => {
  const made = await create()
  hub.meter.committed(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    stored: 250,
    bytes: 25_000,
    unparsed: 0,
    matched: 0,
    alertsCreated: 0,
    byConnector: new Map([[made.id, { events: 250, bytes: 25_000 }]]),
    tookMs: 3,
  })
  hub.clock.monotonicMs += 1_000
  expect((await hub.a.call('GET', `/v1/connectors/${made.id}`)).json.stats.events_per_second).toBe(25)
  hub.clock.monotonicMs += 10_000
  expect((await hub.a.call('GET', `/v1/connectors/${made.id}`)).json.stats.events_per_second).toBe(0)
})

test('K-24 K-25 K-26 K-27 K-28 K-29 K-30 K-31 detailed health has all three checks and is the worst of them', async () => {
  const made = await create()
  const path = `/v1/connectors/${made.id}/health`
  const fresh = await hub.a.call('GET', path)
  expect(fresh.json.checks.map((check: { type: string; status: string }) => [check.type, check.status])).toEqual([
    ['connectivity', 'unknown'],
    ['authentication', 'unknown'],
    ['data_flow', 'unknown'],
  ])
  await hub.connectorStore.report(hub.a, made.id, HEALTHY)
  const healthy = await hub.a.call('GET', path)
  expect(healthy.json).toMatchObject({ connector_id: made.id, status: 'healthy', last_check: '2026-02-20T10:30:00.000Z' })
  expect(healthy.json.checks[0]).toEqual({ type: 'connectivity', status: 'pass', message: 'Listening.', latency_ms: 2 })
  expect(healthy.json.checks[2]).toEqual({ type: 'data_flow', status: 'unknown', message: 'No events in the last minute.', events_in_last_minute: 0 })
  const [connectivity] = HEALTHY.checks
  if (!connectivity) throw new Error('the builder has checks')
  await hub.connectorStore.report(hub.a, made.id, {
    ...HEALTHY,
    checks: [connectivity, { type: 'authentication', status: 'fail', message: 'The token was refused.' }],
  })
  const failed = await hub.a.call('GET', path)
  expect([failed.json.status, failed.json.checks[1].status]).toEqual(['unhealthy', 'fail'])
  expect((await hub.a.call('GET', `/v1/connectors/${made.id}`)).json.status).toBe('unhealthy')
  expect((await hub.a.call('GET', `/v1/connectors/${randomUUID()}/health`)).status).toBe(404)
})

test('K-32 the history is newest first and has an entry for each change', async () => {
  const made = await create()
  await hub.connectorStore.report(hub.a, made.id, HEALTHY)
  await hub.connectorStore.report(hub.a, made.id, { ...HEALTHY, status: 'unhealthy', lastCheckAt: new Date('2026-02-20T10:31:00Z') })
  const { history } = (await hub.a.call('GET', `/v1/connectors/${made.id}/health`)).json
  expect(history.map((entry: { status: string }) => entry.status)).toEqual(['unhealthy', 'healthy'])
  expect(history[0].timestamp >= history[1].timestamp).toBe(true)
})

test('K-33 K-34 K-35 K-36 K-37 K-38 K-39 K-40 metrics are aligned points over the last hour, or the range and interval asked for', async () => {
  const made = await create()
  hub.meter.committed(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    stored: 600,
    bytes: 60_000,
    unparsed: 0,
    matched: 0,
    alertsCreated: 0,
    byConnector: new Map([[made.id, { events: 600, bytes: 60_000 }]]),
    tookMs: 3,
  })
  for (const failedTotal of [5, 7]) {
    hub.meter.heartbeat(hub.a.tenantId, {
      sensorId: hub.a.sensorId,
      waiting: 0,
      normalizedTotal: 600,
      normalizeFailedTotal: 0,
      normalizeMs: { p50: 1, p95: 2, p99: 3, mean: 1, count: 600 },
      connectors: [{ connectorId: made.id, receivedTotal: 600, failedTotal, bytesTotal: 60_000 }],
    })
  }
  await hub.meter.flush()
  const path = `/v1/connectors/${made.id}/metrics`
  const hour = (await hub.a.call('GET', path)).json
  expect(hour.connector_id).toBe(made.id)
  const total = (points: { value: number }[]) => points.reduce((sum, point) => sum + point.value, 0)
  expect([total(hour.metrics.events_received), total(hour.metrics.events_failed)]).toEqual([600, 2])
  expect(total(hour.metrics.throughput_eps)).toBeCloseTo(600 / 300)
  expect(hour.metrics.events_received.length).toBeGreaterThanOrEqual(12)
  for (const [interval, ms] of [
    ['1m', 60_000],
    ['5m', 300_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
  ] as const) {
    const { metrics } = (await hub.a.call('GET', `${path}?interval=${interval}&from=${new Date(Date.now() - 7_200_000).toISOString()}`)).json
    for (const name of ['events_received', 'events_failed', 'throughput_eps']) {
      const times = metrics[name].map((point: { timestamp: string }) => Date.parse(point.timestamp))
      expect(times.every((time: number) => time % ms === 0)).toBe(true)
      expect(times.slice(1).every((time: number, index: number) => time - times[index] === ms)).toBe(true)
    }
    expect(total(metrics.events_received)).toBe(600)
  }
  for (const wrong of [
    'interval=2m',
    'from=yesterday',
    'from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z',
    'interval=1m&from=2025-01-01T00:00:00Z',
  ]) {
    const answer = await hub.a.call('GET', `${path}?${wrong}`)
    expect([wrong, answer.status, answer.json.code]).toEqual([wrong, 400, 'INVALID_QUERY_VALUE'])
  }
  expect((await hub.a.call('GET', `${path}?step=1m`)).json.code).toBe('INVALID_QUERY_FIELD')
})

test('K-44 a deleted connector is gone, and the sensor is told', async () => {
  const made = await create()
  hub.fleet.changed.length = 0
  expect((await hub.a.call('DELETE', `/v1/connectors/${made.id}`)).status).toBe(204)
  expect((await hub.a.call('GET', `/v1/connectors/${made.id}`)).json.code).toBe('CONNECTOR_NOT_FOUND')
  expect((await hub.a.call('DELETE', `/v1/connectors/${made.id}`)).status).toBe(404)
  expect(hub.fleet.changed).toEqual([hub.a.tenantId])
})

test('K-45 a test has the sensor try the settings and keeps nothing: saved ones, changed ones, and new ones', async () => {
  hub.fleet.checks.push(
    { type: 'connectivity', status: 'pass', message: 'Bound.', latencyMs: 1 },
    { type: 'authentication', status: 'pass', message: 'Set.' },
    { type: 'data_flow', status: 'unknown', message: 'Not tried.' },
  )
  const made = await create()
  const before = (await hub.a.call('GET', '/v1/connectors')).json.connectors.length
  const saved = await hub.a.call('POST', `/v1/connectors/${made.id}/test`)
  expect([saved.status, saved.json.status, saved.json.checks.length]).toEqual([200, 'pass', 3])
  await hub.a.call('POST', `/v1/connectors/${made.id}/test`, { config: { port: 9_999 } })
  const fresh = await hub.a.call('POST', '/v1/connectors/new/test', { type: 'syslog', config: { udp_port: 5_514 } })
  expect(fresh.json.checks[0]).toEqual({ type: 'connectivity', status: 'pass', message: 'Bound.', latency_ms: 1 })
  expect(hub.fleet.tested).toMatchObject([
    { kind: 'http', config: { token: SECRET, port: 8_088 } },
    { kind: 'http', config: { token: SECRET, port: 9_999 } },
    { kind: 'syslog', config: { udp_port: 5_514 }, sensorId: hub.a.sensorId },
  ])
  expect((await hub.a.call('GET', '/v1/connectors')).json.connectors.length).toBe(before)
  expect((await hub.a.call('GET', `/v1/connectors/${made.id}`)).json.config.port).toBe(8_088)
  hub.fleet.checks[0] = { type: 'connectivity', status: 'fail', message: 'The port is taken.' }
  expect((await hub.a.call('POST', `/v1/connectors/${made.id}/test`, {})).json.status).toBe('fail')
})

test('a test of settings that are not valid, or by a sensor that is away, says so', async () => {
  expect((await hub.a.call('POST', '/v1/connectors/new/test', {})).json.errors[0].field).toBe('type')
  expect((await hub.a.call('POST', '/v1/connectors/new/test', { type: 'http', config: {} })).json.errors[0].field).toBe('config.token')
  hub.fleet.connected.clear()
  const away = await hub.a.call('POST', '/v1/connectors/new/test', { type: 'syslog', config: { udp_port: 5_514 } })
  expect([away.status, away.json.code]).toEqual([503, 'SENSOR_OFFLINE'])
})

test('a change with If-Match is made only on the version that was read', async () => {
  const made = await create()
  const etag = (await hub.a.call('GET', `/v1/connectors/${made.id}`)).headers.get('ETag') ?? ''
  const first = await hub.a.call('PUT', `/v1/connectors/${made.id}`, { name: 'First' }, { 'If-Match': etag })
  expect([first.status, first.headers.get('ETag') !== etag]).toEqual([200, true])
  const second = await hub.a.call('PUT', `/v1/connectors/${made.id}`, { name: 'Second' }, { 'If-Match': etag })
  expect([second.status, second.json.code, second.json.current.name]).toEqual([412, 'VERSION_CONFLICT', 'First'])
  expect((await hub.a.call('DELETE', `/v1/connectors/${made.id}`, undefined, { 'If-Match': etag })).status).toBe(412)
  expect(
    (await hub.a.call('DELETE', `/v1/connectors/${made.id}`, undefined, { 'If-Match': `W/${first.headers.get('ETag')?.replace('W/', '')}` })).status,
  ).toBe(204)
})

test('the types come with the schema of their settings and the names of their secrets', async () => {
  const { types } = (await hub.a.call('GET', '/v1/connector-types')).json
  const http = types.find((each: { type: string }) => each.type === 'http')
  expect(http.secrets).toContain('token')
  expect(http.config_schema.properties.port).toMatchObject({ type: 'integer', minimum: 1 })
})
