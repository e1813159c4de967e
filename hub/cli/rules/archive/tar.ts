import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf } from '../../../../shared/errors.ts'
import { ArchiveRefused, createContent, FILE_LIMIT_BYTES, type SourceContent, safePath, type Wanted } from './archive.ts'

const BLOCK = 512
/** Of the whole archive unpacked, wanted or not: SigmaHQ's with all recorded events has about 100 MB. */
const ARCHIVE_LIMIT_BYTES = 2 * 1024 * 1024 * 1024
/** Extended headers (long names, comments). */
const HEADER_LIMIT_BYTES = 1024 * 1024

/**
 * Takes the wanted files out of a gzipped tar archive (POSIX ustar and pax, GNU long names), streaming: only what is wanted is kept in memory.
 *
 * @throws {ArchiveRefused} for a file that is damaged, past the bounds, or names paths outside
 */
export async function readTarGz(file: string, wanted: Wanted): Promise<SourceContent> {
  const chunks = unzipped(file)
  try {
    return await readFrom(createByteReader(chunks), wanted)
  } finally {
    // Closes the file where reading stopped before its end.
    await chunks.return(undefined)
  }
}

async function readFrom(input: ByteReader, wanted: Wanted): Promise<SourceContent> {
  const content = createContent()
  let longName: string | undefined
  let comment: string | undefined
  let pax: ReadonlyMap<string, string> = new Map()
  for (;;) {
    const header = await input.read(BLOCK)
    // The end is two empty blocks, or nothing.
    if (!header || header.every((byte) => byte === 0)) return content.end(comment)
    content.count()
    const entry = headerOf(header)
    const size = Number(pax.get('size') ?? entry.size)
    if (!Number.isSafeInteger(size) || size < 0) throw new ArchiveRefused('the tar archive is damaged: an entry has no size')
    if (entry.type === 'x' || entry.type === 'g' || entry.type === 'L') {
      if (size > HEADER_LIMIT_BYTES) throw new ArchiveRefused('the tar archive holds a header of more than a megabyte; it is not used')
      const bytes = await input.body(size)
      if (entry.type === 'L') longName = textIn(bytes)
      else if (entry.type === 'x') pax = paxRecords(bytes)
      else comment = paxRecords(bytes).get('comment') ?? comment
      continue
    }
    const path = safePath(pax.get('path') ?? longName ?? entry.name)
    longName = undefined
    pax = new Map()
    const isFile = entry.type === '0' || entry.type === '\0' || entry.type === '7'
    const isLink = entry.type === '1' || entry.type === '2'
    if (path === '' || !wanted(path) || !(isFile || isLink)) await input.skip(size)
    else if (isLink || size > FILE_LIMIT_BYTES) {
      content.skip(path, isLink ? 'a link' : `${size} bytes; the limit is ${FILE_LIMIT_BYTES}`)
      await input.skip(size)
    } else content.add({ path, bytes: await input.body(size) })
  }
}

async function* unzipped(file: string): AsyncGenerator<Buffer> {
  // The failure of either end reaches the loop below through the stream it reads.
  const stream = pipeline(createReadStream(file), createGunzip(), () => undefined)
  let total = 0
  try {
    for await (const chunk of stream) {
      const bytes: Buffer = chunk
      total += bytes.length
      if (total > ARCHIVE_LIMIT_BYTES) throw new ArchiveRefused(`the archive unpacks to more than ${ARCHIVE_LIMIT_BYTES} bytes; it is not used`)
      yield bytes
    }
  } catch (error) {
    if (error instanceof ArchiveRefused || (error instanceof Error && 'syscall' in error)) throw error
    throw new ArchiveRefused(`the archive is damaged: ${messageOf(error)}`, { cause: error })
  }
}

interface TarHeader {
  readonly name: string
  readonly size: number
  readonly type: string
}

function headerOf(block: Buffer): TarHeader {
  const sum = Number.parseInt(block.toString('latin1', 148, 156), 8)
  // The checksum counts its own field as spaces.
  const counted = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0)
  if (sum !== counted) throw new ArchiveRefused('the tar archive is damaged: a header does not add up')
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? textIn(block.subarray(345, 500)) : ''
  const name = textIn(block.subarray(0, 100))
  return { name: prefix === '' ? name : `${prefix}/${name}`, size: sizeIn(block.subarray(124, 136)), type: block.toString('latin1', 156, 157) }
}

/** Octal digits, or, from 8 GB on, a number in base 256 (GNU). */
function sizeIn(field: Buffer): number {
  if ((field[0] ?? 0) & 0x80) return field.subarray(1).reduce((total, byte) => total * 256 + byte, 0)
  return Number.parseInt(textIn(field).trim() || '0', 8)
}

const textIn = (bytes: Buffer): string => {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}

/** `<length> <key>=<value>\n`, one after another. */
function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, Math.max(at, space)))
    if (space < 0 || !Number.isSafeInteger(length) || length <= space - at || at + length > bytes.length)
      throw new ArchiveRefused('the tar archive is damaged: a header cannot be read')
    const [key = '', ...value] = bytes.toString('utf8', space + 1, at + length - 1).split('=')
    records.set(key, value.join('='))
    at += length
  }
  return records
}

type ByteReader = ReturnType<typeof createByteReader>

/** Reads a stream of chunks by counts of bytes. */
function createByteReader(chunks: AsyncIterator<Buffer>) {
  let pending: Buffer = Buffer.alloc(0)
  const fill = async (): Promise<boolean> => {
    const next = await chunks.next()
    if (next.done) return false
    pending = pending.length === 0 ? next.value : Buffer.concat([pending, next.value])
    return true
  }
  const early = () => new ArchiveRefused('the tar archive is damaged: it ends early')
  const take = (length: number): Buffer => {
    // A copy: the chunk would otherwise stay in memory for as long as the smallest file taken from it.
    const bytes = Buffer.from(pending.subarray(0, length))
    pending = pending.subarray(length)
    return bytes
  }
  const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK
  return {
    /** Undefined at the end. */
    async read(length: number): Promise<Buffer | undefined> {
      while (pending.length < length) if (!(await fill())) break
      if (pending.length === 0) return undefined
      if (pending.length < length) throw early()
      return take(length)
    },
    /** An entry's content; the padding after it is passed over. */
    async body(size: number): Promise<Buffer> {
      while (pending.length < padded(size)) if (!(await fill())) throw early()
      return take(padded(size)).subarray(0, size)
    },
    async skip(size: number): Promise<void> {
      let left = padded(size)
      while (left > pending.length) {
        left -= pending.length
        pending = Buffer.alloc(0)
        if (!(await fill())) throw early()
      }
      pending = pending.subarray(left)
    },
  }
}
