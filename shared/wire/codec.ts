import { promisify } from 'node:util'
import { crc32, deflate, inflate } from 'node:zlib'
import { ExpectedError } from '../errors.ts'
import { picket } from './generated/picket.js'
import { BATCH_MAX_EVENTS, MAX_UNCOMPRESSED_BYTES } from './limits.ts'

const { Codec } = picket.v1
const deflateAsync = promisify<Uint8Array, object, Buffer>(deflate)
const inflateAsync = promisify<Uint8Array, object, Buffer>(inflate)

/** Below this, in bytes, compression costs more time than it saves on the wire. */
const COMPRESS_FROM_BYTES = 512

/** A run of one lane before it is packed. */
export interface BatchRun {
  readonly lane: string
  readonly epoch: string
  readonly first: number
  readonly last: number
  /** Encoded proto Entries. */
  readonly entries: Uint8Array
}

/** The sender's batch cannot be right: damaged, lying about its size, or too large. Sending it again as it is changes nothing. */
export class BadBatch extends ExpectedError {
  readonly code = 'BAD_BATCH'
  readonly kind = 'invalid'
}

/** Compresses a run into a wire Batch. Level 1: the link is rarely the limit, the sensor's core often is. Runs in zlib's thread pool. */
export async function packBatch(run: BatchRun): Promise<picket.v1.Batch.$Properties & { payload: Uint8Array }> {
  const small = run.entries.length < COMPRESS_FROM_BYTES
  return {
    epoch: run.epoch,
    lane: run.lane,
    first: run.first,
    last: run.last,
    crc32: crc32(run.entries),
    codec: small ? Codec.CODEC_NONE : Codec.CODEC_DEFLATE,
    uncompressedBytes: run.entries.length,
    payload: small ? run.entries : await deflateAsync(run.entries, { level: 1 }),
  }
}

/**
 * The encoded Entries of a batch. Memory is bounded whatever the payload claims or holds.
 *
 * @throws {BadBatch} an impossible range, an unknown codec, a size or checksum that differs, damaged compression
 */
export async function unpackBatch(batch: picket.v1.Batch.$Properties): Promise<Uint8Array> {
  const first = batch.first ?? 0
  const last = batch.last ?? 0
  // A tombstone stands for many seqs in one entry, so the range itself may be wider than BATCH_MAX_EVENTS; the entries are counted by whoever decodes them.
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || last < first)
    throw new BadBatch(`range ${first}..${last} is impossible`)
  const size = batch.uncompressedBytes ?? 0
  if (size > MAX_UNCOMPRESSED_BYTES) throw new BadBatch(`${size} bytes uncompressed, the limit is ${MAX_UNCOMPRESSED_BYTES}`)

  const entries = await decompress(batch.codec ?? Codec.CODEC_NONE, batch.payload ?? new Uint8Array(), size)
  if (entries.length !== size) throw new BadBatch(`${entries.length} bytes uncompressed, the batch says ${size}`)
  if (crc32(entries) !== (batch.crc32 ?? 0)) throw new BadBatch('checksum differs')
  return entries
}

async function decompress(codec: number, payload: Uint8Array, size: number): Promise<Uint8Array> {
  if (codec === Codec.CODEC_NONE) return payload
  if (codec !== Codec.CODEC_DEFLATE) throw new BadBatch(`unknown codec ${codec}`)
  try {
    // maxOutputLength stops a bomb at the size the batch itself announced.
    return await inflateAsync(payload, { maxOutputLength: Math.max(size, 1) })
  } catch (cause) {
    throw new BadBatch('the payload does not decompress to the announced size', { cause })
  }
}

/**
 * Decodes a batch's entries.
 *
 * @throws {BadBatch} bytes that are no Entries, or more of them than a batch may hold
 */
export function decodeEntries(entries: Uint8Array): picket.v1.Entry.$Properties[] {
  let decoded: picket.v1.Entry.$Properties[]
  try {
    decoded = picket.v1.Entries.decode(entries).entries
  } catch (cause) {
    throw new BadBatch('the payload is not a list of entries', { cause })
  }
  if (decoded.length > BATCH_MAX_EVENTS) throw new BadBatch(`${decoded.length} entries, the limit is ${BATCH_MAX_EVENTS}`)
  return decoded
}
