import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { METRICS_PERIOD_MS } from '../../../hub/api/live-socket.ts'
import { type HubApi, startHubApi } from '../../support/hub-api.ts'
import { batchOf } from '../../support/storage-builders.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi({ metricsMs: 150 })
})
afterAll(() => hub.close())

interface Frame {
  readonly type: string
  readonly timestamp: string
  readonly data: Record<string, unknown>
}

const open: WebSocket[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate()
})

async function connect(token: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws/monitoring?token=${token}`, { headers })
  open.push(socket)
  const frames: Frame[] = []
  socket.on('message', (data) => void frames.push(JSON.parse(String(data))))
  await once(socket, 'open')
  const next = async (type: string, count = 1): Promise<Frame> => {
    for (;;) {
      const found = frames.filter((frame) => frame.type === type)[count - 1]
      if (found) return found
      await once(socket, 'message')
    }
  }
  return { socket, frames, next, send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)) }
}

/** The HTTP status with which the upgrade was refused. */
async function refusal(token: string, headers: Record<string, string> = {}, path = '/ws/monitoring'): Promise<number> {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}${path}?token=${token}`, { headers })
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  socket.terminate()
  return response.statusCode
}

const ticketOf = async (tenant: typeof hub.a) => String((await tenant.call('POST', '/v1/ws/ticket')).json.ticket)
const newAlert = (tenantId: string, alertId: string, created = true) =>
  hub.live.publish(tenantId, { type: 'alert', notice: { created, alertId, severity: 'critical', ruleTitle: 'Mimikatz Detected', host: 'DC-01' } })

test('K-147 K-149 K-150 K-190 a socket opens with an access token and gets metrics again and again', async () => {
  const { next } = await connect(hub.a.admin.token)
  const first = await next('metrics_update')
  expect(first).toEqual({
    type: 'metrics_update',
    timestamp: expect.stringMatching(/Z$/),
    data: {
      ingestion_rate: expect.any(Number),
      normalization_latency_p99: expect.any(Number),
      alerts_last_minute: expect.any(Number),
      queue_consumer_lag_total: expect.any(Number),
    },
  })
  expect(METRICS_PERIOD_MS).toBe(5_000)
  const second = await next('metrics_update', 3)
  expect(Date.parse(second.timestamp)).toBeGreaterThan(Date.parse(first.timestamp))
})

test('K-150 the figures are those of the pipeline', async () => {
  hub.meter.committed(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    stored: 1_255,
    bytes: 1,
    unparsed: 0,
    matched: 8,
    alertsCreated: 8,
    byConnector: new Map(),
    tookMs: 1,
  })
  hub.meter.heartbeat(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    waiting: 1_250,
    normalizedTotal: 0,
    normalizeFailedTotal: 0,
    normalizeMs: { p50: 10, p95: 20, p99: 45, mean: 12, count: 1 },
    connectors: [],
  })
  hub.clock.monotonicMs += 1_000
  const { next } = await connect(hub.a.admin.token)
  expect((await next('metrics_update')).data).toEqual({
    ingestion_rate: 125.5,
    normalization_latency_p99: 45,
    alerts_last_minute: 8,
    queue_consumer_lag_total: 1_250,
  })
})

test('K-148 a bad, missing or spent token is refused, and no token reaches the log', async () => {
  hub.lines.length = 0
  const ticket = await ticketOf(hub.a)
  const { next } = await connect(ticket)
  await next('metrics_update')
  expect([await refusal(ticket), await refusal('nonsense'), await refusal(''), await refusal(`${hub.a.admin.token}x`)]).toEqual([401, 401, 401, 401])
  expect(await refusal(hub.a.admin.token, {}, '/ws/other')).toBe(404)
  for (const token of [ticket, hub.a.admin.token]) expect(hub.lines.join('')).not.toContain(token)
})

test('K-148 a ticket is of no use after 30 s, and opens nothing but a socket', async () => {
  const ticket = await ticketOf(hub.a)
  expect((await hub.request('GET', '/v1/me', { token: ticket })).status).toBe(401)
  hub.clock.offsetMs = 31_000
  const status = await refusal(ticket)
  hub.clock.offsetMs = 0
  expect(status).toBe(401)
})

test('a page from elsewhere cannot open a socket; ours and programs can', async () => {
  expect(await refusal(hub.a.admin.token, { Origin: 'https://evil.example' })).toBe(403)
  expect(await refusal(hub.a.admin.token, { Origin: 'null' })).toBe(403)
  await connect(hub.a.admin.token, { Origin: hub.url })
  await connect(hub.a.admin.token)
})

test('K-152 each new alert is pushed once; one that took in more matches is an update', async () => {
  const { frames, next } = await connect(hub.a.admin.token)
  newAlert(hub.a.tenantId, 'alert-1')
  newAlert(hub.a.tenantId, 'alert-1', false)
  expect(await next('new_alert')).toMatchObject({
    data: { alert_id: 'alert-1', severity: 'critical', rule_title: 'Mimikatz Detected', host: 'DC-01' },
  })
  expect((await next('alert_updated')).data).toEqual({ alert_id: 'alert-1' })
  expect(frames.filter((frame) => frame.type === 'new_alert')).toHaveLength(1)
})

test("K-151 a connector's change of status is pushed once", async () => {
  const { frames, next } = await connect(hub.a.admin.token)
  hub.live.publish(hub.a.tenantId, { type: 'connector_status', connectorId: 'c-1', from: 'healthy', to: 'unhealthy', message: 'Connection timeout' })
  expect((await next('connector_status_change')).data).toEqual({
    connector_id: 'c-1',
    old_status: 'healthy',
    new_status: 'unhealthy',
    message: 'Connection timeout',
  })
  await next('metrics_update', 2)
  expect(frames.filter((frame) => frame.type === 'connector_status_change')).toHaveLength(1)
})

test('K-153 only topics subscribed to are pushed', async () => {
  const { frames, next, send } = await connect(hub.a.admin.token)
  send({ action: 'subscribe', topics: ['connector_health'] })
  expect((await next('subscribed')).data).toEqual({ topics: ['connector_health'] })
  frames.length = 0
  newAlert(hub.a.tenantId, 'alert-2')
  hub.live.publish(hub.a.tenantId, { type: 'connector_status', connectorId: 'c-1', from: 'healthy', to: 'degraded', message: '' })
  await next('connector_status_change')
  send({ action: 'subscribe', topics: ['metrics', 'alerts'] })
  await next('metrics_update')
  newAlert(hub.a.tenantId, 'alert-3')
  await next('new_alert')
  expect(frames.filter((frame) => frame.type === 'new_alert').map((frame) => frame.data['alert_id'])).toEqual(['alert-3'])
  send({ action: 'unsubscribe', topics: ['metrics'] })
  expect((await next('subscribed', 2)).data).toEqual({ topics: ['alerts'] })
})

test('K-154 an unknown topic is an error frame and changes nothing; so is what is not a message', async () => {
  const { next, send } = await connect(hub.a.admin.token)
  send({ action: 'subscribe', topics: ['metrics', 'gossip'] })
  expect((await next('error')).data['code']).toBe('UNKNOWN_TOPIC')
  newAlert(hub.a.tenantId, 'alert-4')
  await next('new_alert')
  for (const wrong of [
    'not json',
    '[]',
    { action: 'dance' },
    { action: 'subscribe', topics: 'alerts' },
    { action: 'subscribe', topics: [], tenant_id: hub.b.tenantId },
  ])
    send(wrong)
  expect((await next('error', 6)).data['code']).toBe('INVALID_MESSAGE')
})

test('K-155 a tenant never sees the frames of another', async () => {
  const [a, b] = [await connect(hub.a.admin.token), await connect(hub.b.admin.token)]
  newAlert(hub.a.tenantId, 'alert-of-a')
  hub.live.publish(hub.a.tenantId, { type: 'connector_status', connectorId: 'c-of-a', from: 'healthy', to: 'unhealthy', message: '' })
  hub.meter.committed(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    stored: 10,
    bytes: 1,
    unparsed: 0,
    matched: 0,
    alertsCreated: 5,
    byConnector: new Map(),
    tookMs: 1,
  })
  hub.clock.monotonicMs += 1_000
  newAlert(hub.b.tenantId, 'alert-of-b')
  await a.next('connector_status_change')
  await b.next('new_alert')
  await b.next('metrics_update', 3)
  expect(JSON.stringify(b.frames)).not.toContain('of-a')
  expect(JSON.stringify(a.frames)).not.toContain('of-b')
  expect(b.frames.filter((frame) => frame.type === 'metrics_update').every((frame) => frame.data['alerts_last_minute'] === 0)).toBe(true)
})

test('a triage over the API reaches the sockets of the tenant', async () => {
  await hub.ingest.commit(hub.a, batchOf(hub.a.sensorId, { first: 1, last: 1, hits: [1] }))
  const alertId = (await hub.a.call('GET', '/v1/alerts')).json.alerts[0].id
  const { next } = await connect(hub.a.admin.token)
  await hub.a.call('PUT', `/v1/alerts/${alertId}`, { status: 'investigating' })
  expect((await next('alert_updated')).data).toEqual({ alert_id: alertId })
})

test('a socket ends with its token, with code 4401, unless it is renewed', async () => {
  const [left, renewed] = [await connect(hub.a.admin.token), await connect(hub.a.admin.token)]
  hub.clock.offsetMs = 3_000_000
  const fresh = await hub.a.call('POST', '/v1/auth/renew')
  renewed.send({ action: 'auth', token: fresh.json.access_token })
  renewed.send({ action: 'subscribe', topics: ['metrics'] })
  await renewed.next('subscribed')
  hub.clock.offsetMs = 3_700_000
  const [code] = await once(left.socket, 'close')
  hub.clock.offsetMs = 0
  expect([code, renewed.socket.readyState]).toEqual([4401, WebSocket.OPEN])
})

test("a renewal with another tenant's token ends the socket", async () => {
  const { socket, send } = await connect(hub.a.admin.token)
  send({ action: 'auth', token: hub.b.admin.token })
  expect((await once(socket, 'close'))[0]).toBe(4401)
})

test('a client that talks too much is closed', async () => {
  const { socket, send } = await connect(hub.a.admin.token)
  for (let i = 0; i < 130; i++) send({ action: 'subscribe', topics: [] })
  expect((await once(socket, 'close'))[0]).toBe(1008)
})

test('a reader that does not read is cut before it costs more than a few megabytes', async () => {
  const { socket, next } = await connect(hub.a.admin.token)
  await next('metrics_update')
  socket.pause()
  const message = 'x'.repeat(100_000)
  for (let i = 0; i < 300; i++) {
    hub.live.publish(hub.a.tenantId, { type: 'connector_status', connectorId: 'c-1', from: 'healthy', to: 'degraded', message })
    if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(hub.lines.join('')).toContain('reads too slowly')
  socket.resume()
  expect((await once(socket, 'close'))[0]).toBe(1006)
})
