import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApiDocument } from '../../../hub/api/openapi-document.ts'
import { type HubApi, POWERSHELL_RULE, startHubApi } from '../../support/hub-api.ts'
import { batchOf } from '../../support/storage-builders.ts'

let hub: HubApi
let theirs: Record<string, string>

const OWN_RULE = 'title: Theirs\nlogsource: { product: linux }\ndetection: { a: { a: x }, condition: a }\n'
const UNKNOWN: Record<string, string> = { alertId: 'alert-unknown', name: 'unknown' }
/** What a path needs beside its ids. */
const QUERIES: Record<string, string> = { '/v1/detection/rules/{ruleId}/diff': '?from=1&to=1' }

/** Bodies that are valid but for whom they speak about. */
const BODIES: Record<string, object> = {
  'put /v1/alerts/{alertId}': { status: 'resolved' },
  'patch /v1/alerts/{alertId}': { notes: 'mine now' },
  'put /v1/connectors/{connectorId}': { name: 'mine now' },
  'patch /v1/connectors/{connectorId}': { enabled: false },
  'post /v1/connectors/{connectorId}/test': {},
  'patch /v1/sensors/{sensorId}': { name: 'mine now' },
  'put /v1/detection/exceptions/{exceptionId}': { reason: 'mine now' },
  'put /v1/detection/value-lists/{name}': { values: ['mine now'] },
  'put /v1/detection/rules/{ruleId}': { note: 'mine now', stage: 'deprecated' },
  'post /v1/detection/rules/{ruleId}/test': { events: [{ a: 'x' }] },
  'put /v1/filters/{filterId}': { name: 'mine now', action: 'drop', detection: { selection: { 'host.name': 'x' }, condition: 'selection' } },
}

beforeAll(async () => {
  hub = await startHubApi()
  const { b } = hub
  await hub.ingest.commit(b, batchOf(b.sensorId, { first: 1, last: 5, hits: [2], ruleId: POWERSHELL_RULE }))
  const connector = await b.call('POST', '/v1/connectors', { name: 'Theirs', type: 'http', config: { token: 'a-secret-of-tenant-b' } })
  const filter = await b.call('POST', '/v1/filters', {
    name: 'Theirs',
    action: 'drop',
    detection: { selection: { 'host.name': 'x' }, condition: 'selection' },
  })
  const rule = await b.call('POST', '/v1/detection/rules', { source: OWN_RULE })
  const exception = await b.call('POST', '/v1/detection/exceptions', {
    reason: 'Theirs',
    detection: { selection: { CommandLine: 'x' }, condition: 'selection' },
  })
  const list = await b.call('POST', '/v1/detection/value-lists', { name: 'their-admins', values: ['x'] })
  const backtest = await b.call('POST', '/v1/detection/backtests', { rule_id: POWERSHELL_RULE, last: '1h' })
  const made = [connector, filter, rule, exception, list, backtest]
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 202])
  const alerts = await b.call('GET', '/v1/alerts')
  const events = await b.call('GET', '/v1/timeline')
  theirs = {
    alertId: alerts.json.alerts[0].id,
    connectorId: connector.json.id,
    filterId: filter.json.id,
    ruleId: rule.json.id,
    exceptionId: exception.json.id,
    name: list.json.name,
    backtestId: backtest.json.id,
    sensorId: b.sensorId,
    eventId: events.json.events[0].id,
  }
})
afterAll(() => hub.close())

test("K-03 another tenant's id is an unknown id on every route of the OpenAPI document (abuse case 6)", async () => {
  const tried: string[] = []
  for (const [path, item] of Object.entries(openApiDocument().paths ?? {})) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
    if (names.length === 0) continue
    const address = path.replace(/\{(\w+)\}/g, (_, name) => theirs[name] ?? `no ${name} in this test`)
    const unknown = path.replace(/\{(\w+)\}/g, (_, name) => UNKNOWN[name] ?? '550e8400-e29b-41d4-a716-446655440000')
    for (const method of Object.keys(item)) {
      const body = BODIES[`${method} ${path}`]
      const query = QUERIES[path] ?? ''
      const foreign = await hub.a.call(method.toUpperCase(), address + query, body)
      const none = await hub.a.call(method.toUpperCase(), unknown + query, body)
      expect([method, path, foreign.status]).toEqual([method, path, 404])
      expect({ ...foreign.json, instance: '', request_id: '' }).toEqual({ ...none.json, instance: '', request_id: '' })
      tried.push(`${method} ${path}`)
    }
  }
  expect(tried.length).toBeGreaterThanOrEqual(30)
})

test('K-03 ... and afterwards everything of theirs is as it was', async () => {
  const { b } = hub
  expect((await b.call('GET', `/v1/alerts/${theirs['alertId']}`)).json).toMatchObject({ status: 'open', version: 1 })
  expect((await b.call('GET', `/v1/connectors/${theirs['connectorId']}`)).json).toMatchObject({ name: 'Theirs', enabled: true })
  expect((await b.call('GET', `/v1/sensors/${theirs['sensorId']}`)).json).toMatchObject({
    name: 'edge',
    status: expect.not.stringMatching('revoked'),
  })
  expect((await b.call('GET', '/v1/filters')).json.filters).toMatchObject([{ name: 'Theirs' }])
  expect((await b.call('GET', `/v1/detection/rules/${theirs['ruleId']}`)).json).toMatchObject({ stage: 'development', own: { revision: 1 } })
  expect((await b.call('GET', '/v1/detection/exceptions')).json.exceptions).toMatchObject([{ reason: 'Theirs' }])
  expect((await b.call('GET', '/v1/detection/value-lists/their-admins')).json).toMatchObject({ values: ['x'], revision: 1 })
  expect((await b.call('GET', `/v1/detection/backtests/${theirs['backtestId']}`)).json.status).not.toBe('cancelled')
})

test("K-03 the same call with the two tenants' tokens gives disjoint data", async () => {
  for (const [path, key] of [
    ['/v1/alerts', 'alerts'],
    ['/v1/connectors', 'connectors'],
    ['/v1/timeline', 'events'],
    ['/v1/filters', 'filters'],
    ['/v1/sensors', 'sensors'],
  ] as const) {
    const ids = async (tenant: typeof hub.a) => (await tenant.call('GET', path)).json[key].map((each: { id: string }) => each.id)
    const [ours, others] = [await ids(hub.a), await ids(hub.b)]
    expect(others.length).toBeGreaterThan(0)
    expect(ours.filter((id: string) => others.includes(id))).toEqual([])
  }
  expect((await hub.a.call('GET', `/v1/detection/rules/${POWERSHELL_RULE}/matches`)).json.matches).toEqual([])
  expect((await hub.b.call('GET', `/v1/detection/rules/${POWERSHELL_RULE}/matches`)).json.matches).toHaveLength(1)
  expect((await hub.a.call('GET', '/v1/pipeline/metrics')).json.stages.ingestion.events_total).toBe(0)
  expect((await hub.b.call('GET', '/v1/pipeline/metrics')).json.stages.ingestion.events_total).toBe(5)
})

test("K-03 another tenant's ids inside a body or a query lead nowhere", async () => {
  const { sensorId, connectorId } = theirs
  const made = await hub.a.call('POST', '/v1/connectors', { name: 'x', type: 'syslog', sensor_id: sensorId, config: { udp_port: 5514 } })
  const tested = await hub.a.call('POST', '/v1/connectors/new/test', { type: 'syslog', sensor_id: sensorId, config: { udp_port: 5514 } })
  for (const answer of [made, tested])
    expect([answer.status, answer.json.code, answer.json.errors[0].field]).toEqual([400, 'INVALID_CONNECTOR', 'sensor_id'])
  expect((await hub.a.call('GET', `/v1/timeline?connector_id=${connectorId}`)).json.events).toEqual([])
  expect((await hub.a.call('GET', '/v1/alerts?q=web-01')).json.alerts).toEqual([])
})

test("K-177 a cursor of one tenant is refused under another's token", async () => {
  const { json } = await hub.b.call('GET', '/v1/timeline?limit=2')
  expect((await hub.b.call('GET', `/v1/timeline?limit=2&cursor=${json.next_cursor}`)).status).toBe(200)
  expect((await hub.a.call('GET', `/v1/timeline?limit=2&cursor=${json.next_cursor}`)).json.code).toBe('INVALID_CURSOR')
})
