import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { messageOf } from '../../shared/errors.ts'
import type { Log } from '../log.ts'
import { ConnectorTable } from './connector-table.ts'
import {
  type AppendRequest,
  type Buffer,
  BufferUnavailable,
  type ConnectorTotals,
  type HubMark,
  type Lane,
  type LaneStats,
  type Lease,
} from './contract.ts'
import { isDamage, isFull, LANES, openDatabase } from './database.ts'
import { LaneTable, ROW_OVERHEAD_BYTES } from './lane-table.ts'
import { lockDirectory } from './lock.ts'
import { startOver } from './quarantine.ts'
import { createReserve } from './reserve.ts'
import { openUnsentMarks, type UnsentMarks } from './unsent-marks.ts'

export interface BufferOptions {
  /** Made where missing, 0700. One process at a time works in it. */
  readonly directory: string
  /** Path of better-sqlite3's addon, where it does not lie beside the package. */
  readonly nativeBinding?: string | undefined
  /** Bound on what both lanes hold, payloads and rows, in bytes. The file itself may reach twice that and 16 MiB. */
  readonly limitBytes: number
  /** Largest file that is checked as a whole when it is opened; see `openDatabase`. */
  readonly checkUpToBytes?: number | undefined
  readonly now: () => Date
  readonly log: Log
}

export interface OpenBuffer extends Buffer {
  /** Why the last write failed, until one succeeds: the sensor's health is critical meanwhile. */
  problem(): string | undefined
}

const FILE_NAME = 'buffer.db'
/** Appends handed in and not yet committed, waiting ones included, in bytes. Past it a caller is refused. */
const MAX_HELD_BYTES = 134_217_728
const MAX_EVENTS_PER_COMMIT = 10_000
const RETRY_FULL_DISK_MS = 1_000

interface Pending {
  readonly request: AppendRequest
  readonly waitWhenFull: boolean
  readonly bytes: number
  readonly settle: (error: BufferUnavailable | undefined) => void
}

const sizeOf = ({ events, losses }: AppendRequest): number => {
  let bytes = losses.length * ROW_OVERHEAD_BYTES
  for (const event of events) bytes += event.payload.length + ROW_OVERHEAD_BYTES
  return bytes
}

/**
 * Opens the durable outbox. A damaged file is set aside, salvaged and replaced, so that a start never fails on it twice.
 *
 * @throws {BufferInUse} kind `conflict`: another process holds the directory
 * @throws {BufferUnavailable} kind `unavailable`: written by a newer sensor
 */
export const openBuffer = (options: BufferOptions): OpenBuffer => {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 })
  chmodSync(options.directory, 0o700)
  const unlock = lockDirectory(options.directory, options.nativeBinding)
  try {
    return new SqliteBuffer(options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

class SqliteBuffer implements OpenBuffer {
  readonly #options: BufferOptions
  readonly #unlock: () => void
  readonly #path: string
  readonly #capBytes: number
  readonly #reserve
  readonly #listeners = new Set<() => void>()
  #db: Database.Database
  #lanes: Record<Lane, LaneTable>
  #connectors: ConnectorTable
  #unsent: UnsentMarks
  /** Last seq given out per lane since the uplink last began anew: evicted last, for the hub may be storing it. */
  readonly #leasedThrough: Record<Lane, number> = { bulk: 0, priority: 0 }
  /** In order of arrival; those that wait for room stay at the front. */
  #queue: Pending[] = []
  #heldBytes = 0
  #scheduled: NodeJS.Immediate | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #problem: string | undefined
  #closed = false

  constructor(options: BufferOptions, unlock: () => void) {
    this.#options = options
    this.#unlock = unlock
    this.#path = join(options.directory, FILE_NAME)
    this.#capBytes = options.limitBytes * 2 + 16_777_216
    this.#reserve = createReserve(options.directory, Math.min(8_388_608, Math.max(1_048_576, Math.floor(options.limitBytes / 16))))
    try {
      this.#db = openDatabase(this.#path, this.#capBytes, options.nativeBinding, options.checkUpToBytes)
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#db = startOver(this.#path, this.#capBytes, options.nativeBinding, options.now(), options.log)
    }
    this.#lanes = this.#openLanes()
    this.#connectors = new ConnectorTable(this.#db)
    this.#unsent = openUnsentMarks(this.#db, this.#lanes)
    this.#reserve.hold()
  }

  append(request: AppendRequest, { waitWhenFull, signal }: { waitWhenFull: boolean; signal?: AbortSignal }): Promise<void> {
    const bytes = sizeOf(request)
    if (this.#closed) return Promise.reject(new BufferUnavailable('the buffer is closed'))
    if (signal?.aborted) return Promise.reject(new BufferUnavailable('stopped before the events were stored'))
    if (this.#heldBytes > 0 && this.#heldBytes + bytes > MAX_HELD_BYTES) {
      return Promise.reject(new BufferUnavailable('too much is waiting for the buffer already'))
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        if (!this.#queue.includes(pending)) return
        this.#queue = this.#queue.filter((each) => each !== pending)
        pending.settle(new BufferUnavailable('stopped while waiting for room in the buffer'))
      }
      const settle = (error: BufferUnavailable | undefined) => {
        signal?.removeEventListener('abort', onAbort)
        this.#heldBytes -= bytes
        if (error) reject(error)
        else resolve()
      }
      const pending: Pending = { request, waitWhenFull, bytes, settle }
      signal?.addEventListener('abort', onAbort)
      this.#heldBytes += bytes
      this.#queue.push(pending)
      this.#schedule()
    })
  }

  lease(lane: Lane, afterSeq: number | undefined, limitBytes: number, limitEvents: number): Lease | undefined {
    return this.#surviving(() => {
      const table = this.#lanes[lane]
      const after = Math.max(afterSeq ?? 0, table.state.acked)
      const read = table.read(after + 1, limitBytes, Math.max(1, limitEvents))
      this.#leasedThrough[lane] = afterSeq === undefined ? (read?.last ?? 0) : Math.max(this.#leasedThrough[lane], read?.last ?? 0)
      if (!read) return undefined
      return { lane, epoch: table.state.epoch, first: after + 1, last: read.last, entries: read.entries, events: read.events }
    })
  }

  reconcile(marks: readonly HubMark[]): void {
    for (const lane of LANES) {
      const { state } = this.#lanes[lane]
      const through = marks.find(({ epoch }) => epoch === state.epoch)?.through ?? 0
      const unsentFrom = this.#unsent.from(lane)
      if (unsentFrom !== undefined && through >= unsentFrom) this.#leaveEpoch(lane, through, unsentFrom)
      // Sent by another with our identity, such as a copied machine: which of our events the hub has nobody knows, so all go again.
      else if (through >= state.nextSeq) this.#leaveEpoch(lane, through, state.acked + 1)
      else this.ack(state.epoch, through)
    }
    // From here on seqs are sent, and a mark may legitimately cover them. On the disk before the first is sent.
    if (!LANES.some((lane) => this.#unsent.from(lane) !== undefined)) return
    this.#orUnavailable(() => this.#deleting(() => this.#unsent.erase()))
    this.#unsent.forget()
  }

  ack(epoch: string, claimed: number): void {
    const table = LANES.map((lane) => this.#lanes[lane]).find((each) => each.state.epoch === epoch)
    if (!table) return
    const through = Math.min(claimed, table.state.nextSeq - 1)
    if (through <= table.state.acked) return
    const write = () => table.ackThrough(through)
    try {
      // Not worth an fsync: an acknowledgement lost with the power only means that the hub is sent its copy again, and skips it.
      this.#db.pragma('synchronous = NORMAL')
      this.#deleting(write)
      this.#problem = undefined
    } catch (error) {
      // Nothing was deleted: the events are sent again, and acknowledged again.
      this.#fail(error)
      if (isDamage(error)) this.#startOver()
      return
    } finally {
      this.#db.pragma('synchronous = FULL')
    }
    this.#reserve.hold()
    this.#schedule()
  }

  cursor(connectorId: string): string | undefined {
    return this.#connectors.get(connectorId)?.cursor
  }

  totals(connectorId: string): ConnectorTotals {
    return this.#connectors.get(connectorId)?.totals ?? { received: 0, failed: 0, bytes: 0, filtered: 0 }
  }

  lanes(): readonly LaneStats[] {
    return LANES.map((lane) => {
      const { epoch, acked, nextSeq, events, bytes, appendedTotal, ackedTotal, tombstonedTotal } = this.#lanes[lane].state
      const oldestAt = this.#surviving(() => this.#lanes[lane].oldestAt())
      return {
        lane,
        epoch,
        firstUnacked: acked + 1,
        nextSeq,
        events,
        bytes,
        limitBytes: this.#options.limitBytes,
        ...(oldestAt ? { oldestAt } : {}),
        appendedTotal,
        ackedTotal,
        tombstonedTotal,
      }
    })
  }

  getMeta(key: string): string | undefined {
    return this.#db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?').get(key)?.value
  }

  setMeta(key: string, value: string): void {
    this.#db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value)
  }

  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  problem(): string | undefined {
    return this.#problem
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#scheduled) clearImmediate(this.#scheduled)
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    while (this.#commitGroup() > 0);
    for (const pending of this.#queue.splice(0)) pending.settle(new BufferUnavailable('the buffer was closed before there was room'))
    this.#db.close()
    this.#unlock()
  }

  #schedule(): void {
    if (this.#closed || this.#scheduled || this.#queue.length === 0) return
    // After the turn's I/O, so that all that arrived with it shares one commit.
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined
      const committed = this.#commitGroup()
      if (committed > 0) {
        for (const listener of this.#listeners) listener()
        this.#schedule()
      }
    })
  }

  /** Commits the appends that may go now. @returns how many; 0 when all that is left waits for room */
  #commitGroup(): number {
    const group = this.#admit()
    if (group.length === 0) return 0
    try {
      this.#commit(group)
      this.#problem = undefined
    } catch (error) {
      this.#fail(error)
      if (isDamage(error)) this.#startOver()
      else if (isFull(error)) return this.#commitWhatMustNotWait(group)
      for (const each of group) each.settle(unavailable(error))
      return group.length
    }
    for (const each of group) each.settle(undefined)
    return group.length
  }

  /** The disk is full although the lanes are within their limit: what can wait waits, the rest makes its own room. */
  #commitWhatMustNotWait(group: readonly Pending[]): number {
    const waiting = group.filter((each) => each.waitWhenFull)
    const pushed = group.filter((each) => !each.waitWhenFull)
    this.#queue = [...waiting, ...this.#queue]
    if (waiting.length > 0 && !this.#retryTimer && !this.#closed) {
      this.#retryTimer = setTimeout(() => {
        this.#retryTimer = undefined
        this.#schedule()
      }, RETRY_FULL_DISK_MS)
    }
    if (pushed.length === 0) return 0
    let failure: BufferUnavailable | undefined
    try {
      // In a transaction of its own first: the freed pages are then the next one's to write in.
      this.#deleting(() => this.#makeRoom(Math.max(Math.floor(this.#options.limitBytes / 16), ...pushed.map((each) => each.bytes * 2))))
      this.#commit(pushed)
    } catch (error) {
      this.#fail(error)
      failure = unavailable(error)
    }
    for (const each of pushed) each.settle(failure)
    return pushed.length
  }

  /** Takes from the queue what may be committed now, keeping the order among those that wait. */
  #admit(): Pending[] {
    const group: Pending[] = []
    const staying: Pending[] = []
    let bytes = this.#bytes()
    let events = 0
    let full = false
    for (const each of this.#queue) {
      const tooLarge = bytes + each.bytes > this.#options.limitBytes && (this.#events() > 0 || group.length > 0)
      if (events >= MAX_EVENTS_PER_COMMIT || (each.waitWhenFull && (full || tooLarge))) {
        if (each.waitWhenFull && tooLarge) full = true
        staying.push(each)
        continue
      }
      group.push(each)
      bytes += each.bytes
      events += each.request.events.length
    }
    this.#queue = staying
    return group
  }

  #commit(group: readonly Pending[]): void {
    const now = this.#options.now()
    const nowMs = now.getTime()
    this.#transaction(() => {
      const needed = this.#bytes() + group.reduce((total, each) => total + each.bytes, 0) - this.#options.limitBytes
      if (needed > 0) this.#makeRoom(needed)
      for (const { request } of group) {
        for (const { lane, payload, connectorId } of request.events) {
          this.#lanes[lane].appendEvent(payload, this.#connectors.id(connectorId), nowMs)
        }
        for (const { lane, reason, connectorId, count } of request.losses) {
          if (count > 0) this.#lanes[lane].appendLoss(reason, connectorId, count, nowMs)
        }
        this.#connectors.add(request, now)
      }
    })
  }

  /** Evicts the oldest bulk events, those in flight last, then the oldest priority events. A little more than asked, so that not every append evicts. */
  #makeRoom(neededBytes: number): void {
    const nowMs = this.#options.now().getTime()
    const { bulk, priority } = this.#lanes
    let left = Math.max(neededBytes, Math.floor(this.#options.limitBytes / 64))
    left -= bulk.evict(Math.max(bulk.state.acked, this.#leasedThrough.bulk) + 1, left, nowMs)
    if (left > 0) left -= bulk.evict(bulk.state.acked + 1, left, nowMs)
    if (left > 0) priority.evict(priority.state.acked + 1, left, nowMs)
  }

  /**
   * A transaction that frees space. On a full disk the reserve lends it the room it needs, and only such a transaction: appends would
   * use it up, and then nothing could ever be deleted again.
   */
  #deleting(work: () => void): void {
    try {
      this.#transaction(work)
    } catch (error) {
      if (!isFull(error) || !this.#reserve.release()) throw error
      try {
        this.#transaction(work)
        // Moves what the log holds into the file's free pages, and gives the log's space back.
        this.#db.pragma('wal_checkpoint(TRUNCATE)')
      } finally {
        this.#reserve.hold()
      }
    }
  }

  /** Runs `work` and saves what it changed, or puts everything in memory back as it was. */
  #transaction(work: () => void): void {
    const before = LANES.map((lane) => ({ table: this.#lanes[lane], state: { ...this.#lanes[lane].state } }))
    let committed = false
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      for (const lane of LANES) this.#lanes[lane].saveState()
      this.#connectors.save()
      this.#db.exec('COMMIT')
      committed = true
    } finally {
      if (!committed) {
        for (const { table, state } of before) table.state = state
        if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      }
      this.#connectors.settle(committed)
    }
  }

  /** What lies below `keepFrom` is the hub's; the rest goes on in a new sequence space. */
  #leaveEpoch(lane: Lane, through: number, keepFrom: number): void {
    const table = this.#lanes[lane]
    this.#options.log.warn({ lane, through, keepFrom, nextSeq: table.state.nextSeq }, 'the hub is ahead of the buffer; starting a new epoch')
    this.#orUnavailable(() =>
      this.#deleting(() => {
        if (keepFrom - 1 > table.state.acked) table.ackThrough(keepFrom - 1)
        table.state.epoch = randomUUID()
      }),
    )
  }

  #orUnavailable(write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#fail(error)
      if (isDamage(error)) this.#startOver()
      throw unavailable(error)
    }
  }

  #startOver(): void {
    this.#db.close()
    this.#db = startOver(this.#path, this.#capBytes, this.#options.nativeBinding, this.#options.now(), this.#options.log)
    this.#lanes = this.#openLanes()
    this.#connectors = new ConnectorTable(this.#db)
    this.#unsent = openUnsentMarks(this.#db, this.#lanes)
    this.#leasedThrough.bulk = 0
    this.#leasedThrough.priority = 0
  }

  /** Runs a read; where it meets a damaged page the file is replaced and there is nothing to give this time. */
  #surviving<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#fail(error)
      this.#startOver()
      return undefined
    }
  }

  #openLanes(): Record<Lane, LaneTable> {
    return { bulk: new LaneTable(this.#db, 'bulk'), priority: new LaneTable(this.#db, 'priority') }
  }

  #bytes(): number {
    return this.#lanes.bulk.state.bytes + this.#lanes.priority.state.bytes
  }

  #events(): number {
    return this.#lanes.bulk.state.events + this.#lanes.priority.state.events
  }

  #fail(error: unknown): void {
    const problem = messageOf(error)
    // Once per problem, not once per append.
    if (this.#problem !== problem) this.#options.log.error({ problem }, 'the buffer cannot be written')
    this.#problem = problem
  }
}

const unavailable = (error: unknown): BufferUnavailable =>
  new BufferUnavailable(`the buffer cannot be written: ${messageOf(error)}`, { cause: error })
