import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openBuffer } from '../../../sensor/buffer/buffer.ts'
import type { Lane } from '../../../sensor/buffer/contract.ts'
import { enroll } from '../../../sensor/uplink/enroll.ts'
import { writeIdentity } from '../../../sensor/uplink/identity.ts'
import { keepRenewed } from '../../../sensor/uplink/renewal.ts'
import { createUplink, type UplinkOptions } from '../../../sensor/uplink/uplink.ts'
import { picket } from '../../../shared/wire/generated/picket.js'
import { createTestAuthority, type TestAuthority } from '../../support/certificates.ts'
import { type FakeHub, type FakeHubOptions, startFakeHub } from '../../support/fake-hub.ts'
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts'
import { createMemoryLog } from '../../support/quiet-log.ts'

let authority: TestAuthority
let dir: string
const cleanup: (() => unknown)[] = []

beforeEach(async () => {
  authority ??= await createTestAuthority()
  dir = await mkdtemp(join(tmpdir(), 'picket-uplink-'))
})
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step()
  await rm(dir, { recursive: true })
})

const until = (condition: () => boolean, timeout = 20_000) => vi.waitUntil(condition, { timeout, interval: 10 })

/** A hub, a proxy before it, and an enrolled sensor's buffer and uplink that dials the proxy. */
async function world(hubOptions: FakeHubOptions = {}, changes: Partial<UplinkOptions> = {}) {
  const hub = await startFakeHub({ authority, ...hubOptions })
  cleanup.push(() => hub.close())
  const proxy = await startFaultProxy({ host: '127.0.0.1', port: hub.port })
  cleanup.push(() => proxy.close())
  const identity = await enroll({ hubAddress: hub.address, token: hub.makeToken(), host: {} })
  await writeIdentity(dir, identity)
  const log = createMemoryLog()
  const buffer = openBuffer({ directory: join(dir, 'buffer'), limitBytes: 64 * 1024 * 1024, now: () => new Date(), log })
  cleanup.push(() => buffer.close())
  const uplink = createUplink({
    dataDir: dir,
    identity,
    hubAddress: `127.0.0.1:${proxy.port}`,
    buffer,
    host: () => ({ hostname: 'edge-1' }),
    report: () => ({ normalizedTotal: 7 }),
    packs: { runningVersion: () => 3, offer: async () => ({ version: 4, state: 'active', runningVersion: 4 }) },
    commands: { testSource: async () => [], reload: async () => undefined },
    // Shortens the waits of the back-off; its own test shows the jitter.
    random: () => 0.05,
    log,
    ...changes,
  })
  const stop = new AbortController()
  const running = uplink.run(stop.signal)
  const halt = async () => {
    stop.abort()
    await running
  }
  cleanup.push(halt)
  const append = (texts: readonly string[], lane: Lane = 'bulk') =>
    buffer.append(
      {
        connectorId: 'c-1',
        events: texts.map((text) => ({
          lane,
          connectorId: 'c-1',
          payload: picket.v1.Event.encode({ connectorId: 'c-1', document: Buffer.from(text) }).finish(),
        })),
        losses: [],
        counters: { received: texts.length, failed: 0, bytes: 0, filtered: 0 },
      },
      { waitWhenFull: true },
    )
  return { hub, proxy, buffer, uplink, log, append, halt, identity }
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
const received = (hub: FakeHub) => hub.seen.events.map(({ text }) => text)
const emptied = ({ buffer }: Pick<Awaited<ReturnType<typeof world>>, 'buffer'>) => buffer.lanes().every(({ events }) => events === 0)
const connected = (hub: FakeHub, proxy: FaultProxy) => until(() => hub.seen.heartbeats.length > 0 && proxy.connections > 0)

test('events arrive in order, once, and leave the buffer when they are acknowledged', async () => {
  const it = await world()
  await it.append(names('a', 3))
  for (const burst of names('b', 20)) await it.append([burst])
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual([...names('a', 3), ...names('b', 20)])
  expect(it.hub.seen).toMatchObject({ resent: 0, gaps: 0 })
})

test('the stream opens with what the sensor holds and runs, and a heartbeat tells its figures', async () => {
  const { hub, proxy, buffer } = await world()
  await connected(hub, proxy)
  expect(hub.seen.hellos[0]).toMatchObject({ packVersion: 3, host: { hostname: 'edge-1' }, protocol: 1 })
  expect(hub.seen.hellos[0]?.lanes?.map(({ lane, epoch }) => [lane, epoch])).toEqual(buffer.lanes().map(({ lane, epoch }) => [lane, epoch]))
  expect(hub.seen.heartbeats[0]).toMatchObject({ normalizedTotal: 7, packVersion: 3, process: { rssBytes: expect.any(Number) } })
})

test('the priority lane overtakes a backlog', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const it = await world({ creditBytes: 2_000, beforeCommit: () => held.then(() => true) })
  await connected(it.hub, it.proxy)
  // Bytes that do not compress, so that the window is full after a batch or two.
  for (let index = 0; index < 10; index++) await it.append(names(`bulk-${randomUUID().repeat(30)}`, 600))
  await until(() => it.hub.seen.batches.length > 0)
  await it.append(['urgent'], 'priority')
  release()
  await until(() => emptied(it))
  const place = received(it.hub).indexOf('urgent')
  expect(place).toBeGreaterThan(-1)
  expect(place).toBeLessThan(it.hub.seen.events.length - 600)
})

test('no more than the credit is ever on the way', async () => {
  const onTheWay = { bytes: 0, most: 0, batches: 0 }
  const it = await world({ creditBytes: 300_000 })
  it.hub.behaviour.beforeCommit = async ({ payload }) => {
    // What has arrived and is not acknowledged is a lower bound of what is on the way.
    onTheWay.most = Math.max(
      onTheWay.most,
      it.hub.seen.batches.slice(onTheWay.batches).reduce((sum, batch) => sum + (batch.payload?.length ?? 0), 0),
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    onTheWay.batches++
    onTheWay.bytes += payload?.length ?? 0
    return true
  }
  await connected(it.hub, it.proxy)
  for (let index = 0; index < 20; index++) await it.append(Array.from({ length: 500 }, () => randomUUID() + randomUUID()))
  await until(() => emptied(it))
  expect(onTheWay.bytes).toBeGreaterThan(300_000)
  expect(onTheWay.most).toBeLessThanOrEqual(300_000)
  expect(new Set(received(it.hub)).size).toBe(10_000)
})

test('what was not acknowledged before a reset is sent again, and nothing twice in effect', async () => {
  const it = await world()
  for (let round = 0; round < 10; round++) {
    await it.append(names(`r${round}`, 200))
    if (round % 3 === 1) it.proxy.set('rst')
    if (round % 3 === 2) it.proxy.set('pass')
  }
  it.proxy.set('pass')
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(Array.from({ length: 10 }, (_, round) => names(`r${round}`, 200)).flat())
  expect(it.hub.seen.gaps).toBe(0)
})

test('a killed hub comes back and gets the rest', async () => {
  const it = await world()
  await it.append(names('before', 50))
  await until(() => emptied(it))
  it.hub.kill()
  await it.append(names('during', 50))
  await it.hub.restart()
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual([...names('before', 50), ...names('during', 50)])
})

test('T13 lost acknowledgements: the mark in Welcome says what the hub has, and only the rest is sent', async () => {
  const it = await world({ ackDeadlineMs: 600 })
  await connected(it.hub, it.proxy)
  it.proxy.set('lost-answers')
  await it.append(names('a', 100))
  await until(() => it.hub.seen.events.length === 100)
  expect(emptied(it)).toBe(false)
  it.proxy.set('pass')
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 100))
  expect(it.hub.seen.resent).toBe(0)
  expect(it.hub.seen.hellos.length).toBeGreaterThan(1)
})

test("T11 a half-open connection is noticed by the hub's acknowledgement deadline and replaced", async () => {
  const it = await world({ ackDeadlineMs: 600 })
  await connected(it.hub, it.proxy)
  it.proxy.set('halfopen')
  await it.append(names('a', 100))
  await until(() => it.uplink.state().lastError?.includes('no acknowledgement') ?? false)
  it.proxy.set('pass')
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 100))
})

test('a stalled connection costs nothing but time', async () => {
  const it = await world({ ackDeadlineMs: 800 })
  await connected(it.hub, it.proxy)
  it.proxy.set('stall')
  await it.append(names('a', 100))
  await until(() => it.uplink.state().lastError?.includes('no acknowledgement') ?? false)
  it.proxy.set('pass')
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 100))
})

test('T12 a slow hub makes no timeout storm: one stream, no resend', async () => {
  const it = await world({ ackDeadlineMs: 2_000 })
  it.hub.behaviour.beforeCommit = () => new Promise((resolve) => setTimeout(() => resolve(true), 700))
  await connected(it.hub, it.proxy)
  for (const text of names('a', 40)) await it.append([text])
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 40))
  expect(it.hub.seen.hellos).toHaveLength(1)
  expect(it.hub.seen.resent).toBe(0)
})

test('T12 on a line too slow for its batches they shrink until they fit the deadline', async () => {
  const it = await world({ ackDeadlineMs: 1_500, creditBytes: 4 * 1024 * 1024 })
  await connected(it.hub, it.proxy)
  it.proxy.set('slow', 200_000)
  // About 1 MB on the wire: five seconds of this line, three deadlines.
  const texts = Array.from({ length: 2_500 }, () => Array.from({ length: 20 }, () => randomUUID()).join(''))
  for (let from = 0; from < texts.length; from += 500) await it.append(texts.slice(from, from + 500))
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(texts)
  expect(it.hub.seen.hellos.length).toBeLessThanOrEqual(4)
})

test('T11 an idle half-open connection is noticed too, by keepalive, within 30 s', async () => {
  const it = await world({ heartbeatMs: 60_000 })
  await connected(it.hub, it.proxy)
  it.proxy.set('halfopen')
  await until(() => !it.uplink.state().connected, 30_000)
  it.proxy.set('pass')
  await it.append(['a'])
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(['a'])
}, 60_000)

test('T7 one entry the hub will never take becomes a tombstone, the other 499 arrive', async () => {
  const it = await world()
  it.hub.behaviour.beforeCommit = (_batch, entries) => {
    if (entries.some(({ event }) => event && Buffer.from(event.document ?? []).toString() === 'a-123')) throw new Error('cannot be stored')
    return true
  }
  await it.append(names('a', 500))
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 500).filter((name) => name !== 'a-123'))
  expect(it.hub.seen.tombstones).toMatchObject([{ first: 124, last: 124, reason: 'poison', count: 1, connectorId: 'c-1' }])
  expect(it.hub.seen.gaps).toBe(0)
})

test('a batch damaged once is sent again as it was', async () => {
  const it = await world()
  let damaged = false
  it.hub.behaviour.beforeCommit = () => {
    if (damaged) return true
    damaged = true
    throw new Error('checksum differs')
  }
  await it.append(names('a', 100))
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 100))
  expect(it.hub.seen.tombstones).toEqual([])
})

test('T17 a hub that is ahead of the buffer means a copied machine: a new epoch begins and nothing is taken for a resend', async () => {
  const it = await world()
  await until(() => it.uplink.state().connected)
  await it.append(names('a', 5))
  await until(() => emptied(it))
  const epoch = it.hub.seen.events[0]?.epoch ?? ''
  it.hub.kill()
  it.hub.marks.set(epoch, 50)
  await it.hub.restart()
  await until(() => it.hub.seen.hellos.some(({ lanes }) => !lanes?.some((lane) => lane.epoch === epoch)))
  await it.append(names('b', 5))
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual([...names('a', 5), ...names('b', 5)])
})

test('a stop does not wait for a renewal that is never answered', async () => {
  const hub = await startFakeHub({ authority })
  cleanup.push(() => hub.close())
  const identity = await enroll({ hubAddress: hub.address, token: hub.makeToken(), host: {} })
  const connections: Socket[] = []
  const silent = createServer((socket) => connections.push(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  cleanup.push(() => {
    for (const socket of connections) socket.destroy()
    silent.close()
  })
  const stop = new AbortController()
  const due = new Date(Date.now() + 25 * 86_400_000)
  const renewing = keepRenewed({
    identity: () => identity,
    address: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
    replace: async () => undefined,
    now: () => due,
    random: () => 0,
    log: createMemoryLog(),
    signal: stop.signal,
  })
  await until(() => connections.length > 0)
  stop.abort()
  await renewing
  // Half of what a renewal may take: this limit is what fails the test.
}, 10_000)

test('a buffer that cannot be read ends the stream and not the process, and the next stream goes on', async () => {
  const it = await world({ heartbeatMs: 200 })
  await connected(it.hub, it.proxy)
  Object.assign(it.buffer, {
    lanes: () => {
      throw new Error('disk I/O error')
    },
  })
  await until(() => it.uplink.state().lastError === 'disk I/O error')
  Reflect.deleteProperty(it.buffer, 'lanes')
  await it.append(names('a', 3))
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual(names('a', 3))
})

test('a buffer that begins a new epoch while connected announces it before it sends', async () => {
  const it = await world()
  await it.append(names('a', 5))
  await until(() => emptied(it))
  const old = it.buffer.lanes().find(({ lane }) => lane === 'bulk')?.epoch ?? ''
  it.buffer.reconcile([{ epoch: old, through: 1_000 }])
  await it.append(names('b', 5))
  await until(() => emptied(it))
  expect(received(it.hub)).toEqual([...names('a', 5), ...names('b', 5)])
  const epoch = it.hub.seen.events.at(-1)?.epoch
  expect(epoch).not.toBe(old)
  expect(it.hub.seen.hellos.at(-1)?.lanes?.map((lane) => lane.epoch)).toContain(epoch)
})

test.each(['REVOKED', 'DUPLICATE', 'CLOCK_SKEW', 'UNKNOWN', 'EXPIRED'])(
  'a sensor refused as %s says so, keeps its events and does not hammer',
  async (kind) => {
    const hub = await startFakeHub({ authority })
    hub.close()
    const it = await world()
    await until(() => it.uplink.state().connected)
    it.hub.behaviour.refuseWith = kind
    const before = it.hub.seen.hellos.length
    it.proxy.set('rst')
    it.proxy.set('pass')
    await it.append(names('a', 5))
    await until(() => it.uplink.state().refusal === kind)
    expect(it.uplink.state()).toMatchObject({ connected: false, lastError: expect.stringContaining(kind) })
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(it.hub.seen.hellos.length).toBe(before + 1)
    expect(emptied(it)).toBe(false)
  },
)

test('an offered pack is answered with what became of it', async () => {
  const offers: string[] = []
  const { hub, proxy } = await world(
    {},
    {
      packs: {
        runningVersion: () => 1,
        offer: async (bytes) => {
          offers.push(Buffer.from(bytes).toString())
          return { version: 2, state: 'refused', reason: 'bad_signature', runningVersion: 1 }
        },
      },
    },
  )
  await connected(hub, proxy)
  hub.broadcast({ pack: { signedPack: Buffer.from('pack') } })
  await until(() => hub.seen.packStatuses.length === 1)
  expect(offers).toEqual(['pack'])
  expect(hub.seen.packStatuses[0]).toMatchObject({ version: 2, state: 'refused', reason: 'bad_signature', runningVersion: 1 })
})

test('a command to test a source is answered with its checks, a broken one with its error', async () => {
  const { hub, proxy } = await world(
    {},
    {
      commands: {
        testSource: async ({ kind, config }) => {
          if (kind !== 'syslog') throw new Error(`unknown kind ${kind}`)
          return [{ type: 'connectivity', status: 'pass', message: JSON.stringify(config), latencyMs: 2 }]
        },
        reload: async () => undefined,
      },
    },
  )
  await connected(hub, proxy)
  hub.broadcast({ command: { id: 'k1', testSource: { kind: 'syslog', configJson: '{"port":514}' } } })
  hub.broadcast({ command: { id: 'k2', testSource: { kind: 'ftp', configJson: '{}' } } })
  hub.broadcast({ command: { id: 'k3', testSource: { kind: 'syslog', configJson: '{' } } })
  hub.broadcast({ command: { id: 'k4', reload: {} } })
  await until(() => hub.seen.commandResults.length === 4)
  const byId = Object.fromEntries(hub.seen.commandResults.map((result) => [result.id, result]))
  expect(byId['k1']).toMatchObject({ ok: true, checks: [{ type: 'connectivity', status: 'pass', message: '{"port":514}', latencyMs: 2 }] })
  expect(byId['k2']).toMatchObject({ ok: false, error: 'unknown kind ftp' })
  expect(byId['k3']).toMatchObject({ ok: false })
  expect(byId['k4']).toMatchObject({ ok: true })
})

test('T16 the certificate is renewed while events flow, none is lost, and the process stays', async () => {
  const it = await world({ certificateLifeMs: 4_000 })
  await until(() => it.uplink.state().connected)
  let sent = 0
  const end = Date.now() + 5_000
  while (Date.now() < end) {
    await it.append([`n-${sent++}`])
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await until(() => emptied(it))
  expect(it.hub.seen.renewals).toBeGreaterThan(0)
  expect(new Set(it.hub.seen.certificates).size).toBeGreaterThan(1)
  expect(received(it.hub)).toEqual(names('n', sent))
})

test('T26 waits are jittered from zero up to the cap, at the cap too', async () => {
  const { createBackoff } = await import('../../../sensor/uplink/backoff.ts')
  const least = createBackoff(() => 0)
  const most = createBackoff(() => 1)
  expect(Array.from({ length: 12 }, () => least.next()).every((ms) => ms === 0)).toBe(true)
  expect(Array.from({ length: 12 }, () => most.next())).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000, 60_000])
})
