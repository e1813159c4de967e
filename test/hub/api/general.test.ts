import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ERROR_CODES } from '../../../hub/api/error-codes.ts'
import { openApiDocument } from '../../../hub/api/openapi-document.ts'
import { type HubApi, PASSWORD, startHubApi } from '../../support/hub-api.ts'
import { batchOf } from '../../support/storage-builders.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi({
    consoleFiles: { 'index.html': '<!doctype html><title>Picket</title>', 'main-ABCDEF12.js': 'export {}' },
    metricsToken: 'scrape-me',
  })
  await hub.ingest.commit(hub.a, batchOf(hub.a.sensorId, { first: 1, last: 5, hits: [2] }))
  await hub.a.call('POST', '/v1/connectors', { name: 'Syslog', type: 'syslog', config: { udp_port: 5514 } })
})
afterAll(() => hub.close())

const READS = [
  '/connectors',
  '/pipeline/metrics',
  '/pipeline/metrics/timeseries',
  '/detection/rules',
  '/detection/metrics',
  '/health',
  '/alerts',
  '/timeline',
  '/timeline/histogram',
  '/sensors',
  '/filters',
  '/connector-types',
  '/me',
]

test('K-01 endpoints answer under /v1 and nowhere else', async () => {
  for (const path of READS) {
    expect([path, (await hub.a.call('GET', `/v1${path}`)).status]).toEqual([path, 200])
    expect((await hub.a.call('GET', `/v2${path}`)).json?.code).not.toBe('OK')
  }
  expect((await hub.a.call('GET', '/v1/nothing-here')).json).toMatchObject({ status: 404, code: 'NOT_FOUND' })
})

test('K-02 without a valid token nothing under /v1 is served', async () => {
  for (const path of READS) {
    for (const token of [undefined, 'not-a-token']) {
      const answer = await hub.request('GET', `/v1${path}`, { token })
      expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'UNAUTHENTICATED'])
    }
  }
  expect((await hub.request('GET', '/v1/me', { headers: { Authorization: `Basic ${hub.a.admin.token}` } })).status).toBe(401)
})

test('K-02 every route of the OpenAPI document but sign-in refuses a caller without a token', async () => {
  for (const [path, item] of Object.entries(openApiDocument().paths ?? {})) {
    for (const method of Object.keys(item)) {
      const answer = await hub.request(method.toUpperCase(), path.replace(/\{\w+\}/g, '550e8400-e29b-41d4-a716-446655440000'))
      expect([method, path, answer.status]).toEqual([method, path, path === '/v1/auth/login' ? 400 : 401])
    }
  }
})

test('K-05 every time in an answer is ISO 8601 in UTC', async () => {
  const seen: string[] = []
  for (const path of READS) collectTimes((await hub.a.call('GET', `/v1${path}`)).json, seen)
  expect(seen.length).toBeGreaterThan(20)
  for (const time of seen) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
})

test('K-04 what a page of the console needs, a script gets with the same token over the same addresses', async () => {
  const me = await hub.request('GET', '/v1/me', { token: hub.a.viewer.token })
  expect(me.json).toMatchObject({ user: { email: 'viewer@alpha.example', role: 'viewer' }, tenant: { name: 'Alpha' } })
  for (const path of READS) expect((await hub.request('GET', `/v1${path}`, { token: hub.a.viewer.token })).status).toBe(200)
})

test('a role without the permission is refused before its input is looked at', async () => {
  const viewer = hub.a.as(hub.a.viewer)
  for (const [method, path] of [
    ['POST', '/v1/connectors'],
    ['POST', '/v1/filters'],
    ['POST', '/v1/sensors/enrollment-tokens'],
    ['PUT', '/v1/alerts/x'],
    ['PUT', '/v1/detection/rules/x'],
    ['POST', '/v1/detection/rules/x/test'],
  ] as const) {
    expect([path, (await viewer(method, path, {})).json.code]).toEqual([path, 'FORBIDDEN'])
  }
  expect((await hub.a.as(hub.a.analyst)('POST', '/v1/connectors', {})).json.code).toBe('FORBIDDEN')
})

test('K-169 the tenant comes from the token: naming another one in query, body or header changes nothing', async () => {
  const { b } = hub
  const query = await hub.a.call('GET', `/v1/alerts?tenant_id=${b.tenantId}`)
  expect([query.status, query.json.code]).toEqual([400, 'INVALID_QUERY_FIELD'])
  const body = await hub.a.call('POST', '/v1/connectors', { name: 'x', type: 'syslog', config: {}, tenant_id: b.tenantId })
  expect([body.status, body.json.code]).toEqual([400, 'INVALID_BODY'])
  const header = await hub.b.call('GET', '/v1/alerts', undefined, { 'X-Tenant-Id': hub.a.tenantId, 'X-Picket-Tenant': hub.a.tenantId })
  expect(header.json.alerts).toEqual([])
})

test('K-170 no answer carries a tenant id', async () => {
  for (const path of READS) {
    const { text } = await hub.a.call('GET', `/v1${path}`)
    expect(text).not.toContain(hub.a.tenantId)
    expect(text).not.toContain('tenant_id')
  }
})

test('errors are problem documents with a code and a request id, and tell nothing of the inside', async () => {
  const answer = await hub.a.call('GET', '/v1/alerts?foo=1')
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
  expect(answer.json).toMatchObject({ status: 400, code: 'INVALID_QUERY_FIELD', instance: '/v1/alerts', title: 'Bad request' })
  expect(answer.json.request_id).toBe(answer.headers.get('X-Request-Id'))
  const odd = [
    await hub.a.call('PUT', '/v1/alerts/x', '{"status":'),
    await hub.a.call('GET', `/v1/alerts?q=${encodeURIComponent('\0')}`),
    await hub.a.call('GET', '/v1/timeline?q=%00'),
    await hub.a.call('GET', "/v1/connectors/'%20or%201=1--"),
    await hub.a.call('GET', '/v1/alerts/%00'),
    await hub.a.call('GET', '/v1/alerts?cursor=AAAA&sort=severity:desc'),
    await hub.a.call('POST', '/v1/filters', { name: 'x', action: 'drop', detection: { selection: { __proto__: 1 } } }),
  ]
  for (const { status, text } of odd) {
    expect([status, text]).toEqual([
      expect.toSatisfy((code: number) => code < 500),
      expect.not.stringMatching(/select |from "|at .*\.ts|node_modules/),
    ])
  }
})

test('K-182 an unknown sort or filter field is 400 INVALID_QUERY_FIELD naming the field and what is allowed', async () => {
  for (const path of ['/v1/alerts', '/v1/detection/rules', '/v1/timeline']) {
    const sort = await hub.a.call('GET', `${path}?sort=nonsense:desc`)
    expect([sort.status, sort.json.code, sort.json.errors[0].parameter, sort.json.errors[0].field]).toEqual([
      400,
      'INVALID_QUERY_FIELD',
      'sort',
      'nonsense',
    ])
    expect(sort.json.errors[0].allowed.length).toBeGreaterThan(0)
    const filter = await hub.a.call('GET', `${path}?severty=high`)
    expect([filter.status, filter.json.code, filter.json.errors[0].field]).toEqual([400, 'INVALID_QUERY_FIELD', 'severty'])
    expect(filter.json.errors[0].allowed).toContain('sort')
  }
  expect((await hub.a.call('GET', '/v1/alerts?sort=severity:sideways')).json.code).toBe('INVALID_QUERY_VALUE')
})

test('K-187 page,size and cursor,limit both work and cannot be mixed; pages end at 10,000 rows', async () => {
  for (const path of ['/v1/alerts', '/v1/detection/rules']) {
    expect((await hub.a.call('GET', `${path}?page=1&size=1`)).json.pagination).toMatchObject({ page: 1, size: 1 })
    expect((await hub.a.call('GET', `${path}?limit=1`)).status).toBe(200)
    for (const mix of ['page=1&limit=10', 'size=10&cursor=x', 'page=2&cursor=x'])
      expect((await hub.a.call('GET', `${path}?${mix}`)).json.code).toBe('MIXED_PAGING')
    const deep = await hub.a.call('GET', `${path}?page=201&size=50`)
    expect([deep.status, deep.json.code, deep.text]).toEqual([400, 'PAGE_TOO_DEEP', expect.stringContaining('cursor')])
    expect((await hub.a.call('GET', `${path}?page=200&size=50`)).status).toBe(200)
    for (const wrong of ['page=0', 'size=-1', 'limit=abc'])
      expect((await hub.a.call('GET', `${path}?${wrong}`)).json.code).toBe('INVALID_QUERY_VALUE')
  }
})

test('K-183 K-184 K-185 K-186 lists say how long they took, how many there are, and whether more follow', async () => {
  for (const path of ['/v1/alerts', '/v1/detection/rules', '/v1/timeline']) {
    const { json } = await hub.a.call('GET', `${path}?limit=500`)
    expect(json).toMatchObject({ took_ms: expect.any(Number), total_estimate: expect.any(Number), truncated: false, next_cursor: null })
    expect(json.took_ms).toBeGreaterThan(0)
  }
  expect((await hub.a.call('GET', '/v1/timeline?limit=2')).json).toMatchObject({
    truncated: true,
    query_warnings: [],
    next_cursor: expect.any(String),
  })
})

test('K-178 a limit is 50 unless given, and one above the most of a list is reduced with a warning', async () => {
  expect((await hub.a.call('GET', '/v1/alerts')).json.pagination.size).toBe(50)
  const answer = await hub.a.call('GET', '/v1/alerts?limit=5000')
  expect(answer.json.query_warnings).toEqual(['limit 5000 was reduced to 200, the most of this list'])
})

test('answers carry the security headers, and no origin but our own may read them', async () => {
  for (const path of ['/v1/me', '/docs', '/', '/v1/nothing-here']) {
    const { headers } = await hub.a.call('GET', path, undefined, { Origin: 'https://evil.example' })
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'self'")
    expect(headers.get('Content-Security-Policy')).not.toContain('unsafe')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull()
    expect(headers.get('X-Powered-By')).toBeNull()
  }
  expect((await hub.a.call('GET', '/v1/me')).headers.get('Cache-Control')).toBe('no-store')
})

test('large answers are compressed, bodies over a megabyte are refused', async () => {
  expect((await hub.request('GET', '/v1/openapi.json')).headers.get('Content-Encoding')).toMatch(/gzip|deflate/)
  const large = await hub.request('POST', '/v1/auth/login', { body: { email: 'x', password: 'p'.repeat(1_100_000) } })
  expect([large.status, large.json.code]).toEqual([413, 'BODY_TOO_LARGE'])
})

test('the OpenAPI document is served, names every route of the API, and the reference shows each without a script', async () => {
  const { json } = await hub.request('GET', '/v1/openapi.json')
  expect(json.openapi).toBe('3.1.0')
  expect(json).toEqual(JSON.parse(JSON.stringify(openApiDocument())))
  const page = await hub.request('GET', '/docs')
  expect(page.headers.get('Content-Type')).toContain('text/html')
  expect(page.text).not.toMatch(/<script|<style|style=|https?:\/\//)
  for (const path of Object.keys(json.paths)) expect(page.text).toContain(`<code>${path}</code>`)
  expect((await hub.request('GET', '/docs/reference.css')).headers.get('Content-Type')).toContain('text/css')
})

test("a problem's type leads to its entry in the reference, and every code of the source has one", async () => {
  const page = (await hub.request('GET', '/docs')).text
  const { json } = await hub.a.call('GET', '/v1/alerts?foo=1')
  expect(page).toContain(`id="${json.type.split('#')[1]}"`)
  const folders = ['api', 'alerts', 'connectors', 'identity', 'timeline'].map((name) => new URL(`../../../hub/${name}/`, import.meta.url))
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8')),
  )
  const thrown = sources.flatMap((text) => [
    ...text.matchAll(/code = '([A-Z_]+)'|(?:ApiError\(|problem\(c, )[\w']+, '([A-Z_]+)'|InvalidQuery\('([A-Z_]+)'/g),
  ])
  const codes = new Set(thrown.flatMap(([, ...names]) => names.filter((name) => name !== undefined)))
  expect(codes.size).toBeGreaterThan(20)
  expect([...codes].filter((code) => !(code in ERROR_CODES))).toEqual([])
})

test('probes answer without a token; readiness gives its reasons', async () => {
  expect((await hub.request('GET', '/healthz')).status).toBe(200)
  expect((await hub.request('GET', '/readyz')).json).toEqual({ status: 'ready', reasons: [] })
  hub.notReady.push('the database cannot be reached')
  const answer = await hub.request('GET', '/readyz')
  hub.notReady.length = 0
  expect([answer.status, answer.json.reasons]).toEqual([503, ['the database cannot be reached']])
})

test('metrics need their token and name no tenant', async () => {
  expect((await hub.request('GET', '/metrics')).status).toBe(401)
  expect((await hub.request('GET', '/metrics', { token: 'scrape-mx' })).status).toBe(401)
  const { status, text } = await hub.request('GET', '/metrics', { token: 'scrape-me' })
  expect([status, text]).toEqual([200, expect.stringContaining('picket_http_requests_total{')])
  expect(text).not.toContain(hub.a.tenantId)
})

test('the console is served with its views as addresses, and never in place of a file of the API', async () => {
  for (const path of ['/', '/console', '/console/', '/console/alerts/alert-1?severity=high', '/console/connectors']) {
    const page = await hub.request('GET', path)
    expect([path, page.status, page.text]).toEqual([path, 200, expect.stringContaining('<title>Picket</title>')])
    expect(page.headers.get('Cache-Control')).toBe('no-cache')
  }
  expect((await hub.request('GET', '/console/main-ABCDEF12.js')).headers.get('Cache-Control')).toContain('immutable')
  expect((await hub.request('GET', '/console/..%2f..%2f..%2fetc/passwd')).text).not.toContain('root:')
  expect((await hub.request('GET', '/v1/connectors')).status).toBe(401)
})

test('the log has a line for each request and neither tokens, passwords nor searches', async () => {
  hub.lines.length = 0
  await hub.a.call('GET', '/v1/alerts?q=secret-search')
  await hub.request('POST', '/v1/auth/login', { body: { email: hub.a.admin.email, password: PASSWORD } })
  await hub.request('GET', `/ws/monitoring?token=${hub.a.admin.token}`)
  const log = hub.lines.join('')
  expect(log).toContain('"path":"/v1/alerts"')
  for (const secret of [hub.a.admin.token, PASSWORD, 'secret-search']) expect(log).not.toContain(secret)
})

test('while the database is away every call says 503, tells nothing of it, and the process stays up', async () => {
  await hub.stopDatabase()
  for (const path of ['/v1/alerts', '/v1/connectors', '/v1/timeline', '/v1/pipeline/metrics']) {
    const answer = await hub.a.call('GET', path)
    expect([path, answer.status, answer.json.code]).toEqual([path, 503, 'DATABASE_UNAVAILABLE'])
    expect(answer.text).not.toMatch(/select|ECONN|postgres/i)
  }
  expect((await hub.request('GET', '/healthz')).status).toBe(200)
})

/** Values of keys that name times. */
function collectTimes(value: unknown, into: string[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value)) {
    if (/^(timestamp|.*_at|last_check|certificate_not_after)$/.test(key) && typeof child === 'string' && key !== 'start_at') into.push(child)
    else if (key !== 'event') collectTimes(child, into)
  }
}
