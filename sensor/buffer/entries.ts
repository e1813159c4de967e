import { picket } from '../../shared/wire/generated/picket.js'

const ENTRIES_ENTRY = 0x0a // Entries.entries, length-delimited
const ENTRY_SEQ = 0x08 // Entry.seq, varint
const ENTRY_EVENT = 0x12 // Entry.event, length-delimited

export interface StoredTombstone {
  readonly first: number
  readonly last: number
  readonly reason: string
  readonly connectorId: string
  readonly count: number
  readonly atMs: number
}

/**
 * Builds proto `Entries` around payloads that are already encoded: only the framing is written, no event is decoded.
 * Repeated fields of proto3 concatenate, so each entry is appended as it comes.
 */
export class EntriesWriter {
  #parts: Uint8Array[] = []
  bytes = 0
  entries = 0

  event(seq: number, payload: Uint8Array): void {
    this.#append(eventHeader(seq, payload.length))
    this.#append(payload)
    this.entries += 1
  }

  /** `Entry.seq` of a tombstone is its first seq. */
  tombstone({ first, last, reason, connectorId, count, atMs }: StoredTombstone): void {
    const entry = { seq: first, tombstone: { first, last, reason, connectorId, count, atMs } }
    this.#append(picket.v1.Entries.encode({ entries: [entry] }).finish())
    this.entries += 1
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.bytes)
  }

  #append(part: Uint8Array): void {
    this.#parts.push(part)
    this.bytes += part.length
  }
}

/** Bytes an event takes in `Entries` beside its payload, at most. */
export const ENTRY_OVERHEAD_BYTES = 24

const eventHeader = (seq: number, payloadBytes: number): Uint8Array => {
  const entryBytes = 1 + varintBytes(seq) + 1 + varintBytes(payloadBytes) + payloadBytes
  const header = Buffer.allocUnsafe(1 + varintBytes(entryBytes) + (entryBytes - payloadBytes))
  header[0] = ENTRIES_ENTRY
  let at = writeVarint(header, 1, entryBytes)
  header[at++] = ENTRY_SEQ
  at = writeVarint(header, at, seq)
  header[at++] = ENTRY_EVENT
  writeVarint(header, at, payloadBytes)
  return header
}

const varintBytes = (value: number): number => {
  let bytes = 1
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes += 1
  return bytes
}

// Division rather than shifts: a seq may pass 2^31.
const writeVarint = (into: Uint8Array, at: number, value: number): number => {
  let rest = value
  let index = at
  while (rest >= 128) {
    into[index++] = (rest % 128) + 128
    rest = Math.floor(rest / 128)
  }
  into[index++] = rest
  return index
}
