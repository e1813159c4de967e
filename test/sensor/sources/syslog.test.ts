import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SourceBatch } from '../../../sensor/source.ts'
import { readDatagrams } from '../../../sensor/sources/syslog/datagrams.ts'
import { StreamFramer } from '../../../sensor/sources/syslog/framing.ts'
import { syslogSource } from '../../../sensor/sources/syslog/index.ts'
import { SyslogConfig } from '../../../shared/connectors/syslog.ts'
import { selfSigned } from '../../support/http-certificates.ts'
import { range, running, until } from './support.ts'

// Port 0 lets the system choose; the schema leaves it out because a configured listener needs a known port.
const onLoopback = (ports: object, rest: object = {}): SyslogConfig =>
  ({ ...SyslogConfig.parse({ bind: '127.0.0.1', udp_port: 1, ...rest }), udp_port: undefined, ...ports }) as SyslogConfig

const framed = (chunks: readonly Buffer[], limitBytes = 64) => {
  const framer = new StreamFramer(limitBytes)
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()]
}

const splitAt = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

test('octet-counted and newline-framed streams are told apart by their first bytes (RFC 6587)', () => {
  expect(framed([Buffer.from('5 <1>ab7 <1>c\nde')]).map((each) => each.text)).toEqual(['<1>ab', '<1>c\nde'])
  expect(framed([Buffer.from('<1>ab\r\n<1>cd\n')]).map((each) => each.text)).toEqual(['<1>ab', '<1>cd'])
  expect(framed([Buffer.from('12 monkeys\n2024-01-01 x\n')]).map((each) => each.text)).toEqual(['12 monkeys', '2024-01-01 x'])
})

test('a stream out of step falls in again at the next line', () => {
  expect(framed([Buffer.from('5 <1>abgarbage\n5 <1>cd')]).map((each) => each.text)).toEqual(['<1>ab', 'garbage', '<1>cd'])
})

test('a message without its newline is kept when the peer leaves', () => {
  expect(framed([Buffer.from('<1>ab\n<1>c')]).map((each) => each.text)).toEqual(['<1>ab', '<1>c'])
})

test('a message of exactly the limit is whole, one byte more is cut and marked', () => {
  for (const frame of [(text: string) => `${text}\n`, (text: string) => `${text.length} ${text}`]) {
    const whole = `<1>${'a'.repeat(61)}`
    const [first, second, third] = framed([Buffer.from(frame(whole) + frame(`${whole}b`) + frame('<1>next'))])
    expect(first).toEqual({ text: whole, cut: false })
    expect(second).toEqual({ text: `${whole} [cut at 64 bytes]`, cut: true })
    expect(third).toEqual({ text: '<1>next', cut: false })
  }
})

test('T32 any split of any stream gives the same messages', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 90 }).map((text) => Buffer.from(`${text}\n`)),
    fc.string({ minLength: 1, maxLength: 90 }).map((text) => Buffer.from(`${Buffer.byteLength(`<1>${text}`)} <1>${text}`)),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), (pieces, cuts) => {
      const bytes = Buffer.concat(pieces)
      expect(framed(splitAt(bytes, cuts))).toEqual(framed([bytes]))
      expect(framed(splitAt(bytes, range(1, bytes.length)))).toEqual(framed([bytes]))
    }),
    { numRuns: 300 },
  )
})

test('T32 octet-counted messages come out as they went in, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 40, unit: 'grapheme' }), { minLength: 1 }), fc.array(fc.nat()), (texts, cuts) => {
      const sent = texts.map((text) => `<13>${text}|`)
      const stream = Buffer.concat(sent.map((text) => Buffer.from(`${Buffer.byteLength(text)} ${text}`)))
      expect(framed(splitAt(stream, cuts), 1_000).map((each) => each.text)).toEqual(sent)
    }),
  )
})

test('TCP: every message of many connections arrives once, with its peer', async () => {
  const source = running(syslogSource, onLoopback({ tcp_port: 0 }))
  const port = await source.port('tcp')
  await Promise.all(
    range(1, 20).map(async (connection) => {
      const socket = connect(port, '127.0.0.1')
      for (const n of range(1, 50)) socket.write(`<13>c${connection} n${n}\n`)
      socket.end()
      await once(socket.resume(), 'close')
    }),
  )
  await source.stop()
  const expected = range(1, 20).flatMap((connection) => range(1, 50).map((n) => `<13>c${connection} n${n}`))
  expect(source.texts().sort()).toEqual(expected.sort())
  expect(source.records()[0]?.peer).toBe('127.0.0.1')
})

test('UDP: one record per datagram, stored in batches that shed', async () => {
  const source = running(syslogSource, onLoopback({ udp_port: 0 }))
  const port = await source.port('udp')
  const client = createSocket('udp4')
  for (const n of range(1, 200)) client.send(`<13>n${n}\n`, port, '127.0.0.1')
  await until(() => source.records().length === 200, 'the datagrams')
  client.close()
  expect(source.texts().sort()).toEqual(
    range(1, 200)
      .map((n) => `<13>n${n}`)
      .sort(),
  )
  expect(source.batches.length).toBeLessThan(200)
  expect(source.batches.every((batch) => batch.options?.whenFull === 'shed')).toBe(true)
})

test('T25 a UDP flood while the process is busy: what the kernel dropped is accounted for, to the datagram', async (context) => {
  if (process.platform !== 'linux') return context.skip('only Linux tells how many datagrams it dropped')
  const source = running(syslogSource, onLoopback({ udp_port: 0 }))
  const port = await source.port('udp')
  const sent = 20_000
  const shared = new SharedArrayBuffer(4)
  const flood = `
    const { workerData: { port, sent, shared } } = require('node:worker_threads')
    const socket = require('node:dgram').createSocket('udp4')
    const payload = Buffer.alloc(1400, 'x')
    let left = sent
    const next = () => {
      if (left-- > 0) return socket.send(payload, port, '127.0.0.1', next)
      socket.close()
      Atomics.store(new Int32Array(shared), 0, 1)
      Atomics.notify(new Int32Array(shared), 0)
    }
    next()`
  const worker = new Worker(flood, { eval: true, workerData: { port, sent, shared } })
  // Nothing is read meanwhile: this thread stands still.
  Atomics.wait(new Int32Array(shared), 0, 0, 20_000)
  await worker.terminate()
  const lost = () => source.batches.flatMap((batch) => batch.lost ?? []).reduce((total, each) => total + each.count, 0)
  await until(() => source.records().length + lost() === sent, 'every datagram to be read or accounted for')
  expect(lost()).toBeGreaterThan(0)
  expect(source.batches.flatMap((batch) => batch.lost ?? []).every((each) => each.reason === 'kernel_drop')).toBe(true)
})

test('TLS: messages arrive; a client without the demanded certificate is refused and counted', async () => {
  const { certificate, key } = await selfSigned('localhost')
  const tls = { tls_port: 0, tls_certificate: certificate, tls_key: key }
  const source = running(syslogSource, onLoopback(tls))
  const client = connectTls({ port: await source.port('tls'), host: '127.0.0.1', ca: certificate, checkServerIdentity: () => undefined })
  client.end('10 <13>secret')
  await until(() => source.texts()[0] === '<13>secret', 'the message')
  await source.stop()

  const strict = running(syslogSource, onLoopback({ ...tls, tls_client_ca: certificate }))
  const stranger = connectTls({ port: await strict.port('tls'), host: '127.0.0.1', rejectUnauthorized: false })
  stranger.on('error', () => {})
  stranger.write('10 <13>secret')
  await until(() => strict.rejected() === 1, 'the refusal')
  expect(strict.texts()).toEqual([])
})

test('stopping keeps what peers had already sent', async () => {
  const source = running(syslogSource, onLoopback({ tcp_port: 0 }))
  const client = connect(await source.port('tcp'), '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'connect')
  let open = () => {}
  source.store.gate = new Promise((resolve) => {
    open = resolve
  })
  client.write('<13>first\n')
  await new Promise((resolve) => setTimeout(resolve, 50))
  client.write('<13>second\n<13>third, without its newline')
  const stopped = source.stop()
  open()
  await stopped
  expect(source.texts()).toEqual(['<13>first', '<13>second', '<13>third, without its newline'])
})

test('T8 one endless line and hundreds of connections trickling single bytes neither grow memory nor hold up others', async () => {
  const source = running(syslogSource, onLoopback({ tcp_port: 0 }, { max_connections: 400 }))
  const port = await source.port('tcp')
  const slow = range(1, 300).map(() => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(slow.map((socket) => once(socket, 'connect')))
  const before = process.memoryUsage.rss()
  for (const _ of range(1, 20)) {
    for (const socket of slow) socket.write('x')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const flood = connect(port, '127.0.0.1').on('error', () => {})
  const block = Buffer.alloc(1_048_576, 'y')
  for (const _ of range(1, 64)) if (!flood.write(block)) await once(flood, 'drain')
  flood.end('\n<13>after the flood\n')
  await until(() => source.texts().includes('<13>after the flood'), 'the line behind the endless one')
  expect(source.cuts()).toBe(1)
  expect(source.texts()[0]).toMatch(/^y{65536} \[cut at 65536 bytes\]$/)
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1_048_576)
  for (const socket of slow) socket.destroy()
})

test('connections past the bound are refused and counted', async () => {
  const source = running(syslogSource, onLoopback({ tcp_port: 0 }, { max_connections: 2 }))
  const port = await source.port('tcp')
  const clients = range(1, 3).map(() => connect(port, '127.0.0.1').on('error', () => {}))
  await until(() => source.rejected() === 1, 'the refusal')
  for (const client of clients) client.destroy()
})

test('test() says whether it could listen, with how long that took, and keeps nothing open', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const signal = new AbortController().signal
  const [refused] = await syslogSource.test(onLoopback({ tcp_port: port, udp_port: 0 }), signal)
  expect(refused).toMatchObject({ type: 'connectivity', status: 'fail', message: expect.stringContaining('EADDRINUSE') })
  taken.close()
  await once(taken, 'close')
  for (const _ of [1, 2]) {
    const [free] = await syslogSource.test(onLoopback({ tcp_port: port, udp_port: 0 }), signal)
    expect(free).toMatchObject({ status: 'pass', latencyMs: expect.any(Number) })
  }
})

test('a fault of our own ends the run with the reason, instead of going on in silence', async () => {
  const source = running(syslogSource, onLoopback({ tcp_port: 0 }))
  source.store.failWith = new TypeError('a bug')
  const client = connect(await source.port('tcp'), '127.0.0.1').on('error', () => {})
  client.write('<13>x\n')
  await expect(source.done).rejects.toThrow('a bug')
  client.destroy()
})

test('a port that is taken ends the run with the reason, for the runner to show and retry', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const source = running(syslogSource, onLoopback({ tcp_port: typeof address === 'object' ? address?.port : undefined }))
  await expect(source.done).rejects.toThrow(/EADDRINUSE/)
  taken.close()
})

test('a config without a port, or TLS without its certificate, is refused', () => {
  expect(SyslogConfig.safeParse({}).success).toBe(false)
  expect(SyslogConfig.safeParse({ tls_port: 6514 }).success).toBe(false)
  expect(SyslogConfig.safeParse({ udp_port: 514 }).success).toBe(true)
})

test('T25 datagrams of one byte wait within the bound too: what is past it is counted, not kept', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const kept = { records: 0, lost: 0 }
  const context = {
    connectorId: 'c1',
    config: { max_message_bytes: 8_192 },
    cursor: undefined,
    signal: new AbortController().signal,
    now: () => new Date(),
    report: () => {},
    rejected: () => {},
    store: async ({ records, lost = [] }: SourceBatch) => {
      await gate
      kept.records += records.length
      for (const { count } of lost) kept.lost += count
    },
  }
  const stop = readDatagrams(socket, context, (error) => {
    throw error
  })
  // Straight from the socket's event: the network would drop some of so many.
  const peer = { address: '127.0.0.1', family: 'IPv4', port: 1, size: 1 }
  for (let n = 0; n < 400_000; n += 1) socket.emit('message', Buffer.from('x'), peer)
  open()
  await stop()
  expect(kept.records + kept.lost).toBe(400_000)
  expect(kept.records).toBeLessThan(200_000)
})
