import { crc32 } from 'node:zlib'
import type Database from 'better-sqlite3'
import type { Lane } from './contract.ts'
import { ENTRY_OVERHEAD_BYTES, EntriesWriter, type StoredTombstone } from './entries.ts'

/** What an event counts for beside its payload: its row, its index entry and its share of a page. */
export const ROW_OVERHEAD_BYTES = 48

export interface LaneState {
  epoch: string
  nextSeq: number
  acked: number
  events: number
  bytes: number
  appendedTotal: number
  ackedTotal: number
  tombstonedTotal: number
}

interface LaneRow {
  epoch: string
  next_seq: number
  acked: number
  events: number
  bytes: number
  appended_total: number
  acked_total: number
  tombstoned_total: number
}

type EventRow = [seq: number, crc: number, payload: Uint8Array]

/** Past this many tombstones an eviction folds those it meets into its own, so that their number stays bounded whatever arrives. */
const MAX_SEPARATE_TOMBSTONES = 1_000

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/**
 * One lane's rows. Every seq from `acked + 1` to `nextSeq - 1` is an event or lies in a tombstone; each method keeps it so.
 * Writes happen inside the caller's transaction; `state` is the caller's to restore where that fails.
 */
export class LaneTable {
  readonly lane: Lane
  state: LaneState
  readonly #insertEvent
  readonly #insertTombstone
  readonly #deleteTombstone
  readonly #saveState
  readonly #eventsFrom
  readonly #tombstonesFrom
  readonly #lastTombstone
  readonly #tombstonesTouching
  readonly #tombstoneCount
  readonly #sizesFrom
  readonly #sizeOfRange
  readonly #deleteEvents
  readonly #oldest

  constructor(db: Database.Database, lane: Lane) {
    this.lane = lane
    const events = `${lane}_events`
    const tombstones = `${lane}_tombstones`
    const tombstone = 'first, last, reason, connector_id AS connectorId, count, at_ms AS atMs'
    this.#insertEvent = db.prepare<[number, number, number, number, Uint8Array]>(`INSERT INTO ${events} VALUES (?, ?, ?, ?, ?)`)
    this.#insertTombstone = db.prepare<[number, number, string, string, number, number]>(`INSERT INTO ${tombstones} VALUES (?, ?, ?, ?, ?, ?)`)
    this.#deleteTombstone = db.prepare<[number]>(`DELETE FROM ${tombstones} WHERE first = ?`)
    this.#saveState = db.prepare<[string, number, number, number, number, number, number, number, string]>(
      'UPDATE lanes SET epoch = ?, next_seq = ?, acked = ?, events = ?, bytes = ?, appended_total = ?, acked_total = ?, tombstoned_total = ? WHERE lane = ?',
    )
    this.#eventsFrom = db.prepare<[number, number], EventRow>(`SELECT seq, crc, payload FROM ${events} WHERE seq >= ? ORDER BY seq LIMIT ?`).raw()
    this.#tombstonesFrom = db.prepare<[number, number], StoredTombstone>(
      `SELECT ${tombstone} FROM ${tombstones} WHERE last >= ? ORDER BY first LIMIT ?`,
    )
    this.#lastTombstone = db.prepare<[], StoredTombstone>(`SELECT ${tombstone} FROM ${tombstones} ORDER BY first DESC LIMIT 1`)
    this.#tombstonesTouching = db.prepare<[number, number], StoredTombstone>(
      `SELECT ${tombstone} FROM ${tombstones} WHERE last >= ? AND first <= ? ORDER BY first`,
    )
    this.#tombstoneCount = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${tombstones}`)
    this.#sizesFrom = db
      .prepare<[number], [number, number, string]>(
        `SELECT seq, length(payload), connectors.name FROM ${events} JOIN connectors ON connectors.id = connector WHERE seq >= ? ORDER BY seq`,
      )
      .raw()
    this.#sizeOfRange = db.prepare<[number, number], { n: number; bytes: number }>(
      `SELECT count(*) AS n, coalesce(sum(length(payload)), 0) AS bytes FROM ${events} WHERE seq BETWEEN ? AND ?`,
    )
    this.#deleteEvents = db.prepare<[number, number]>(`DELETE FROM ${events} WHERE seq BETWEEN ? AND ?`)
    this.#oldest = db.prepare<[], { at_ms: number }>(`SELECT at_ms FROM ${events} ORDER BY seq LIMIT 1`)
    const row = db.prepare<[string], LaneRow>('SELECT * FROM lanes WHERE lane = ?').get(lane)
    if (!row) throw new Error(`the buffer has no lane ${lane}`)
    this.state = {
      epoch: row.epoch,
      nextSeq: row.next_seq,
      acked: row.acked,
      events: row.events,
      bytes: row.bytes,
      appendedTotal: row.appended_total,
      ackedTotal: row.acked_total,
      tombstonedTotal: row.tombstoned_total,
    }
  }

  appendEvent(payload: Uint8Array, connector: number, nowMs: number): void {
    this.#insertEvent.run(this.state.nextSeq, connector, nowMs, crc32(payload), payload)
    this.state.nextSeq += 1
    this.state.events += 1
    this.state.appendedTotal += 1
    this.state.bytes += payload.length + ROW_OVERHEAD_BYTES
  }

  /** Takes `max(count, 1)` seqs; a count of 0 says that the number is unknown. */
  appendLoss(reason: string, connectorId: string, count: number, nowMs: number): void {
    const first = this.state.nextSeq
    const last = first + Math.max(count, 1) - 1
    const before = this.#lastTombstone.get()
    if (before && before.last === first - 1 && before.reason === reason && before.connectorId === connectorId && before.last > this.state.acked) {
      this.#deleteTombstone.run(before.first)
      this.#insertTombstone.run(before.first, last, reason, connectorId, before.count + count, before.atMs)
    } else {
      this.#insertTombstone.run(first, last, reason, connectorId, count, nowMs)
      this.state.bytes += ROW_OVERHEAD_BYTES
    }
    this.state.nextSeq = last + 1
    this.state.tombstonedTotal += count
  }

  /**
   * Turns the oldest events from `fromSeq` on into tombstones that cover their seqs exactly, until `neededBytes` are free.
   * @returns bytes freed; less than asked where the lane has no more
   */
  evict(fromSeq: number, neededBytes: number, nowMs: number): number {
    const runs: { first: number; last: number; connectorId: string }[] = []
    let freed = 0
    for (const [seq, payloadBytes, connectorId] of this.#sizesFrom.iterate(fromSeq)) {
      const run = runs.at(-1)
      if (run && run.last === seq - 1) {
        run.last = seq
        if (run.connectorId !== connectorId) run.connectorId = ''
      } else runs.push({ first: seq, last: seq, connectorId })
      freed += payloadBytes + ROW_OVERHEAD_BYTES
      this.state.events -= 1
      if (freed >= neededBytes) break
    }
    this.state.bytes -= freed
    const [oldest] = runs
    const newest = runs.at(-1)
    if (!oldest || !newest) return 0
    this.#deleteEvents.run(oldest.first, newest.last)
    const fold = (this.#tombstoneCount.get()?.n ?? 0) >= MAX_SEPARATE_TOMBSTONES
    const ranges = fold ? [{ first: oldest.first, last: newest.last, connectorId: '' }] : runs
    for (const range of ranges) this.#bury(range, fold, nowMs)
    return freed
  }

  /** Writes one tombstone over a range without events, joined with what it touches: like reasons, or everything where `fold` is set. */
  #bury(range: { first: number; last: number; connectorId: string }, fold: boolean, nowMs: number): void {
    const touching = this.#tombstonesTouching
      .all(range.first - 1, range.last + 1)
      .filter((each) => each.reason === 'buffer_full' || (fold && each.first >= range.first && each.last <= range.last))
    const first = Math.min(range.first, ...touching.map((each) => each.first))
    const last = Math.max(range.last, ...touching.map((each) => each.last))
    const taken = sum(touching.map((each) => each.last - each.first + 1))
    const evicted = last - first + 1 - taken
    for (const each of touching) this.#deleteTombstone.run(each.first)
    const connectorId = touching.every((each) => each.connectorId === range.connectorId) ? range.connectorId : ''
    const count = evicted + sum(touching.map((each) => each.count))
    this.#insertTombstone.run(first, last, 'buffer_full', connectorId, count, touching[0]?.atMs ?? nowMs)
    this.state.bytes += ROW_OVERHEAD_BYTES * (1 - touching.length)
    this.state.tombstonedTotal += evicted
  }

  /** Deletes everything through `through`; a tombstone that reaches past it keeps its rest. */
  ackThrough(through: number): void {
    const { n, bytes } = this.#sizeOfRange.get(this.state.acked + 1, through) ?? { n: 0, bytes: 0 }
    this.#deleteEvents.run(this.state.acked + 1, through)
    for (const each of this.#tombstonesTouching.all(this.state.acked + 1, through)) {
      this.#deleteTombstone.run(each.first)
      if (each.last > through) {
        const rest = trimmed(each, through + 1)
        this.#insertTombstone.run(rest.first, rest.last, rest.reason, rest.connectorId, rest.count, rest.atMs)
      } else this.state.bytes -= ROW_OVERHEAD_BYTES
    }
    this.state.events -= n
    this.state.bytes -= bytes + n * ROW_OVERHEAD_BYTES
    this.state.ackedTotal += n
    this.state.acked = through
  }

  saveState(): void {
    const { epoch, nextSeq, acked, events, bytes, appendedTotal, ackedTotal, tombstonedTotal } = this.state
    this.#saveState.run(epoch, nextSeq, acked, events, bytes, appendedTotal, ackedTotal, tombstonedTotal, this.lane)
  }

  oldestAt(): Date | undefined {
    const row = this.#oldest.get()
    return row ? new Date(row.at_ms) : undefined
  }

  /** The run from `from` on, framed; undefined where there is none. See `Buffer.lease` for the bounds. */
  read(from: number, limitBytes: number, limitEvents: number): { last: number; entries: Uint8Array; events: number } | undefined {
    const writer = new EntriesWriter()
    const graves = this.#tombstonesFrom.all(from, limitEvents)
    let nextGrave = 0
    let next = from
    let events = 0
    let rows = 0
    const hasRoom = (bytes: number): boolean =>
      writer.entries === 0 || (writer.entries < limitEvents && writer.bytes + bytes + ENTRY_OVERHEAD_BYTES <= limitBytes)
    const buryUpTo = (seq: number): boolean => {
      while (next < seq) {
        const grave = graves[nextGrave]
        // A seq that is neither: a row the file lost. Accounted for like any other loss, so that the lane never stalls on it.
        const hole = { first: next, last: Math.min(seq, grave?.first ?? seq) - 1, reason: 'corrupt', connectorId: '', atMs: 0 }
        const tombstone = grave && grave.first <= next ? trimmed(grave, next) : { ...hole, count: hole.last - hole.first + 1 }
        if (!hasRoom(64 + tombstone.reason.length + tombstone.connectorId.length)) return false
        if (grave && grave.first <= next) nextGrave += 1
        writer.tombstone(tombstone)
        next = tombstone.last + 1
      }
      return true
    }
    for (const [seq, crc, payload] of this.#eventsFrom.iterate(from, limitEvents)) {
      if (!buryUpTo(seq) || !hasRoom(payload.length)) return this.#finished(writer, next, events)
      if (crc32(payload) === crc) {
        writer.event(seq, payload)
        events += 1
      } else writer.tombstone({ first: seq, last: seq, reason: 'corrupt', connectorId: '', count: 1, atMs: 0 })
      next = seq + 1
      rows += 1
    }
    // With all events read, what is left are tombstones; a full page of events may have more behind it.
    if (rows < limitEvents) buryUpTo(this.state.nextSeq)
    return this.#finished(writer, next, events)
  }

  #finished(writer: EntriesWriter, next: number, events: number) {
    return writer.entries === 0 ? undefined : { last: next - 1, entries: writer.finish(), events }
  }
}

const trimmed = (tombstone: StoredTombstone, from: number): StoredTombstone => {
  if (tombstone.first >= from) return tombstone
  return { ...tombstone, first: from, count: Math.min(tombstone.count, tombstone.last - from + 1) }
}
