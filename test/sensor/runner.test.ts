import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FilterInvalid } from '../../sensor/prefilter/compile.ts'
import { createRunner } from '../../sensor/runner.ts'
import type { Source } from '../../sensor/source.ts'
import { SOURCES } from '../../sensor/sources/sources.ts'
import { encodeEvent } from '../../shared/event/encode.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import { Pack } from '../../shared/pack/pack.ts'
import { picket } from '../../shared/wire/generated/picket.js'
import { openIn, quiet, range, temporaryDirectory } from './buffer/support.ts'
import { until } from './sources/support.ts'

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

const fileConnector = (directory: string, rest: object = {}) => ({
  id: 'files',
  kind: 'file',
  name: 'Files',
  enabled: true,
  config: { paths: [join(directory, 'app.log')], start_at: 'beginning', poll_milliseconds: 50, ...rest },
})

const packOf = (connectors: object[], rest: object = {}) =>
  Pack.pick({ connectors: true, filters: true, edge_rules: true }).parse({ connectors, filters: [], edge_rules: [], ...rest })

const started = (
  directory: string,
  { sources = SOURCES, limitBytes = 10_000_000 }: { sources?: readonly Source<object>[]; limitBytes?: number } = {},
) => {
  const buffer = openIn(join(directory, 'buffer'), { limitBytes })
  const runner = createRunner({ sources, buffer, normalizerFor: createNormalizer, encode: encodeEvent, now: () => new Date(), log: quiet })
  onTestFinished(async () => {
    await runner.stop()
    await buffer.close()
  })
  const report = (id: string) => runner.report().connectors.find((each) => each.connectorId === id)
  const healthy = (id: string) => until(() => report(id)?.status === 'healthy', `${id} to be healthy`)
  return { runner, buffer, report, healthy }
}

/** What a lane holds: the original text of its events, and `reason count` for tombstones. */
const stored = (buffer: ReturnType<typeof openIn>, lane: 'bulk' | 'priority' = 'bulk'): string[] => {
  const texts: string[] = []
  for (let after: number | undefined; ; ) {
    const next = buffer.lease(lane, after, 1_000_000, 1_000)
    if (!next) return texts
    for (const { event, tombstone } of picket.v1.Entries.decode(next.entries).entries) {
      if (tombstone) texts.push(`${tombstone.reason} ${tombstone.count}`)
      else texts.push(JSON.parse(Buffer.from(event?.document ?? []).toString()).event.original)
    }
    after = next.last
  }
}

test('a line of a followed file is in the buffer, with its cursor and counters', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer, report } = started(directory)
  writeFileSync(join(directory, 'app.log'), 'one\ntwo\n')
  await runner.apply(packOf([fileConnector(directory)]))
  await until(() => buffer.totals('files').received === 2)
  expect(stored(buffer)).toEqual(['one', 'two'])
  expect(buffer.cursor('files')).toContain('app.log')
  expect(report('files')).toMatchObject({ status: 'healthy', eventsReceivedTotal: 2, eventsFailedTotal: 0, bytesReceivedTotal: 6 })
  const flow = report('files')?.checks.find((check) => check.type === 'data_flow')
  expect(flow).toMatchObject({ status: 'pass', eventsInLastMinute: 2 })
})

test('latencies are measured, and belong to the time since the last report', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer } = started(directory)
  writeFileSync(join(directory, 'app.log'), 'x\n'.repeat(50))
  await runner.apply(packOf([fileConnector(directory)]))
  await until(() => buffer.totals('files').received === 50)
  const first = runner.report()
  expect(first.normalizeMs.count).toBe(50)
  expect(first.normalizeMs.p50).toBeGreaterThan(0)
  expect(first.normalizeMs.p99).toBeGreaterThanOrEqual(first.normalizeMs.p50)
  expect(first.normalizedTotal).toBe(50)
  expect(runner.report().normalizeMs).toEqual({ p50: 0, p95: 0, p99: 0, mean: 0, count: 0 })
})

test('T23 a new pack loses no record: unchanged connectors run on, changed ones are drained and started anew', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer, healthy } = started(directory)
  const port = await freePort()
  const syslog = { id: 'syslog', kind: 'syslog', name: 'Syslog', enabled: true, config: { bind: '127.0.0.1', tcp_port: port } }
  const log = join(directory, 'app.log')
  writeFileSync(log, '')
  await runner.apply(packOf([syslog, fileConnector(directory)]))
  await healthy('syslog')
  const client = connect(port, '127.0.0.1')
  for (const round of range(1, 10)) {
    for (const n of range(1, 20)) {
      appendFileSync(log, `file ${round}.${n}\n`)
      client.write(`tcp ${round}.${n}\n`)
    }
    // The file connector changes each time; the syslog one only in its name, and keeps its connection.
    await runner.apply(packOf([{ ...syslog, name: `Syslog ${round}` }, fileConnector(directory, { poll_milliseconds: 50 + round })]))
  }
  await until(() => buffer.totals('files').received === 200 && buffer.totals('syslog').received === 200, 'all records')
  client.destroy()
  const expected = range(1, 10).flatMap((round) => range(1, 20).flatMap((n) => [`file ${round}.${n}`, `tcp ${round}.${n}`]))
  expect(stored(buffer).sort()).toEqual(expected.sort())
})

test('a connector that leaves the pack stops listening, and another may take its port in the same pack', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer, healthy } = started(directory)
  const config = { bind: '127.0.0.1', udp_port: await freePort() }
  await runner.apply(packOf([{ id: 'a', kind: 'syslog', name: 'A', enabled: true, config }]))
  await healthy('a')
  await runner.apply(packOf([{ id: 'b', kind: 'syslog', name: 'B', enabled: true, config }]))
  await healthy('b')
  const client = createSocket('udp4')
  client.send('hello', config.udp_port, '127.0.0.1')
  await until(() => buffer.totals('b').received === 1)
  client.close()
  expect(buffer.totals('a').received).toBe(0)
})

test('a taken port shows as unhealthy with its reason, is tried again, and hurts no other connector', async () => {
  const directory = temporaryDirectory()
  const { runner, report, healthy } = started(directory)
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  writeFileSync(join(directory, 'app.log'), 'x\n')
  const syslog = { id: 'syslog', kind: 'syslog', name: 'Syslog', enabled: true, config: { bind: '127.0.0.1', tcp_port: port } }
  await runner.apply(packOf([syslog, fileConnector(directory)]))
  await until(() => report('syslog')?.status === 'unhealthy')
  expect(report('syslog')?.message).toContain('EADDRINUSE')
  await healthy('files')
  taken.close()
  await healthy('syslog')
})

test('a config that does not fit, an unknown kind and a disabled connector are reported as such, without their values', async () => {
  const directory = temporaryDirectory()
  const { runner, report } = started(directory)
  await runner.apply(
    packOf([
      { id: 'bad', kind: 'http', name: 'Bad', enabled: true, config: { token: 'short-secret', port: 1 } },
      { id: 'new', kind: 'from the future', name: 'New', enabled: true, config: {} },
      { id: 'format', kind: 'syslog', name: 'Format', enabled: true, config: { udp_port: 1, format: 'no such format' } },
      { id: 'off', kind: 'syslog', name: 'Off', enabled: false, config: { udp_port: 514 } },
    ]),
  )
  expect(report('bad')).toMatchObject({ status: 'unhealthy', message: expect.stringContaining('token') })
  expect(report('bad')?.message).not.toContain('short-secret')
  expect(report('new')).toMatchObject({ status: 'unhealthy', message: expect.stringContaining('no source of kind') })
  expect(report('format')).toMatchObject({ status: 'unhealthy' })
  expect(report('off')).toMatchObject({ status: 'disabled' })
})

test('T7 a record that makes a step throw is a poison tombstone; the others of its batch arrive', async () => {
  const directory = temporaryDirectory()
  const buffer = openIn(join(directory, 'buffer'))
  const runner = createRunner({
    sources: SOURCES,
    buffer,
    normalizerFor: createNormalizer,
    encode: (event, connectorId, fired) => {
      if (JSON.stringify(event.document).includes('poison')) throw new Error('cannot be encoded')
      return encodeEvent(event, connectorId, fired)
    },
    now: () => new Date(),
    log: quiet,
  })
  onTestFinished(() => runner.stop())
  writeFileSync(
    join(directory, 'app.log'),
    range(1, 500)
      .map((n) => (n === 250 ? 'poison\n' : `fine ${n}\n`))
      .join(''),
  )
  await runner.apply(packOf([fileConnector(directory)]))
  await until(() => buffer.totals('files').received === 500)
  const texts = stored(buffer)
  expect(texts.filter((text) => text.startsWith('fine')).length).toBe(499)
  expect(texts.filter((text) => text === 'poison 1').length).toBe(1)
  expect(buffer.totals('files')).toMatchObject({ received: 500, failed: 1 })
})

test('T7 hostile records go through the real normaliser without stopping anything', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer } = started(directory)
  const deep = '['.repeat(10_000) + ']'.repeat(10_000)
  const wide = JSON.stringify(Object.fromEntries(range(1, 10_000).map((n) => [`k${n}`, n])))
  const hostile = [
    '{"__proto__":{"x":1},"constructor":1}',
    '\u0000nul',
    '{"a":"\\ud800"}',
    `{"a":${deep}}`,
    wide,
    '{"@timestamp":"9999-12-31T23:59:59Z"}',
    '\u202e\u001b[31m',
  ]
  writeFileSync(
    join(directory, 'app.log'),
    Buffer.concat([Buffer.from(`${hostile.join('\n')}\n`), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('last\n')]),
  )
  await runner.apply(packOf([fileConnector(directory)]))
  await until(() => buffer.totals('files').received === hostile.length + 2)
  const { events, tombstonedTotal } = buffer.lanes()[0] ?? { events: 0, tombstonedTotal: 0 }
  expect(events + tombstonedTotal).toBe(hostile.length + 2)
})

test('filters drop and count; an event an edge rule fires on travels in the priority lane; counters outlive a pack and a restart', async () => {
  const directory = temporaryDirectory()
  const log = join(directory, 'app.log')
  const filter = {
    id: 'f1',
    name: 'debug lines',
    enabled: true,
    action: 'drop',
    detection: { keywords: ['DEBUG'], condition: 'keywords' },
  }
  const edgeRule = {
    id: 'e1',
    source:
      'title: T\nid: 11111111-2222-3333-4444-555555555555\nstatus: stable\nlevel: high\nlogsource: {}\ndetection:\n  keywords: [INTRUDER]\n  condition: keywords\n',
  }
  const pack = packOf([fileConnector(directory)], { filters: [filter], edge_rules: [edgeRule] })
  writeFileSync(log, 'DEBUG noise\nplain\nINTRUDER here\n')
  const { runner, buffer } = started(directory)
  await runner.apply(pack)
  await until(() => buffer.totals('files').received === 3)
  expect(stored(buffer)).toEqual(['plain'])
  expect(stored(buffer, 'priority')).toEqual(['INTRUDER here'])
  expect(buffer.totals('files').filtered).toBe(1)
  await runner.apply({ ...pack, filters: pack.filters.map((each) => ({ ...each, name: 'renamed' })) })
  expect(runner.report().filters).toEqual([{ filterId: 'f1', name: 'renamed', checkedTotal: 3, hitTotal: 1 }])
  await runner.stop()
  await buffer.close()

  const again = started(directory)
  await again.runner.apply(pack)
  expect(again.runner.report().filters).toEqual([{ filterId: 'f1', name: 'debug lines', checkedTotal: 3, hitTotal: 1 }])
  expect(again.runner.report().normalizedTotal).toBe(3)
})

test('a pack whose filter cannot be compiled changes nothing', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer, healthy } = started(directory)
  writeFileSync(join(directory, 'app.log'), 'one\n')
  await runner.apply(packOf([fileConnector(directory)]))
  await healthy('files')
  const broken = { id: 'f', name: 'broken', enabled: true, action: 'drop', detection: { condition: 'nothing' } }
  await expect(runner.apply(packOf([], { filters: [broken] }))).rejects.toThrow(FilterInvalid)
  appendFileSync(join(directory, 'app.log'), 'two\n')
  await until(() => buffer.totals('files').received === 2)
})

test('T5 with the buffer full a file waits and loses nothing; it goes on as the hub acknowledges', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer } = started(directory, { limitBytes: 400_000 })
  const all = range(1, 6_000).map((n) => `line ${n}`)
  writeFileSync(join(directory, 'app.log'), `${all.join('\n')}\n`)
  appendFileSync(join(directory, 'app.log'), `${'z'.repeat(200_000)}\n`.repeat(4))
  await runner.apply(packOf([fileConnector(directory)]))
  const texts: string[] = []
  await until(() => {
    for (const lane of buffer.lanes()) {
      const lease = buffer.lease(lane.lane, undefined, 100_000, 500)
      if (!lease) continue
      for (const { event } of picket.v1.Entries.decode(lease.entries).entries)
        texts.push(JSON.parse(Buffer.from(event?.document ?? []).toString()).event.original)
      buffer.ack(lease.epoch, lease.last)
    }
    return texts.length === 6_004
  })
  expect(texts.slice(0, 6_000)).toEqual(all)
  expect(buffer.lanes()[0]?.tombstonedTotal).toBe(0)
})

test('rejections of a source are in the durable counters', async () => {
  const directory = temporaryDirectory()
  const { runner, buffer, healthy } = started(directory)
  const port = await freePort()
  await runner.apply(
    packOf([{ id: 'http', kind: 'http', name: 'HTTP', enabled: true, config: { bind: '127.0.0.1', port, token: 'a-token-of-16-chars' } }]),
  )
  await healthy('http')
  for (const token of ['wrong', 'a-token-of-16-chars']) {
    await fetch(`http://127.0.0.1:${port}/ingest`, { method: 'POST', body: 'x', headers: { authorization: `Bearer ${token}` } })
  }
  await until(() => buffer.totals('http').received === 1)
  expect(buffer.totals('http')).toMatchObject({ received: 1, failed: 1 })
})

test('testSource tries settings, and answers for a listener that runs already', async () => {
  const directory = temporaryDirectory()
  const { runner, healthy } = started(directory)
  const signal = new AbortController().signal
  const config = { bind: '127.0.0.1', udp_port: await freePort() }
  const connectivityOf = async (of: object) =>
    (await runner.testSource({ connectorId: 's', kind: 'syslog', config: of }, signal)).find((check) => check.type === 'connectivity')
  expect(await connectivityOf(config)).toMatchObject({ status: 'pass', message: expect.stringContaining('can listen') })
  await runner.apply(packOf([{ id: 's', kind: 'syslog', name: 'S', enabled: true, config }]))
  await healthy('s')
  expect(await connectivityOf({ ...config, max_message_bytes: 1_000 })).toMatchObject({
    status: 'pass',
    message: expect.stringContaining('listening on'),
  })
  expect(await connectivityOf({})).toMatchObject({ status: 'fail', message: expect.stringContaining('udp_port') })
})

test('a batch that the buffer refuses at first and takes later is counted once, by filters too', async () => {
  const directory = temporaryDirectory()
  const refusals: unknown[] = []
  const once: Source<object> = {
    kind: 'http',
    async run({ store, now, signal }) {
      const batch = { records: range(1, 4).map((n) => ({ text: `noise ${n}`, observedAt: now() })) }
      // Nothing of the buffer is free, and this source does not wait.
      await store(batch, { waitMs: 1 }).catch((error: unknown) => refusals.push(error))
      buffer.ack(buffer.lanes()[0]?.epoch ?? '', 1)
      await store(batch)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
    test: async () => [],
  }
  const { runner, buffer } = started(directory, { sources: [once], limitBytes: 4_000 })
  const payload = Buffer.alloc(3_900)
  const filler = { connectorId: 'filler', events: [{ lane: 'bulk' as const, payload, connectorId: 'filler' }], losses: [] }
  await buffer.append({ ...filler, counters: { received: 1, failed: 0, bytes: 0, filtered: 0 } }, { waitWhenFull: true })
  const filter = { id: 'f', name: 'noise', enabled: true, action: 'sample', one_in: 2, detection: { keywords: ['noise'], condition: 'keywords' } }
  const connector = { id: 'c', kind: 'http', name: 'C', enabled: true, config: { port: 1, token: 'a-token-of-the-connector' } }
  await runner.apply(packOf([connector], { filters: [filter] }))
  await until(() => buffer.totals('c').received === 4)
  expect(refusals).toMatchObject([{ code: 'buffer_unavailable' }])
  expect(runner.report()).toMatchObject({ filters: [{ checkedTotal: 4, hitTotal: 4 }], normalizedTotal: 4 })
  expect(buffer.totals('c')).toMatchObject({ received: 4, filtered: 2 })
})
