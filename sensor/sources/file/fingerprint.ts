import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** The beginning of a file, to know it again: an inode number is given to the next file once its own is gone. */
export interface Fingerprint {
  readonly length: number
  readonly hash: string
}

const FINGERPRINT_BYTES = 256

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64').slice(0, 22)

const beginning = async (handle: FileHandle): Promise<Buffer> => {
  const buffer = Buffer.alloc(FINGERPRINT_BYTES)
  const { bytesRead } = await handle.read(buffer, 0, FINGERPRINT_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}

/** What the file begins with now, and whether that still is what `known` says; one that was short is compared as far as it went. */
export const takeFingerprint = async (
  handle: FileHandle,
  known?: Fingerprint,
): Promise<{ fingerprint: Fingerprint; same: boolean; gzip: boolean }> => {
  const bytes = await beginning(handle)
  const fingerprint = { length: bytes.length, hash: hashOf(bytes) }
  const same = known === undefined || (bytes.length >= known.length && hashOf(bytes.subarray(0, known.length)) === known.hash)
  return { fingerprint, same, gzip: bytes[0] === 0x1f && bytes[1] === 0x8b }
}
