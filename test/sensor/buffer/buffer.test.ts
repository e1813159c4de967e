import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { build } from 'esbuild'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { BufferUnavailable } from '../../../sensor/buffer/contract.ts'
import { openDatabase } from '../../../sensor/buffer/database.ts'
import { BufferInUse } from '../../../sensor/buffer/lock.ts'
import { appending, drain, entriesOf, openIn, payloadOf, range, temporaryDirectory } from './support.ts'

const wait = { waitWhenFull: true }
const shed = { waitWhenFull: false }

test('events come back in order, framed as proto Entries, and leave only through ack', async () => {
  const buffer = openIn(temporaryDirectory())
  await buffer.append(appending(range(1, 5)), wait)
  const lease = buffer.lease('bulk', undefined, 1_000_000, 3)
  expect(lease).toMatchObject({ first: 1, last: 3, events: 3 })
  expect(entriesOf(lease).map((each) => each.n)).toEqual([1, 2, 3])
  expect(entriesOf(buffer.lease('bulk', 3, 1_000_000, 3)).map((each) => each.n)).toEqual([4, 5])
  buffer.ack(lease?.epoch ?? '', 3)
  expect(drain(buffer).map((each) => each.n)).toEqual([4, 5])
  expect(buffer.lanes()[0]).toMatchObject({ firstUnacked: 4, nextSeq: 6, events: 2, appendedTotal: 5, ackedTotal: 3, tombstonedTotal: 0 })
})

test('a lane is a sequence space of its own, with its own epoch', async () => {
  const buffer = openIn(temporaryDirectory())
  await buffer.append(appending([1, 2]), wait)
  await buffer.append(appending([7], { lane: 'priority' }), wait)
  const [bulk, priority] = buffer.lanes()
  expect(bulk?.epoch).not.toBe(priority?.epoch)
  expect(drain(buffer, 'priority')).toEqual([{ seq: 1, n: 7 }])
  buffer.ack(priority?.epoch ?? '', 1)
  expect(drain(buffer).map((each) => each.n)).toEqual([1, 2])
})

test('an unknown epoch or an old seq changes nothing', async () => {
  const buffer = openIn(temporaryDirectory())
  await buffer.append(appending(range(1, 4)), wait)
  const epoch = buffer.lanes()[0]?.epoch ?? ''
  buffer.ack('00000000-0000-0000-0000-000000000000', 4)
  expect(buffer.lanes()[0]?.events).toBe(4)
  buffer.ack(epoch, 2)
  buffer.ack(epoch, 1)
  expect(buffer.lanes()[0]).toMatchObject({ firstUnacked: 3, events: 2, ackedTotal: 2 })
})

test('a lease keeps to its bytes, and one larger event goes alone', async () => {
  const buffer = openIn(temporaryDirectory())
  await buffer.append(appending([1, 2, 3], { paddingBytes: 1_000 }), wait)
  await buffer.append(appending([4], { paddingBytes: 50_000 }), wait)
  const lease = buffer.lease('bulk', undefined, 2_500, 100)
  expect(lease?.last).toBe(2)
  expect(lease?.entries.length).toBeLessThanOrEqual(2_500)
  expect(buffer.lease('bulk', 3, 2_500, 100)).toMatchObject({ first: 4, last: 4 })
})

test('synchronous is FULL on the first open and on every later one', () => {
  const path = join(temporaryDirectory(), 'x.db')
  for (const _ of [1, 2, 3]) {
    const db = openDatabase(path, 10_000_000, undefined)
    expect(db.pragma('synchronous', { simple: true })).toBe(2)
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    db.close()
  }
})

test('A26 files are 0600 and the directory 0700', async () => {
  const directory = temporaryDirectory()
  const buffer = openIn(directory)
  await buffer.append(appending([1]), wait)
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(directory)) expect([name, statSync(join(directory, name)).mode & 0o777]).toEqual([name, 0o600])
})

test('a second process in the same directory is refused by name, and may come in once the first has left', async () => {
  const directory = temporaryDirectory()
  const first = openIn(directory)
  expect(() => openIn(directory)).toThrow(BufferInUse)
  await first.close()
  await openIn(directory).close()
})

test('records, cursor and counters survive a reopen together', async () => {
  const directory = temporaryDirectory()
  const first = openIn(directory)
  await first.append(appending([1, 2], { cursor: 'after 2', counters: { received: 3, failed: 1, bytes: 99, filtered: 1 } } as object), wait)
  first.setMeta('pack', '7')
  const epochs = first.lanes().map((each) => each.epoch)
  await first.close()
  const second = openIn(directory)
  expect(second.cursor('c1')).toBe('after 2')
  expect(second.totals('c1')).toMatchObject({ received: 3, failed: 1, bytes: 99, filtered: 1 })
  expect(second.getMeta('pack')).toBe('7')
  expect(second.lanes().map((each) => each.epoch)).toEqual(epochs)
  expect(drain(second).map((each) => each.n)).toEqual([1, 2])
})

test('a transaction that cannot be committed leaves neither records, cursor nor counters', async () => {
  const directory = temporaryDirectory()
  const buffer = openIn(directory)
  await buffer.append(appending([1], { cursor: 'one' } as object), wait)
  // A second connection holds the write lock, so that the commit gives up with SQLITE_BUSY.
  const other = new Database(join(directory, 'buffer.db'))
  other.exec('BEGIN IMMEDIATE')
  await expect(buffer.append(appending([2], { cursor: 'two' } as object), wait)).rejects.toThrow(BufferUnavailable)
  expect(buffer.problem()).toMatch(/locked/)
  other.exec('ROLLBACK')
  other.close()
  expect(buffer.cursor('c1')).toBe('one')
  expect(buffer.totals('c1').received).toBe(1)
  await buffer.append(appending([3], { cursor: 'three' } as object), wait)
  expect(buffer.problem()).toBeUndefined()
  expect(drain(buffer)).toEqual([
    { seq: 1, n: 1 },
    { seq: 2, n: 3 },
  ])
})

test('appends that arrive together share a commit: listeners hear of them once', async () => {
  const buffer = openIn(temporaryDirectory())
  let commits = 0
  const unsubscribe = buffer.onAppended(() => {
    commits += 1
  })
  await Promise.all(range(1, 50).map((n) => buffer.append(appending([n]), wait)))
  expect(commits).toBe(1)
  unsubscribe()
  await buffer.append(appending([51]), wait)
  expect(commits).toBe(1)
})

test('losses take seqs in the lane and like ones merge', async () => {
  const buffer = openIn(temporaryDirectory())
  const poison = (count: number) => ({ lane: 'bulk' as const, connectorId: 'c1', reason: 'poison', count })
  await buffer.append({ ...appending([1]), losses: [poison(2)] }, wait)
  await buffer.append({ ...appending([]), losses: [poison(1)] }, wait)
  await buffer.append(appending([5]), wait)
  expect(drain(buffer)).toEqual([
    { seq: 1, n: 1 },
    { seq: 2, tombstone: { first: 2, last: 4, reason: 'poison', connectorId: 'c1', count: 3 } },
    { seq: 5, n: 5 },
  ])
  expect(buffer.lanes()[0]?.tombstonedTotal).toBe(3)
  buffer.ack(buffer.lanes()[0]?.epoch ?? '', 3)
  expect(drain(buffer)[0]).toEqual({ seq: 4, tombstone: { first: 4, last: 4, reason: 'poison', connectorId: 'c1', count: 1 } })
})

test('T10 when full, the oldest bulk events become one tombstone that covers exactly their seqs', async () => {
  const buffer = openIn(temporaryDirectory(), { limitBytes: 100_000 })
  await buffer.append(appending([1], { lane: 'priority' }), shed)
  for (const n of range(1, 500)) await buffer.append(appending([n], { paddingBytes: 900 }), shed)
  const [first, ...rest] = drain(buffer)
  const lost = first?.tombstone?.last ?? 0
  expect(first).toEqual({ seq: 1, tombstone: { first: 1, last: lost, reason: 'buffer_full', connectorId: 'c1', count: lost } })
  expect(rest).toEqual(range(lost + 1, 500).map((n) => ({ seq: n, n })))
  expect(buffer.lanes()[0]).toMatchObject({ events: rest.length, appendedTotal: 500, tombstonedTotal: lost })
  expect(buffer.lanes()[0]?.bytes).toBeLessThanOrEqual(100_000)
  expect(drain(buffer, 'priority')).toEqual([{ seq: 1, n: 1 }])
})

test('T10 what is on its way to the hub is evicted last', async () => {
  const buffer = openIn(temporaryDirectory(), { limitBytes: 50_000 })
  await buffer.append(appending(range(1, 10), { paddingBytes: 900 }), shed)
  const inFlight = buffer.lease('bulk', undefined, 1_000_000, 10)
  for (const n of range(11, 200)) await buffer.append(appending([n], { paddingBytes: 900 }), shed)
  expect(drain(buffer).slice(0, 10)).toEqual(range(1, 10).map((n) => ({ seq: n, n })))
  buffer.ack(inFlight?.epoch ?? '', 10)
  expect(drain(buffer)[0]?.tombstone).toMatchObject({ first: 11, reason: 'buffer_full' })
})

test('T5 a source that can wait waits while the buffer is full, and goes on when an ack makes room', async () => {
  const buffer = openIn(temporaryDirectory(), { limitBytes: 20_000 })
  await buffer.append(appending(range(1, 15), { paddingBytes: 1_000 }), wait)
  let stored = false
  const waiting = buffer.append(appending(range(16, 20), { paddingBytes: 1_000 }), wait).then(() => {
    stored = true
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(stored).toBe(false)
  buffer.ack(buffer.lanes()[0]?.epoch ?? '', 10)
  await waiting
  expect(drain(buffer).map((each) => each.n)).toEqual(range(11, 20))
})

test('an append that gives up waiting is not stored afterwards', async () => {
  const buffer = openIn(temporaryDirectory(), { limitBytes: 10_000 })
  await buffer.append(appending(range(1, 8), { paddingBytes: 1_000 }), wait)
  const giveUp = new AbortController()
  const waiting = buffer.append(appending(range(9, 12), { paddingBytes: 1_000 }), { ...wait, signal: giveUp.signal })
  setTimeout(() => giveUp.abort(), 20)
  await expect(waiting).rejects.toThrow(BufferUnavailable)
  buffer.ack(buffer.lanes()[0]?.epoch ?? '', 8)
  await buffer.append(appending([13]), wait)
  expect(drain(buffer).map((each) => each.n)).toEqual([13])
})

test('no sequence of appends, losses, leases, evictions and acks leaves a gap or loses count', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 30 }), lost: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant('ack' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('lease' as const), events: fc.integer({ min: 1, max: 20 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const buffer = openIn(temporaryDirectory(), { limitBytes: 8_000 })
      let sent = 0
      for (const each of steps) {
        const lane = buffer.lanes()[0]
        if (!lane) throw new Error('no bulk lane')
        if (each.kind === 'append') {
          const losses = [{ lane: 'bulk' as const, connectorId: 'c1', reason: 'poison', count: each.lost }]
          await buffer.append({ ...appending(range(sent + 1, sent + each.count), { paddingBytes: 50 }), losses }, shed)
          sent += each.count
        } else if (each.kind === 'ack') {
          buffer.ack(lane.epoch, lane.firstUnacked - 1 + Math.floor((lane.nextSeq - lane.firstUnacked) * each.share))
        } else buffer.lease('bulk', undefined, 10_000, each.events)
      }
      const entries = drain(buffer, 'bulk', 700, 7)
      const lane = buffer.lanes()[0]
      const seqs = entries.reduce((total, each) => total + (each.tombstone ? each.tombstone.last - each.tombstone.first + 1 : 1), 0)
      expect(seqs).toBe((lane?.nextSeq ?? 0) - (lane?.firstUnacked ?? 0))
      expect(entries.filter((each) => each.n !== undefined).length).toBe(lane?.events)
      await buffer.close()
    }),
    { numRuns: 40 },
  )
})

test('T6 an empty, a truncated and a scribbled-over file are set aside; what can be read is kept under a new epoch', async () => {
  for (const damage of ['not a database', 'truncated', 'scribbled'] as const) {
    const directory = temporaryDirectory()
    const first = openIn(directory)
    for (const part of [1, 2, 3, 4]) await first.append(appending(range(part * 100 - 99, part * 100), { paddingBytes: 500 }), wait)
    await first.append(appending([401], { cursor: 'kept' } as object), wait)
    const before = first.lanes().map((each) => each.epoch)
    await first.close()
    const path = join(directory, 'buffer.db')
    const size = statSync(path).size
    if (damage === 'not a database') writeFileSync(path, 'this is not a database, it only has its name'.repeat(100))
    if (damage === 'truncated') truncateSync(path, Math.floor(size / 2 / 4096) * 4096)
    if (damage === 'scribbled') {
      const file = openSync(path, 'r+')
      // Page headers in the middle of the file, where the rows are.
      for (const page of [20, 21, 22]) writeSync(file, Buffer.alloc(200, 0xff), 0, 200, page * 4096)
      closeSync(file)
    }
    const second = openIn(directory)
    expect(readdirSync(directory).some((name) => name.startsWith('buffer.db.corrupt-'))).toBe(true)
    expect(second.lanes().map((each) => each.epoch)).not.toEqual(before)
    const [loss, ...kept] = drain(second)
    expect(loss?.tombstone?.reason).toBe('corrupt')
    if (damage === 'scribbled') {
      expect(kept.length).toBeGreaterThan(100)
      expect((loss?.tombstone?.count ?? 0) + kept.length).toBe(401)
      expect(second.cursor('c1')).toBe('kept')
    }
    await second.append(appending([500]), wait)
    expect(drain(second).at(-1)?.n).toBe(500)
    await second.close()
    await openIn(directory).close()
  }
})

test('T6 damage in a file too large to be checked at the start is met when it is read, whatever reads it first', async () => {
  for (const meet of ['lanes', 'lease', 'append', 'reconcile'] as const) {
    const directory = temporaryDirectory()
    const first = openIn(directory)
    const epoch = first.lanes()[0]?.epoch ?? ''
    first.reconcile([])
    for (const part of [1, 2, 3, 4]) await first.append(appending(range(part * 100 - 99, part * 100), { paddingBytes: 500 }), wait)
    await first.close()
    const file = openSync(join(directory, 'buffer.db'), 'r+')
    // All pages that hold rows, but not the schema nor the lanes.
    for (let page = 9; page < 60; page += 1) writeSync(file, Buffer.alloc(200, 0xff), 0, 200, page * 4096)
    closeSync(file)
    const second = openIn(directory, { checkUpToBytes: 0 })
    expect(second.lanes()[0]?.epoch).toBeDefined()
    if (meet === 'lease') second.lease('bulk', undefined, 10_000_000, 1_000)
    if (meet === 'append') await second.append(appending(range(401, 500), { paddingBytes: 500 }), wait).catch(() => {})
    if (meet === 'reconcile') second.reconcile([{ epoch, through: 300 }])
    for (const n of [501, 502]) await second.append(appending([n]), wait).catch(() => {})
    expect(drain(second).map((each) => each.tombstone?.reason)).toContain('corrupt')
    await second.append(appending([600]), wait)
    expect(drain(second).at(-1)?.n).toBe(600)
  }
})

test('T6 a flipped bit inside a payload, which SQLite cannot see, is found by the CRC and becomes a tombstone', async () => {
  const directory = temporaryDirectory()
  const first = openIn(directory)
  await first.append(appending([1, 2, 3], { paddingBytes: 100 }), wait)
  await first.close()
  const path = join(directory, 'buffer.db')
  const bytes = readFileSync(path)
  const at = bytes.indexOf(Buffer.from(payloadOf(2, 100)))
  bytes[at + 60] = (bytes[at + 60] ?? 0) ^ 0x01
  writeFileSync(path, bytes)
  expect(drain(openIn(directory)).map((each) => each.n ?? each.tombstone?.reason)).toEqual([1, 'corrupt', 3])
})

test('a hub that holds more than was ever appended (the file went back in time) starts a new epoch and loses nothing', async () => {
  const buffer = openIn(temporaryDirectory())
  await buffer.append(appending([1, 2]), wait)
  const epoch = buffer.lanes()[0]?.epoch ?? ''
  buffer.reconcile([{ epoch, through: 9 }])
  expect(buffer.lanes()[0]?.epoch).not.toBe(epoch)
  expect(drain(buffer).map((each) => each.n)).toEqual([1, 2])
})

/** A buffer whose file is an old copy: the hub was sent events 1 to 6 of its epoch, the copy knows the first three. */
const openOldCopy = async () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'buffer.db')
  const first = openIn(directory)
  first.reconcile([])
  await first.append(appending([1, 2, 3]), wait)
  await first.close()
  const copy = readFileSync(path)
  const second = openIn(directory)
  const epoch = second.lanes()[0]?.epoch ?? ''
  second.reconcile([{ epoch, through: 0 }])
  await second.append(appending([4, 5, 6]), wait)
  await second.close()
  writeFileSync(path, copy)
  return { directory, epoch }
}

test('events appended to an old copy of the file before the hub was heard are neither skipped nor doubled, however many they are', async () => {
  for (const count of [1, 3, 10]) {
    const { directory, epoch } = await openOldCopy()
    const restored = openIn(directory)
    const fresh = range(101, 100 + count)
    await restored.append(appending(fresh), wait)
    restored.reconcile([{ epoch, through: 6 }])
    expect(restored.lanes()[0]?.epoch).not.toBe(epoch)
    expect(drain(restored).map((each) => each.n)).toEqual(fresh)
    await restored.close()
  }
})

test('a restart before the hub was heard does not hide that the file is an old copy', async () => {
  const { directory, epoch } = await openOldCopy()
  const restored = openIn(directory)
  await restored.append(appending(range(101, 110)), wait)
  await restored.close()
  const restarted = openIn(directory)
  await restarted.append(appending([111]), wait)
  restarted.reconcile([{ epoch, through: 6 }])
  expect(drain(restarted).map((each) => each.n)).toEqual(range(101, 111))
})

test('a hub that was sent events in this life and holds them keeps the epoch, also after a restart', async () => {
  const directory = temporaryDirectory()
  const buffer = openIn(directory)
  const epoch = buffer.lanes()[0]?.epoch ?? ''
  buffer.reconcile([])
  await buffer.append(appending(range(1, 5)), wait)
  buffer.reconcile([{ epoch, through: 3 }])
  expect(drain(buffer).map((each) => each.n)).toEqual([4, 5])
  await buffer.close()
  const second = openIn(directory)
  await second.append(appending([6]), wait)
  second.reconcile([{ epoch, through: 5 }])
  expect(second.lanes()[0]).toMatchObject({ epoch, firstUnacked: 6 })
  expect(drain(second).map((each) => each.n)).toEqual([6])
})

test('T1 kill -9 while appending: nothing whose append had resolved is lost, and the file is sound', async () => {
  const directory = temporaryDirectory()
  // Inside the repository, so that the child finds better-sqlite3.
  const script = join(import.meta.dirname, '../../../node_modules/.cache', `append-forever-${process.pid}.mjs`)
  onTestFinished(() => rmSync(script, { force: true }))
  await build({
    entryPoints: [join(import.meta.dirname, 'append-forever.child.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['better-sqlite3', 'protobufjs', 'vitest'],
    logLevel: 'error',
  })
  for (const round of range(1, 5)) {
    const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    let confirmed = 0
    for await (const line of createInterface({ input: child.stdout })) {
      confirmed = Number(line)
      if (confirmed >= round * 700 && child.exitCode === null) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    const buffer = openIn(directory)
    expect(readdirSync(directory).filter((name) => name.includes('corrupt'))).toEqual([])
    const kept = drain(buffer).map((each) => each.n ?? -1)
    expect(confirmed).toBeGreaterThanOrEqual(round * 700)
    expect(kept.slice(0, confirmed)).toEqual(range(1, confirmed))
    expect(kept).toEqual(range(1, kept.length))
    expect(buffer.cursor('c1')).toBe(String(kept.length))
    const [bulk] = buffer.lanes()
    buffer.ack(bulk?.epoch ?? '', (bulk?.nextSeq ?? 1) - 1)
    await buffer.close()
  }
})
