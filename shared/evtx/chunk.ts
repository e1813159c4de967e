import { crc32 } from 'node:zlib'
import { createBinXmlReader } from './binxml.ts'
import { createBudget } from './budget.ts'
import { ChunkBytes } from './chunk-bytes.ts'
import { documentOf, type EvtxObject } from './document.ts'
import { EvtxFault, type EvtxLoss } from './fault.ts'
import { fileTimeText } from './windows-time.ts'

export const CHUNK_BYTES = 65_536
export const CHUNK_SIGNATURE = 'ElfChnk\0'
const HEADER_BYTES = 512
const RECORD_MAGIC = 0x0000_2a2a
const RECORD_HEADER_BYTES = 24
const RECORD_MIN_BYTES = 28

export interface EvtxRecord {
  /** The record's number as the log gave it. */
  readonly id: number | string
  /** Bytes from the beginning of the file. */
  readonly offset: number
  /** When the event log wrote it, `2025-10-25T13:44:33.440907Z`; the document has the event's own time. */
  readonly writtenAt: string
  /** `{ Event: … }` in evtx_dump's shape. */
  readonly document: EvtxObject
}

export interface EvtxChunk {
  readonly records: readonly EvtxRecord[]
  readonly losses: readonly EvtxLoss[]
  /** Records found behind the end of the chunk's own: left over from before the log was cleared or wrapped. Read only when asked for. */
  readonly slackRecords: number
}

export interface EvtxChunkOptions {
  /** Give out what is found behind the end of the chunk's own records too. */
  readonly slack?: boolean | undefined
}

/**
 * Reads one chunk of an event log: 64 KiB with its own names and templates, so chunks can be read apart and in parallel. A chunk that is damaged, or shorter because the
 * file ends in it, gives what can be read; every loss says where. Never throws, whatever the bytes, and takes time and memory bounded by `budget.ts`.
 *
 * Layout: "Windows XML Event Log (EVTX) format", libevtx.
 *
 * @param fileOffset - where the chunk begins in its file, for offsets in records and losses
 */
export function readEvtxChunk(chunk: Uint8Array, fileOffset: number, { slack = false }: EvtxChunkOptions = {}): EvtxChunk {
  const bytes = new ChunkBytes(chunk)
  const losses: EvtxLoss[] = []
  const lose = (kind: EvtxLoss['kind'], at: number, reason: string, recordId?: number | string) =>
    losses.push({ kind, offset: fileOffset + at, reason, recordId })
  const header = readHeader(chunk, bytes, lose)
  const budget = createBudget()
  const reader = createBinXmlReader(bytes, budget, (at, name) =>
    lose('name_hash', at, `the name ${JSON.stringify(name.slice(0, 40))} does not fit its hash: one of the two is damaged`),
  )
  const records: EvtxRecord[] = []
  const decode = (at: number, size: number, lossKind: EvtxLoss['kind']): void => {
    const id = bytes.u64(at + 8)
    budget.begin()
    try {
      const fragments = reader.fragments(at + RECORD_HEADER_BYTES, at + size - 4)
      if (fragments.length === 0) throw new EvtxFault(at, 'the record holds no event')
      const document = documentOf(fragments, { bytes, reader, budget })
      records.push({ id, offset: fileOffset + at, writtenAt: fileTimeText(bytes.u32(at + 16), bytes.u32(at + 20)), document })
    } catch (error) {
      if (!(error instanceof EvtxFault)) throw error
      lose(lossKind, at, error.at === undefined ? error.message : `${error.message} (byte ${fileOffset + error.at})`, id)
    }
  }

  let slackRecords = 0
  let lastId: number | string | undefined
  let at = HEADER_BYTES
  while (at < bytes.length) {
    const size = recordSize(bytes, at)
    // A log that was not closed has records behind the end its header still names; they go on counting where the others stopped.
    const own = at < header.end || (size > 0 && follows(lastId, bytes.u64(at + 8)))
    if (size > 0) {
      if (own || slack) decode(at, size, own ? 'record' : 'slack_record')
      if (!own) slackRecords++
      if (own) lastId = bytes.u64(at + 8)
      at += size
      continue
    }
    const next = nextRecord(chunk, bytes, at + 1)
    const skippedEnd = Math.min(next, header.end)
    if (at < skippedEnd && hasContent(chunk, at, skippedEnd)) lose('bytes_skipped', at, `${skippedEnd - at} bytes hold no record that can be read`)
    at = next
  }
  return { records, losses, slackRecords }
}

type Lose = (kind: EvtxLoss['kind'], at: number, reason: string) => void

/** Where the chunk's own records end; its length where the header cannot be believed. */
function readHeader(chunk: Uint8Array, bytes: ChunkBytes, lose: Lose): { end: number } {
  const everything = { end: bytes.length }
  if (bytes.length < HEADER_BYTES || bytes.latin1(0, 8) !== CHUNK_SIGNATURE) {
    lose('chunk_header', 0, 'the chunk has no header; its records are searched for')
    return everything
  }
  if (!fitsHeaderChecksum(chunk)) {
    lose('chunk_header', 0, "the chunk's header does not fit its checksum; records are read as far as they make sense")
    return everything
  }
  const end = bytes.u32(48)
  if (end < HEADER_BYTES || end > bytes.length) return everything
  if (crc32(chunk.subarray(HEADER_BYTES, end)) !== bytes.u32(52))
    lose('chunk_checksum', 0, 'the records do not fit their checksum: some were changed or damaged, or the log was not closed')
  return { end }
}

/** Whether a chunk's first 512 bytes are as they were written. */
export function fitsHeaderChecksum(chunk: Uint8Array): boolean {
  if (chunk.length < HEADER_BYTES) return false
  return new ChunkBytes(chunk).u32(124) === crc32(chunk.subarray(128, HEADER_BYTES), crc32(chunk.subarray(0, 120)))
}

const follows = (last: number | string | undefined, id: number | string): boolean =>
  typeof last === 'number' && typeof id === 'number' && id === last + 1

/** The size of the record that begins here; 0 where none does. */
function recordSize(bytes: ChunkBytes, at: number): number {
  if (at + RECORD_MIN_BYTES > bytes.length || bytes.u32(at) !== RECORD_MAGIC) return 0
  const size = bytes.u32(at + 4)
  if (size < RECORD_MIN_BYTES || at + size > bytes.length) return 0
  // The size stands at both ends.
  return bytes.u32(at + size - 4) === size ? size : 0
}

function nextRecord(chunk: Uint8Array, bytes: ChunkBytes, from: number): number {
  for (let at = chunk.indexOf(0x2a, from); at >= 0; at = chunk.indexOf(0x2a, at + 1)) if (recordSize(bytes, at) > 0) return at
  return bytes.length
}

function hasContent(chunk: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (chunk[at] !== 0) return true
  return false
}
