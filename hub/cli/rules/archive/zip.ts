import { type FileHandle, open } from 'node:fs/promises'
import { crc32, inflateRawSync } from 'node:zlib'
import { ArchiveRefused, createContent, FILE_LIMIT_BYTES, type SourceContent, safePath, type Wanted } from './archive.ts'

/** Signatures and sizes of the records read (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). */
const END = { signature: 0x06054b50, bytes: 22 }
const CENTRAL = { signature: 0x02014b50, bytes: 46 }
const LOCAL = { signature: 0x04034b50, bytes: 30 }
const COMMENT_LIMIT = 0xffff
const DIRECTORY_LIMIT_BYTES = 64 * 1024 * 1024
const STORED = 0
const DEFLATED = 8
const ENCRYPTED = 1
const UNIX = 3
const UNIX_TYPE = 0o170000
const UNIX_LINK = 0o120000

const damaged = (what: string) => new ArchiveRefused(`the zip file is damaged: ${what}`)

/**
 * Takes the wanted files out of a zip file. It believes the directory at the end and checks each file's size and CRC against it; no file is unpacked
 * beyond the size it claims.
 *
 * @throws {ArchiveRefused} for a file that is damaged, encrypted, past the bounds, or names paths outside
 */
export async function readZip(file: string, wanted: Wanted): Promise<SourceContent> {
  const handle = await open(file)
  try {
    return await readFrom(handle, (await handle.stat()).size, wanted)
  } finally {
    await handle.close()
  }
}

async function readFrom(handle: FileHandle, size: number, wanted: Wanted): Promise<SourceContent> {
  const { directory, entries, comment } = await readDirectory(handle, size)
  const content = createContent()
  let at = 0
  for (let i = 0; i < entries; i++) {
    content.count()
    const entry = centralEntry(directory, at)
    at = entry.next
    if (entry.name.endsWith('/')) {
      safePath(entry.name)
      continue
    }
    const path = safePath(entry.name)
    if (!wanted(path)) continue
    if (entry.link) content.skip(path, 'a symbolic link')
    else if (entry.size > FILE_LIMIT_BYTES) content.skip(path, `${entry.size} bytes; the limit is ${FILE_LIMIT_BYTES}`)
    else content.add({ path, bytes: await readEntry(handle, size, path, entry) })
  }
  return content.end(comment)
}

async function readDirectory(handle: FileHandle, size: number) {
  const tail = await bytesAt(handle, Math.max(0, size - END.bytes - COMMENT_LIMIT), Math.min(size, END.bytes + COMMENT_LIMIT))
  let end = tail.length - END.bytes
  while (end >= 0 && tail.readUInt32LE(end) !== END.signature) end--
  if (end < 0) throw damaged('it has no directory')
  const entries = tail.readUInt16LE(end + 10)
  const bytes = tail.readUInt32LE(end + 12)
  const start = tail.readUInt32LE(end + 16)
  if (entries === 0xffff || start === 0xffffffff) throw new ArchiveRefused('the zip file is a zip64; unpack it and import the folder')
  if (bytes > DIRECTORY_LIMIT_BYTES || start + bytes > size) throw damaged('its directory lies outside the file')
  const directory = await bytesAt(handle, start, bytes)
  return { directory, entries, comment: tail.toString('utf8', end + END.bytes, end + END.bytes + tail.readUInt16LE(end + 20)) }
}

interface ZipEntry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
  readonly link: boolean
  readonly next: number
}

function centralEntry(directory: Buffer, at: number): ZipEntry {
  if (at + CENTRAL.bytes > directory.length || directory.readUInt32LE(at) !== CENTRAL.signature) throw damaged('its directory ends early')
  const nameBytes = directory.readUInt16LE(at + 28)
  const nameAt = at + CENTRAL.bytes
  const next = nameAt + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  if (next > directory.length) throw damaged('its directory ends early')
  return {
    name: directory.toString('utf8', nameAt, nameAt + nameBytes),
    flags: directory.readUInt16LE(at + 8),
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packed: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
    link: directory.readUInt8(at + 5) === UNIX && ((directory.readUInt32LE(at + 38) >>> 16) & UNIX_TYPE) === UNIX_LINK,
    next,
  }
}

async function readEntry(handle: FileHandle, archiveSize: number, path: string, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.flags & ENCRYPTED) throw new ArchiveRefused(`"${path}" is encrypted; unpack the archive and import the folder`)
  if (entry.offset + LOCAL.bytes > archiveSize) throw damaged(`"${path}" lies outside the file`)
  const local = await bytesAt(handle, entry.offset, LOCAL.bytes)
  if (local.readUInt32LE(0) !== LOCAL.signature) throw damaged(`"${path}" is not where the directory says`)
  const start = entry.offset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28)
  // What is wanted is bounded unpacked; packed it can only be a little larger, unless the directory lies.
  if (entry.packed > FILE_LIMIT_BYTES * 2 || start + entry.packed > archiveSize) throw damaged(`"${path}" lies outside the file`)
  const bytes = unpacked(await bytesAt(handle, start, entry.packed), path, entry)
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc) throw damaged(`"${path}" is not what the directory says`)
  return bytes
}

function unpacked(packed: Buffer, path: string, { method, size }: ZipEntry): Uint8Array {
  if (method === STORED) return packed
  if (method !== DEFLATED)
    throw new ArchiveRefused(`"${path}" is packed by method ${method}, which is not read; unpack the archive and import the folder`)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch (cause) {
    throw new ArchiveRefused(`the zip file is damaged: "${path}" cannot be unpacked, or holds more than it says`, { cause })
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) throw damaged('it ends early')
    filled += bytesRead
  }
  return bytes
}
