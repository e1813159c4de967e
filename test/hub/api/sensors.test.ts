import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type HubApi, startHubApi } from '../../support/hub-api.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi()
})
afterAll(() => hub.close())
beforeEach(() => {
  hub.fleet.connected.clear()
  hub.fleet.changed.length = 0
})

const FILTER = { name: 'Noise', action: 'drop', detection: { selection: { 'process.name': 'cron' }, condition: 'selection' } }

test('a filter is created, listed, replaced and deleted, and each change goes out to the sensors', async () => {
  const made = await hub.a.call('POST', '/v1/filters', FILTER)
  expect([made.status, made.json]).toEqual([
    201,
    {
      ...FILTER,
      id: expect.any(String),
      enabled: true,
      one_in: null,
      logsource: {},
      stats: { checked_total: 0, hit_total: 0 },
      updated_at: expect.any(String),
    },
  ])
  const replaced = await hub.a.call('PUT', `/v1/filters/${made.json.id}`, { ...FILTER, enabled: false, action: 'sample', one_in: 10 })
  expect([replaced.status, replaced.json]).toEqual([200, expect.objectContaining({ id: made.json.id, enabled: false, action: 'sample', one_in: 10 })])
  expect((await hub.a.call('GET', '/v1/filters')).json.filters).toHaveLength(1)
  expect((await hub.a.call('DELETE', `/v1/filters/${made.json.id}`)).status).toBe(204)
  expect((await hub.a.call('GET', '/v1/filters')).json.filters).toEqual([])
  expect(hub.fleet.changed).toEqual([hub.a.tenantId, hub.a.tenantId, hub.a.tenantId])
})

test('a filter a sensor could not run is refused, and nothing goes out', async () => {
  for (const wrong of [
    { ...FILTER, detection: { selection: { a: 1 }, condition: 'selection and' } },
    { ...FILTER, detection: { selection: { a: 1 }, condition: 'other' } },
    { ...FILTER, detection: {} },
    { ...FILTER, action: 'sample' },
    { ...FILTER, one_in: 5 },
  ]) {
    const answer = await hub.a.call('POST', '/v1/filters', wrong)
    expect([answer.status, answer.json.code, answer.json.errors?.length]).toEqual([400, 'INVALID_FILTER', expect.any(Number)])
  }
  expect(hub.fleet.changed).toEqual([])
})

test("a filter's counters are the sum of what the sensors report", async () => {
  const { json } = await hub.a.call('POST', '/v1/filters', FILTER)
  await hub.fleetStore.seen(hub.a, hub.a.sensorId, {
    at: new Date(),
    heartbeat: { filters: [{ filterId: json.id, name: 'Noise', checkedTotal: 100, hitTotal: 7 }] },
  })
  expect((await hub.a.call('GET', '/v1/filters')).json.filters[0].stats).toEqual({ checked_total: 100, hit_total: 7 })
})

test('a sensor shows what it last reported, and whether it is connected now', async () => {
  const before = await hub.b.call('GET', `/v1/sensors/${hub.b.sensorId}`)
  expect(before.json).toMatchObject({ buffer: null, process: null, ledger: null, pack: { state: 'none' } })
  await hub.fleetStore.seen(hub.b, hub.b.sensorId, {
    at: new Date(),
    heartbeat: {
      lanes: [
        {
          lane: 'bulk',
          events: 3,
          bytes: 300,
          limitBytes: 1_000,
          oldestMs: Date.parse('2026-02-20T10:30:00Z'),
          appendedTotal: 10,
          ackedTotal: 6,
          tombstonedTotal: 1,
        },
        { lane: 'priority', events: 0, bytes: 0, limitBytes: 500, appendedTotal: 2, ackedTotal: 2 },
      ],
      process: { rssBytes: 80_000_000, uptimeMs: 60_000, cpuPercent: 1.5 },
      connectors: [{ connectorId: 'x', eventsFilteredTotal: 4 }],
    },
  })
  hub.fleet.connected.add(hub.b.sensorId)
  const after = await hub.b.call('GET', `/v1/sensors/${hub.b.sensorId}`)
  expect(after.json).toMatchObject({
    status: 'online',
    buffer: { events: 3, bytes: 300, limit_bytes: 1_500, oldest_at: '2026-02-20T10:30:00.000Z' },
    process: { rss_bytes: 80_000_000, cpu_percent: 1.5, uptime_seconds: 60 },
    ledger: { received: 12, delivered: 8, lost: 1, filtered: 4 },
  })
  hub.fleet.connected.clear()
  expect((await hub.b.call('GET', '/v1/sensors')).json.sensors).toMatchObject([{ id: hub.b.sensorId, status: 'offline' }])
})

test('a sensor is renamed and revoked', async () => {
  const { sensorId } = hub.b
  expect((await hub.b.call('PATCH', `/v1/sensors/${sensorId}`, { name: 'Branch office' })).json.name).toBe('Branch office')
  expect((await hub.b.call('PATCH', `/v1/sensors/${sensorId}`, { name: 'x', role: 'admin' })).json.code).toBe('INVALID_BODY')
  expect((await hub.b.call('DELETE', `/v1/sensors/${sensorId}`)).status).toBe(204)
  expect((await hub.b.call('GET', `/v1/sensors/${sensorId}`)).json.status).toBe('revoked')
})

test('an enrolment token comes with the one line that fetches, checks, enrols and runs a sensor', async () => {
  const { status, json } = await hub.a.call('POST', '/v1/sensors/enrollment-tokens', { name: 'Branch', expires_in_hours: 1 })
  expect(status).toBe(201)
  expect(json.command).toBe(
    `curl -fsSLo picket-sensor.mjs ${hub.url}/download/picket-sensor.mjs && echo '${'a'.repeat(64)}  picket-sensor.mjs' | sha256sum -c - && ` +
      `node picket-sensor.mjs enroll --hub 127.0.0.1:8443 --token ${json.token} && node picket-sensor.mjs run`,
  )
  expect(Date.parse(json.expires_at) - Date.now()).toBeGreaterThan(50 * 60_000)
  const bundle = await hub.request('GET', new URL(json.download_url).pathname)
  expect([bundle.status, bundle.text]).toEqual([200, '// the sensor\n'])
  expect((await hub.request('GET', '/download/picket-sensor.mjs.sha256')).text).toBe(`${json.sha256}  picket-sensor.mjs\n`)
  expect((await hub.a.call('GET', '/v1/sensors')).text).not.toContain(json.token)
})

test('an enrolment token with an impossible life is refused', async () => {
  for (const expires_in_hours of [0, 169, 'soon']) {
    expect((await hub.a.call('POST', '/v1/sensors/enrollment-tokens', { name: 'x', expires_in_hours })).json.code).toBe('INVALID_BODY')
  }
})
