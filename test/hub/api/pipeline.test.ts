import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HubApi, POWERSHELL_RULE, startHubApi } from '../../support/hub-api.ts'
import { batchOf, storedEvent } from '../../support/storage-builders.ts'

let hub: HubApi
let connectorId: string
beforeAll(async () => {
  hub = await startHubApi()
  connectorId = (await hub.a.call('POST', '/v1/connectors', { name: 'Syslog', type: 'syslog', config: { udp_port: 5_514 } })).json.id
  await hub.a.call('POST', '/v1/connectors', { name: 'Off', type: 'syslog', enabled: false, config: { udp_port: 5_515 } })
  const batch = batchOf(hub.a.sensorId, { first: 1, last: 10, hits: [3], ruleId: POWERSHELL_RULE })
  await hub.ingest.commit(hub.a, { ...batch, events: batch.events.map((event) => ({ ...event, connectorId, parsed: event.seq !== 10 })) })
  hub.meter.committed(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    stored: 10,
    bytes: 1_200,
    unparsed: 1,
    matched: 1,
    alertsCreated: 1,
    byConnector: new Map([[connectorId, { events: 10, bytes: 1_200 }]]),
    tookMs: 3,
  })
  hub.meter.heartbeat(hub.a.tenantId, {
    sensorId: hub.a.sensorId,
    waiting: 7,
    normalizedTotal: 9,
    normalizeFailedTotal: 1,
    normalizeMs: { p50: 10.2, p95: 35.5, p99: 48.2, mean: 12.5, count: 10 },
    connectors: [],
  })
  hub.clock.monotonicMs += 1_000
})
afterAll(() => hub.close())

test("K-46 K-47 K-48 K-49 K-50 K-51 K-52 K-53 K-54 K-55 K-56 K-58 K-59 K-60 K-63 K-64 K-65 K-66 the pipeline's figures are those counted", async () => {
  const { status, json } = await hub.a.call('GET', '/v1/pipeline/metrics')
  expect([status, json]).toEqual([
    200,
    {
      timestamp: expect.stringMatching(/Z$/),
      stages: {
        ingestion: { events_total: 10, events_per_second: 1, active_connectors: 1, healthy_connectors: 0 },
        normalization: { events_processed: 9, events_failed: 1, success_rate: 90, avg_latency_ms: 12.5, p99_latency_ms: 48.2 },
        detection: { events_evaluated: 9, rules_matched: 1, alerts_generated: 1, false_positives: 0, avg_evaluation_time_ms: 0 },
        enrichment: { alerts_processed: 0, avg_enrichment_time_ms: 0, intel_cache_hit_rate: 0 },
      },
      queue: {
        topics: [
          { name: 'normalized-events', consumer_lag: 7, messages_per_second: 1 },
          { name: 'alerts', consumer_lag: 0, messages_per_second: 0.1 },
        ],
      },
    },
  ])
})

test('K-49 K-50 a connector counts as healthy only while its sensor is connected and says so', async () => {
  await hub.connectorStore.report(hub.a, connectorId, {
    status: 'healthy',
    message: 'ok',
    lastCheckAt: new Date(),
    consecutiveFailures: 0,
    eventsReceivedTotal: 10,
    eventsFailedTotal: 0,
    bytesReceivedTotal: 1_200,
    eventsPerSecond: 1,
    checks: [],
  })
  const healthy = async () => (await hub.a.call('GET', '/v1/pipeline/metrics')).json.stages.ingestion.healthy_connectors
  hub.fleet.connected.add(hub.a.sensorId)
  expect(await healthy()).toBe(1)
  hub.fleet.connected.clear()
  expect(await healthy()).toBe(0)
})

test('K-59 K-60 false positives and the evaluation time follow what happens', async () => {
  const alert = (await hub.a.call('GET', '/v1/alerts')).json.alerts[0]
  await hub.a.call('PUT', `/v1/alerts/${alert.id}`, { status: 'false_positive' })
  await hub.detection.detect(hub.a, [{ document: '{}', product: 'windows', categories: ['process_creation'] }])
  const { detection } = (await hub.a.call('GET', '/v1/pipeline/metrics')).json.stages
  expect(detection.false_positives).toBe(1)
  expect(detection.avg_evaluation_time_ms).toBeGreaterThan(0)
})

test('K-67 K-68 K-69 K-70 K-71 the series have what was counted, in the interval it happened', async () => {
  await hub.meter.flush()
  const { status, json } = await hub.a.call('GET', '/v1/pipeline/metrics/timeseries?interval=5m')
  const total = (points: { value: number }[]) => points.reduce((sum, point) => sum + point.value, 0)
  expect(status).toBe(200)
  expect(json.ingestion_rate.length).toBeGreaterThanOrEqual(12)
  expect(total(json.ingestion_rate)).toBeCloseTo(10 / 300)
  expect(total(json.alerts_generated)).toBe(1)
  expect(json.normalization_latency).toEqual([{ timestamp: expect.stringMatching(/Z$/), p50: 10.2, p95: 35.5, p99: 48.2 }])
  expect(json.queue_consumer_lag['normalized-events'].map((point: { value: number }) => point.value)).toEqual([7])
  expect(total(json.queue_consumer_lag.alerts)).toBe(0)
  for (const wrong of ['interval=10s', 'from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z']) {
    expect((await hub.a.call('GET', `/v1/pipeline/metrics/timeseries?${wrong}`)).json.code).toBe('INVALID_QUERY_VALUE')
  }
  expect(total((await hub.b.call('GET', '/v1/pipeline/metrics/timeseries')).json.ingestion_rate)).toBe(0)
})

test('K-124 K-125 K-126 K-127 K-128 K-129 health tells what is known: sensors connected, workers alive, no enrichment', async () => {
  hub.fleet.connected.clear()
  const down = (await hub.a.call('GET', '/v1/health')).json
  expect(down).toEqual({
    status: 'unhealthy',
    timestamp: expect.stringMatching(/Z$/),
    services: {
      'connector-service': { status: 'down', replicas: 1, healthy_replicas: 0 },
      'normalizer-service': { status: 'down', replicas: 1, healthy_replicas: 0 },
      'detection-service': { status: 'up', replicas: 1, healthy_replicas: 1 },
      'enrichment-service': { status: 'down', replicas: 0, healthy_replicas: 0 },
    },
  })
  hub.fleet.connected.add(hub.a.sensorId)
  expect((await hub.a.call('GET', '/v1/health')).json).toMatchObject({ status: 'healthy', services: { 'connector-service': { status: 'up' } } })
  const sick = (await hub.a.call('POST', '/v1/connectors', { name: 'Sick', type: 'syslog', config: { udp_port: 5_516 } })).json.id
  await hub.connectorStore.report(hub.a, sick, {
    status: 'unhealthy',
    message: 'The port is taken.',
    lastCheckAt: new Date(),
    consecutiveFailures: 3,
    eventsReceivedTotal: 0,
    eventsFailedTotal: 0,
    bytesReceivedTotal: 0,
    eventsPerSecond: 0,
    checks: [],
  })
  expect((await hub.a.call('GET', '/v1/health')).json.status).toBe('degraded')
  await hub.a.call('DELETE', `/v1/connectors/${sick}`)
})

test('the timeline finds by word, connector and host, newest first, with a view of each event', async () => {
  const { json } = await hub.a.call('GET', '/v1/timeline')
  expect(json.events).toHaveLength(10)
  expect(json.events[0]).toMatchObject({
    timestamp: expect.stringMatching(/Z$/),
    dataset: 'linux.auth',
    connector_id: connectorId,
    sensor_id: hub.a.sensorId,
    host: 'web-01',
    user: 'ana',
    source_ip: '192.0.2.7',
    message: expect.stringContaining('Failed password for ana'),
    event: { host: { name: 'web-01' } },
  })
  const count = async (query: string) => (await hub.a.call('GET', `/v1/timeline?${query}`)).json.events.length
  expect(await count('q=FAILED%20ana')).toBe(10)
  expect(await count('q=nobody')).toBe(0)
  expect([await count(`connector_id=${connectorId}`), await count(`connector_id=${randomUUID()}`)]).toEqual([10, 0])
  expect([await count('host=web-01'), await count('host=web-02')]).toEqual([10, 0])
  expect((await hub.a.call('GET', '/v1/timeline?connector_id=x')).json.code).toBe('INVALID_QUERY_VALUE')
  expect((await hub.a.call('GET', `/v1/timeline/${json.events[0].id}`)).json).toEqual(json.events[0])
  expect((await hub.a.call('GET', `/v1/timeline/${randomUUID()}`)).json.code).toBe('EVENT_NOT_FOUND')
})

test('K-177 paging through the timeline gives each event once, in both directions, though the range is "the last day" and events arrive', async () => {
  const base = Date.now() - 3_600_000
  const events = Array.from({ length: 7 }, (_, i) => storedEvent(100 + i, { epoch: 'paging', time: new Date(base + Math.floor(i / 3) * 1_000) }))
  await hub.ingest.commit(hub.b, {
    ...batchOf(hub.b.sensorId, { epoch: 'paging', first: 1, last: 0 }),
    first: 1,
    last: 7,
    events: events.map((event, i) => ({ ...event, seq: i + 1 })),
  })
  for (const sort of ['timestamp:desc', 'timestamp:asc']) {
    const seen: string[] = []
    let cursor = ''
    do {
      const { json } = await hub.b.call('GET', `/v1/timeline?sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...json.events.map((event: { id: string }) => event.id))
      cursor = json.next_cursor
    } while (cursor)
    expect([seen.length, new Set(seen)]).toEqual([7, new Set(events.map(({ id }) => id))])
  }
})

test("the histogram counts the range's events in even buckets", async () => {
  const { json } = await hub.a.call('GET', '/v1/timeline/histogram?buckets=24')
  expect(json.buckets.reduce((sum: number, bucket: { value: number }) => sum + bucket.value, 0)).toBe(10)
  expect(json.interval_seconds).toBeGreaterThan(0)
  expect((await hub.a.call('GET', '/v1/timeline/histogram?buckets=0')).json.code).toBe('INVALID_QUERY_VALUE')
})
