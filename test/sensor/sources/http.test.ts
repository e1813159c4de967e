import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Agent, fetch as fetchThrough } from 'undici'
import { expect, test } from 'vitest'
import { BufferUnavailable } from '../../../sensor/buffer/contract.ts'
import { parseHecEvents } from '../../../sensor/sources/http/hec-events.ts'
import { httpSource } from '../../../sensor/sources/http/index.ts'
import { HttpConfig } from '../../../shared/connectors/http.ts'
import { selfSigned } from '../../support/http-certificates.ts'
import { range, running } from './support.ts'

const TOKEN = '8d3f0c11-5a52-4f0e-9a34-1f6f6a0f2c55'
const CHANNEL = '0a1b2c3d-1111-2222-3333-444455556666'

const started = async (rest: object = {}) => {
  const config = { ...HttpConfig.parse({ bind: '127.0.0.1', token: TOKEN, ...rest }), port: 0 }
  const source = running(httpSource, config)
  const base = `http://127.0.0.1:${await source.port('http')}`
  const post = async (path: string, body: string | Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(base + path, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { authorization: `Splunk ${TOKEN}`, ...headers },
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  return { source, base, post }
}

test('HEC events sent one after another, as Splunk clients do, are records with their hints', async () => {
  const { source, post } = await started()
  const body = `{"time": 1700000000.25, "host": "web1", "source": "/var/log/app", "sourcetype": "app", "fields": {"a": "b"}, "event": "one }{ \\" two"}{"event":{"user":"ana"}}
  {"event": "three"}`
  expect(await post('/services/collector/event', body)).toMatchObject({ status: 200, body: { text: 'Success', code: 0 } })
  const [one, two, three] = source.records()
  expect(one).toMatchObject({
    text: 'one }{ " two',
    hints: { host: 'web1', path: '/var/log/app', sourcetype: 'app', time: new Date(1_700_000_000_250), fields: { a: 'b' } },
  })
  expect(two).toMatchObject({ text: '{"user":"ana"}', object: { user: 'ana' } })
  expect(three?.text).toBe('three')
})

test('the same endpoint answers under each of its documented paths', async () => {
  const { source, post } = await started()
  for (const path of ['/services/collector', '/services/collector/event', '/services/collector/event/1.0']) await post(path, '{"event":"x"}')
  expect((await post('/services/collector/raw?host=h1&sourcetype=s1', 'a\nb\r\n\n')).status).toBe(200)
  expect(source.texts()).toEqual(['x', 'x', 'x', 'a', 'b'])
  expect(source.records().at(-1)?.hints).toEqual({ host: 'h1', sourcetype: 's1' })
})

test('T32 any white space between HEC events, or an array of them, reads the same', () => {
  const event = fc.record({ event: fc.oneof(fc.string({ minLength: 1 }), fc.dictionary(fc.string(), fc.jsonValue())) })
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), fc.constantFrom('', ' ', '\n', '\r\n\t'), (events, between) => {
      const read = (body: string) => parseHecEvents(body, new Date(0), undefined).map((record) => record.text)
      const expected = events.map(({ event }) => (typeof event === 'string' ? event : JSON.stringify(event)))
      expect(read(events.map((each) => JSON.stringify(each)).join(between))).toEqual(expected)
      expect(read(JSON.stringify(events))).toEqual(expected)
    }),
  )
})

test("an event that cannot be read is refused with Splunk's code and its number, and nothing of the request is kept", async () => {
  const { source, post } = await started()
  const answers = [
    ['{"event":"a"}{"nothing":1}', 12, 1],
    ['{"event":"a"}{"event":"b"}{"event":""}', 13, 2],
    ['{"event":"a"} nonsense', 6, 1],
    ['{"event":', 6, 0],
    ['"text"', 6, 0],
  ] as const
  for (const [body, code, number] of answers) {
    expect(await post('/services/collector', body)).toMatchObject({ status: 400, body: { code, 'invalid-event-number': number } })
  }
  expect(await post('/services/collector', ' \n')).toMatchObject({ status: 400, body: { text: 'No data', code: 5 } })
  expect(source.records()).toEqual([])
  expect(source.rejected()).toBe(6)
})

test('a token is asked for, as Splunk, Bearer or Basic; each way of getting it wrong has its answer', async () => {
  const { source, post } = await started()
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
  for (const authorization of [`Splunk ${TOKEN}`, `Bearer ${TOKEN}`, basic(`x:${TOKEN}`)]) {
    expect((await post('/services/collector', '{"event":1}', { authorization })).status).toBe(200)
  }
  const wrong = [
    ['', 401, 2],
    ['Digest x', 401, 3],
    [basic('nocolon'), 401, 3],
    [`Splunk ${TOKEN}x`, 403, 4],
    [basic('x:y'), 403, 4],
  ] as const
  for (const [authorization, status, code] of wrong)
    expect(await post('/services/collector', '{"event":1}', { authorization })).toMatchObject({ status, body: { code } })
  expect(await post('/ingest', 'x', { authorization: 'Bearer no' })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  expect(source.records().length).toBe(3)
  expect(source.rejected()).toBe(6)
  expect(JSON.stringify(source.checks)).not.toContain(TOKEN)
})

test('the answer goes out only after the events are stored', async () => {
  const { source, post } = await started()
  let open = () => {}
  source.store.gate = new Promise((resolve) => {
    open = resolve
  })
  let answered = false
  const answer = post('/services/collector', '{"event":"x"}').then((response) => {
    answered = true
    return response
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(answered).toBe(false)
  open()
  expect((await answer).status).toBe(200)
})

test('with a channel the answer carries an ackId, which is acknowledged because it is durable; others are not', async () => {
  const { post } = await started()
  const channel = { 'x-splunk-request-channel': CHANNEL }
  expect((await post('/services/collector', '{"event":"x"}', channel)).body).toEqual({ text: 'Success', code: 0, ackId: 0 })
  expect((await post(`/services/collector/raw?channel=${CHANNEL}`, 'x')).body).toMatchObject({ ackId: 1 })
  expect((await post('/services/collector/ack', '{"acks":[0,1,2]}', channel)).body).toEqual({ acks: { 0: true, 1: true, 2: false } })
  const other = { 'x-splunk-request-channel': CHANNEL.replace('0a', 'ff') }
  expect((await post('/services/collector/ack', '{"acks":[0]}', other)).body).toEqual({ acks: { 0: false } })
  expect((await post('/services/collector/ack', '{"acks":[0]}')).body).toMatchObject({ code: 10 })
  expect((await post('/services/collector', '{"event":"x"}', { 'x-splunk-request-channel': 'mine' })).body).toMatchObject({ code: 11 })
})

test('when the buffer takes nothing the client is told to come again, and health says so until it does', async () => {
  const { source, base, post } = await started()
  const health = async () => (await fetch(`${base}/services/collector/health`)).json()
  expect(await health()).toEqual({ text: 'HEC is healthy', code: 17 })
  source.store.failWith = new BufferUnavailable('the disk is full')
  const answer = await post('/services/collector', '{"event":"x"}', { 'x-splunk-request-channel': CHANNEL })
  expect(answer).toMatchObject({ status: 503, body: { text: 'Server is busy', code: 9 } })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.body).not.toHaveProperty('ackId')
  expect((await post('/ingest', 'x')).status).toBe(503)
  expect(await health()).toMatchObject({ code: 18 })
  source.store.failWith = undefined
  await post('/ingest', 'x')
  expect(await health()).toMatchObject({ code: 17 })
})

test('/ingest takes lines and NDJSON and says how many it kept', async () => {
  const { source, post } = await started()
  expect(await post('/ingest', '{"a":1}\n\n{"a":2}\r\n', { 'content-type': 'application/x-ndjson' })).toMatchObject({
    status: 200,
    body: { accepted: 2 },
  })
  expect((await post('/ingest', 'plain line', { 'content-type': 'text/plain' })).body).toEqual({ accepted: 1 })
  expect((await post('/ingest', '[{"a":3},{"a":4}]', { 'content-type': 'application/json' })).body).toEqual({ accepted: 2 })
  expect((await post('/ingest', '')).body).toEqual({ accepted: 0 })
  expect(source.texts()).toEqual(['{"a":1}', '{"a":2}', 'plain line', '{"a":3}', '{"a":4}'])
})

test('A5 gzip bodies are inflated within the bound; bombs, chains of encodings and broken streams are refused', async () => {
  const { source, post } = await started({ max_body_bytes: 4_096 })
  const gzip = { 'content-encoding': 'gzip' }
  expect((await post('/ingest', gzipSync('a\nb'), gzip)).body).toEqual({ accepted: 2 })
  expect((await post('/ingest', gzipSync('x'.repeat(10_000_000)), gzip)).status).toBe(413)
  expect((await post('/ingest', gzipSync(gzipSync('a')), { 'content-encoding': 'gzip, gzip' })).status).toBe(415)
  expect((await post('/ingest', 'not gzip', gzip)).status).toBe(400)
  expect((await post('/ingest', 'x'.repeat(4_097))).status).toBe(413)
  expect((await post('/ingest', 'x'.repeat(4_096))).status).toBe(200)
  expect(source.records().length).toBe(3)
})

test('T8 a body without an announced length is refused as soon as it passes the bound', async () => {
  const { source, base } = await started({ max_body_bytes: 65_536 })
  const request = httpRequest(`${base}/ingest`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } })
  request.on('error', () => {})
  const answered = once(request, 'response')
  for (const _ of range(1, 5)) request.write(Buffer.alloc(32_768, 'x'))
  const [response] = await answered
  expect(response.statusCode).toBe(413)
  request.destroy()
  expect(source.records()).toEqual([])
})

test('a client that goes away in the middle of its body leaves nothing, and the next one is served', async () => {
  const { source, post, base } = await started()
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.write(`POST /ingest HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 100\r\n\r\nhalf`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  expect((await post('/ingest', 'whole')).status).toBe(200)
  expect(source.texts()).toEqual(['whole'])
})

test('unknown paths and methods are answered as such', async () => {
  const { base, post } = await started()
  expect((await post('/other', 'x')).status).toBe(404)
  expect((await post('/services/collector/nope', 'x')).status).toBe(404)
  expect((await fetch(`${base}/ingest`)).status).toBe(405)
  expect((await fetch(`${base}//evil.example/ingest`)).status).toBe(404)
})

test('stopping answers the request under way', async () => {
  const { source, post } = await started()
  let open = () => {}
  source.store.gate = new Promise((resolve) => {
    open = resolve
  })
  const answer = post('/ingest', 'last words')
  await new Promise((resolve) => setTimeout(resolve, 100))
  const stopped = source.stop()
  open()
  expect((await answer).body).toEqual({ accepted: 1 })
  await stopped
  expect(source.texts()).toEqual(['last words'])
})

test('with a certificate it speaks TLS', async () => {
  const { certificate, key } = await selfSigned('localhost')
  const config = { ...HttpConfig.parse({ bind: '127.0.0.1', token: TOKEN, tls_certificate: certificate, tls_key: key }), port: 0 }
  const source = running(httpSource, config)
  const dispatcher = new Agent({ connect: { ca: certificate } })
  const url = `https://localhost:${await source.port('https')}/ingest`
  const response = await fetchThrough(url, { method: 'POST', body: 'x', headers: { authorization: `Bearer ${TOKEN}` }, dispatcher })
  expect(await response.json()).toEqual({ accepted: 1 })
  await dispatcher.close()
})

test('test() measures whether it can listen and names a bad certificate', async () => {
  const config = { ...HttpConfig.parse({ bind: '127.0.0.1', token: TOKEN }), port: 0 }
  const signal = new AbortController().signal
  expect(await httpSource.test(config, signal)).toMatchObject([
    { type: 'connectivity', status: 'pass', latencyMs: expect.any(Number) },
    { type: 'authentication', status: 'pass' },
  ])
  const bad = await httpSource.test({ ...config, tls_certificate: 'x', tls_key: 'y' }, signal)
  expect(bad.find((check) => check.type === 'authentication')?.status).toBe('fail')
})
