import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-'
const READ_BYTES = 1024 * 1024

export const isGzipped = (file: string): boolean => /\.gz$/i.test(file)

/** A file's bytes, or standard input's; of a `.gz` file what is in it. A failure of either end, the file's or gzip's, reaches whoever reads. */
export function openFile(file: string): Readable {
  const source = file === STANDARD_INPUT ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES })
  return isGzipped(file) ? pipeline(source, createGunzip({ chunkSize: READ_BYTES }), () => undefined) : source
}
