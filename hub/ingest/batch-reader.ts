import { isUtf8 } from 'node:buffer'
import { isIP } from 'node:net'
import { BadBatch, decodeEntries } from '../../shared/wire/codec.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { eventId } from './event-id.ts'
import type { StoredEvent, StoredTombstone } from './ports.ts'

/** Largest document taken, in bytes. Sensors cut records far below this. */
const DOCUMENT_LIMIT_BYTES = 2 * 1024 * 1024
const MOST_CATEGORIES = 16

export interface ReadContext {
  readonly sensorId: string
  readonly epoch: string
  readonly first: number
  readonly last: number
  /** Everything through this seq is here already and is passed over. */
  readonly above: number
  readonly receivedAt: Date
  readonly knowsConnector: (connectorId: string) => boolean
}

export interface ReadBatch {
  readonly events: StoredEvent[]
  readonly tombstones: StoredTombstone[]
  /** Events that cannot be kept and became tombstones. */
  readonly poisoned: number
  readonly bytes: number
}

/**
 * Reads a batch's entries into what is stored. Each seq of first..last must be there, in order, as an event or inside a tombstone.
 * A poison document costs itself only: a tombstone with reason `poison` takes its place.
 *
 * @throws {BadBatch} not entries at all, or a seq missing, doubled or out of order
 */
export function readBatch(entries: Uint8Array, context: ReadContext): ReadBatch {
  const events: StoredEvent[] = []
  const tombstones: StoredTombstone[] = []
  let poisoned = 0
  let bytes = 0
  let next = context.first
  for (const { seq, event, tombstone } of decodeEntries(entries)) {
    if (tombstone) {
      const stored = readTombstone(tombstone, next, context)
      next = (tombstone.last ?? 0) + 1
      if (stored) tombstones.push(stored)
      continue
    }
    if (seq !== next || !event) throw new BadBatch(`entry ${seq} where ${next} was due`)
    next += 1
    if (seq <= context.above) continue
    const document = readDocument(event.document)
    if (document === undefined) {
      poisoned += 1
      tombstones.push(poisonTombstone(seq, connectorOf(event.connectorId, context), context.receivedAt))
      continue
    }
    bytes += document.length
    events.push(readEvent(seq, event, document, context))
  }
  if (next !== context.last + 1) throw new BadBatch(`entries end at ${next - 1}, the batch says ${context.last}`)
  return { events, tombstones, poisoned, bytes }
}

/** Stands in for one event that cannot be kept. */
export const poisonTombstone = (seq: number, connectorId: string | undefined, at: Date): StoredTombstone => ({
  first: seq,
  last: seq,
  reason: 'poison',
  connectorId,
  count: 1,
  at,
})

function readTombstone(tombstone: picket.v1.Tombstone.$Properties, due: number, context: ReadContext): StoredTombstone | undefined {
  const first = tombstone.first ?? 0
  const last = tombstone.last ?? 0
  if (first !== due || !Number.isSafeInteger(last) || last < first || last > context.last)
    throw new BadBatch(`tombstone ${first}..${last} where ${due} was due`)
  if (last <= context.above) return undefined
  const from = Math.max(first, context.above + 1)
  const count = tombstone.count ?? 0
  return {
    first: from,
    last,
    reason: text(tombstone.reason, 32) ?? 'unknown',
    connectorId: connectorOf(tombstone.connectorId, context),
    count: Number.isSafeInteger(count) && count >= 0 ? Math.min(count, last - from + 1) : last - from + 1,
    at: instant(tombstone.atMs) ?? context.receivedAt,
  }
}

function readEvent(seq: number, event: picket.v1.Event.$Properties, document: string, context: ReadContext): StoredEvent {
  const observedAt = instant(event.observedMs) ?? context.receivedAt
  const sourceIp = event.sourceIp ?? ''
  return {
    seq,
    id: eventId(context.sensorId, context.epoch, seq),
    time: instant(event.timeMs) ?? observedAt,
    observedAt,
    connectorId: connectorOf(event.connectorId, context),
    dataset: text(event.dataset, 64) ?? 'unknown',
    product: text(event.product, 64),
    service: text(event.service, 64),
    categories: (event.categories ?? []).slice(0, MOST_CATEGORIES).flatMap((category) => text(category, 64) ?? []),
    host: text(event.host, 255),
    user: text(event.user, 255),
    sourceIp: isIP(sourceIp) ? sourceIp : undefined,
    rawBytes: Math.min(event.rawBytes ?? 0, 0x7fff_ffff),
    parsed: event.parsed ?? false,
    document,
  }
}

/**
 * The document's text, if it can be one: an object's braces around valid UTF-8 without a raw NUL. That the braces hold JSON is found out where it is
 * parsed, in the detection worker, and by PostgreSQL; parsing it here too would cost the main thread more than all the rest.
 */
function readDocument(bytes: Uint8Array | null | undefined): string | undefined {
  if (!bytes || bytes.length < 2 || bytes.length > DOCUMENT_LIMIT_BYTES) return undefined
  if (bytes[0] !== 0x7b || bytes[bytes.length - 1] !== 0x7d) return undefined
  if (!isUtf8(bytes) || bytes.includes(0)) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** A connector the tenant does not have, and above all another tenant's, is not written down. */
const connectorOf = (id: string | null | undefined, { knowsConnector }: ReadContext): string | undefined =>
  id && knowsConnector(id) ? id : undefined

/** Undefined for the empty string; PostgreSQL's text takes no NUL. */
function text(value: string | null | undefined, limit: number): string | undefined {
  if (!value) return undefined
  const clean = value.includes('\0') ? value.replaceAll('\0', '') : value
  return clean.slice(0, limit) || undefined
}

const EARLIEST_MS = Date.UTC(1970, 0, 1)
const LATEST_MS = Date.UTC(2200, 0, 1)

/** A clock's reading, where it is one. 0 is protobuf's absent; year 9999 is somebody's "never". */
const instant = (ms: number | null | undefined): Date | undefined =>
  Number.isSafeInteger(ms) && Number(ms) > EARLIEST_MS && Number(ms) < LATEST_MS ? new Date(Number(ms)) : undefined
