import { crc32 } from 'node:zlib'
import { CHUNK_BYTES, CHUNK_SIGNATURE, fitsHeaderChecksum } from './chunk.ts'
import type { EvtxLoss } from './fault.ts'

/** A chunk's bytes, cut out of the file. */
export interface EvtxFrame {
  /** Bytes from the beginning of the file. */
  readonly offset: number
  /** At most 64 KiB; fewer where the file ends or bytes are missing before the next chunk. Belongs to whoever receives it. */
  readonly bytes: Uint8Array
}

/** What a piece of the file gave. */
export interface EvtxFrames {
  readonly frames: readonly EvtxFrame[]
  readonly losses: readonly EvtxLoss[]
}

/** Cuts a file's bytes, as they come, into chunks. Holds one chunk at most. */
export interface EvtxFramer {
  push(bytes: Uint8Array): EvtxFrames
  /** The file has ended. */
  end(): EvtxFrames
}

const FILE_SIGNATURE = 'ElfFile\0'
const FILE_HEADER_BYTES = 4_096
/** A chunk's signature is looked for where it belongs; where it is not, at every byte, and believed with the header size behind it. */
const CHUNK_HEADER_SIZE = 128

/**
 * Makes the framer of one file. Damage moves nothing behind it: where bytes were lost or put in, the next chunk is found by its signature.
 * Chunks of zeros are space that Windows set aside; within the number of chunks the header names they are a loss.
 */
export function createEvtxFramer(): EvtxFramer {
  /** The chunk being gathered; its own memory each time, for it is given away. */
  let gathered = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let filled = 0
  /** Where in the file `gathered` begins. */
  let offset = 0
  let header: { chunks: number } | undefined
  let seen = 0

  const losses: EvtxLoss[] = []
  const frames: EvtxFrame[] = []
  const lose = (kind: EvtxLoss['kind'], at: number, reason: string) => losses.push({ kind, offset: at, reason })

  /** Drops or gives away the first bytes of what is gathered; the others stay. */
  const advance = (count: number, give: boolean): void => {
    const rest = gathered.subarray(count, filled)
    const next = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    rest.copy(next)
    if (give) {
      frames.push({ offset, bytes: gathered.subarray(0, count) })
      seen++
    }
    gathered = next
    offset += count
    filled -= count
  }
  const takeHeader = (): void => {
    const chunkAtOnce = startsChunk(gathered, 0)
    header = chunkAtOnce ? { chunks: 0 } : readFileHeader(gathered.subarray(0, Math.min(filled, FILE_HEADER_BYTES)), lose)
    if (chunkAtOnce) lose('file_header', 0, 'the file begins with a chunk; its header is missing')
    else advance(Math.min(filled, FILE_HEADER_BYTES), false)
  }
  const takeChunk = (): void => {
    const whole = startsChunk(gathered, 0)
    const next = nextChunk(gathered.subarray(0, filled), whole)
    const size = next ?? filled
    if (next !== undefined)
      lose('misaligned', offset, `the next chunk begins ${next} bytes on, not after ${CHUNK_BYTES}: bytes were lost or added before it`)
    const empty = !whole && isZero(gathered, size)
    if (empty) {
      if (next === undefined && header && seen < header.chunks) lose('chunk_missing', offset, 'a chunk the file header counts is empty')
      seen++
    }
    advance(size, !empty)
  }
  const take = (): EvtxFrames => ({ frames: frames.splice(0), losses: losses.splice(0) })

  return {
    push(bytes) {
      let from = 0
      while (from < bytes.length) {
        const wanted = header ? CHUNK_BYTES : FILE_HEADER_BYTES
        const part = bytes.subarray(from, from + wanted - filled)
        gathered.set(part, filled)
        filled += part.length
        from += part.length
        if (filled < wanted) break
        if (header) takeChunk()
        else takeHeader()
      }
      return take()
    },
    end() {
      if (!header && filled > 0) takeHeader()
      if (filled > 0) {
        if (!isZero(gathered, filled)) lose('truncated', offset + filled, `the file ends inside a chunk, after ${filled} of ${CHUNK_BYTES} bytes`)
        while (filled > 0) takeChunk()
      }
      if (header && seen < header.chunks) lose('chunk_missing', offset, `the file ends after ${seen} of ${header.chunks} chunks`)
      return take()
    },
  }
}

const isEventLog = (bytes: Buffer): boolean => bytes.toString('latin1', 0, FILE_SIGNATURE.length) === FILE_SIGNATURE

function readFileHeader(bytes: Buffer, lose: (kind: EvtxLoss['kind'], at: number, reason: string) => void): { chunks: number } {
  if (bytes.length < FILE_HEADER_BYTES || !isEventLog(bytes)) {
    lose('file_header', 0, 'the file does not begin as an event log does; chunks are searched for')
    return { chunks: 0 }
  }
  if (crc32(bytes.subarray(0, 120)) !== bytes.readUInt32LE(124)) {
    lose('file_header', 0, "the file's header does not fit its checksum")
    return { chunks: 0 }
  }
  return { chunks: bytes.readUInt16LE(42) }
}

const startsChunk = (bytes: Buffer, at: number): boolean =>
  at + 44 <= bytes.length && bytes.toString('latin1', at, at + 8) === CHUNK_SIGNATURE && bytes.readUInt32LE(at + 40) === CHUNK_HEADER_SIZE

/** A chunk that begins too early. Inside one that began where it should, only a header with its checksum is believed: the bytes may be an event's. */
function nextChunk(bytes: Buffer, strict: boolean): number | undefined {
  for (let at = bytes.indexOf(CHUNK_SIGNATURE, 1, 'latin1'); at >= 0; at = bytes.indexOf(CHUNK_SIGNATURE, at + 1, 'latin1'))
    if (startsChunk(bytes, at) && (!strict || fitsHeaderChecksum(bytes.subarray(at)))) return at
  return undefined
}

function isZero(bytes: Uint8Array, length: number): boolean {
  for (let at = 0; at < length; at++) if (bytes[at] !== 0) return false
  return true
}
