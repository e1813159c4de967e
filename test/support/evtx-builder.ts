import { crc32 } from 'node:zlib'
import { nameHash } from '../../shared/evtx/name-hash.ts'

/** Builds small Windows event logs, so that tests need no recorded ones. Only what tests ask for; the layout is that of shared/evtx. */

export type BuiltPart =
  | string
  | BuiltElement
  | { readonly sub: number; readonly optional?: boolean }
  | { readonly cdata: string }
  | { readonly entity: string }
  | { readonly character: number }

export interface BuiltElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, BuiltPart>>
  readonly content: readonly BuiltPart[]
}

export const element = (name: string, attributes: Readonly<Record<string, BuiltPart>> = {}, ...content: readonly BuiltPart[]): BuiltElement => ({
  name,
  attributes,
  content,
})
export const sub = (index: number): BuiltPart => ({ sub: index })

export interface BuiltValue {
  readonly type: number
  /** Bytes, or what writes them where they will lie: binary XML names things by their place. */
  readonly bytes: Buffer | ((writer: XmlWriter) => void)
}

export const utf16 = (text: string): BuiltValue => ({ type: 1, bytes: Buffer.from(text, 'utf16le') })
export const raw = (type: number, hex: string): BuiltValue => ({ type, bytes: Buffer.from(hex.replaceAll(' ', ''), 'hex') })
export const nothing: BuiltValue = { type: 0, bytes: Buffer.alloc(0) }
export const embedded = (root: BuiltElement, values?: readonly BuiltValue[]): BuiltValue => ({
  type: 0x21,
  bytes: (writer) => writer.fragment(root, values),
})

export interface BuiltRecord {
  readonly id: number
  readonly root: BuiltElement
  /** Undefined: the XML stands in the record itself, without a template. */
  readonly values?: readonly BuiltValue[] | undefined
}

const CHUNK_BYTES = 65_536
/** 2024-01-01T00:00:00Z as a FILETIME. */
export const BUILT_TIME = 133_485_408_000_000_000n

/** Writes binary XML into a chunk's bytes: names and templates where they are first used, by offset after that. */
export class XmlWriter {
  readonly bytes = Buffer.alloc(CHUNK_BYTES)
  at = 512
  readonly #names = new Map<string, number>()
  readonly #templates = new Map<BuiltElement, { at: number; id: number }>()

  u8(value: number): void {
    this.at = this.bytes.writeUInt8(value, this.at)
  }
  u16(value: number): void {
    this.at = this.bytes.writeUInt16LE(value, this.at)
  }
  u32(value: number): void {
    this.at = this.bytes.writeUInt32LE(value >>> 0, this.at)
  }
  put(bytes: Buffer): void {
    bytes.copy(this.bytes, this.at)
    this.at += bytes.length
  }

  fragment(root: BuiltElement, values?: readonly BuiltValue[]): void {
    this.put(Buffer.from([0x0f, 1, 1, 0]))
    if (values) this.template(root, values)
    else this.element(root)
    this.u8(0)
  }
  name(name: string): void {
    const known = this.#names.get(name)
    if (known !== undefined) {
      this.u32(known)
      return
    }
    this.u32(this.at + 4)
    this.#names.set(name, this.at)
    this.u32(0)
    this.u16(nameHash(name))
    this.u16(name.length)
    this.put(Buffer.from(`${name}\0`, 'utf16le'))
  }
  template(root: BuiltElement, values: readonly BuiltValue[]): void {
    const known = this.#templates.get(root)
    const id = known?.id ?? 0x1000 + this.#templates.size
    this.u8(0x0c)
    this.u8(1)
    this.u32(id)
    this.u32(known?.at ?? this.at + 4)
    if (!known) {
      this.#templates.set(root, { at: this.at, id })
      this.u32(0)
      this.u32(id)
      this.put(Buffer.alloc(12))
      const sizeAt = this.at
      this.u32(0)
      this.fragment(root)
      this.bytes.writeUInt32LE(this.at - sizeAt - 4, sizeAt)
    }
    this.values(values)
  }
  values(values: readonly BuiltValue[]): void {
    this.u32(values.length)
    const descriptors = this.at
    this.at += values.length * 4
    values.forEach(({ type, bytes }, index) => {
      const from = this.at
      if (typeof bytes === 'function') bytes(this)
      else this.put(bytes)
      this.bytes.writeUInt16LE(this.at - from, descriptors + index * 4)
      this.bytes.writeUInt8(type, descriptors + index * 4 + 2)
    })
  }
  element({ name, attributes, content }: BuiltElement): void {
    const entries = Object.entries(attributes)
    this.u8(entries.length > 0 ? 0x41 : 0x01)
    this.u16(0xffff)
    this.u32(0)
    this.name(name)
    if (entries.length > 0) {
      this.u32(0)
      entries.forEach(([attribute, value], index) => {
        this.u8(index < entries.length - 1 ? 0x46 : 0x06)
        this.name(attribute)
        this.part(value)
      })
    }
    if (content.length === 0) this.u8(0x03)
    else {
      this.u8(0x02)
      for (const part of content) this.part(part)
      this.u8(0x04)
    }
  }
  part(part: BuiltPart): void {
    if (typeof part === 'string') {
      this.u8(0x05)
      this.u8(1)
      this.counted(part)
    } else if ('sub' in part) {
      this.u8(part.optional ? 0x0e : 0x0d)
      this.u16(part.sub)
      this.u8(0)
    } else if ('cdata' in part) {
      this.u8(0x07)
      this.counted(part.cdata)
    } else if ('entity' in part) {
      this.u8(0x09)
      this.name(part.entity)
    } else if ('character' in part) {
      this.u8(0x08)
      this.u16(part.character)
    } else this.element(part)
  }
  counted(text: string): void {
    this.u16(text.length)
    this.put(Buffer.from(text, 'utf16le'))
  }
}

/** One chunk with its checksums. `end` overrides where the header says that the records end. */
export function buildChunk(records: readonly BuiltRecord[], { end }: { end?: (ends: readonly number[]) => number } = {}): Buffer {
  const writer = new XmlWriter()
  const ends: number[] = []
  for (const { id, root, values } of records) {
    const from = writer.at
    writer.u32(0x2a2a)
    writer.u32(0)
    writer.put(bigs(BigInt(id), BUILT_TIME))
    writer.fragment(root, values)
    writer.u32(writer.at + 4 - from)
    writer.bytes.writeUInt32LE(writer.at - from, from + 4)
    ends.push(writer.at)
  }
  const { bytes } = writer
  bytes.write('ElfChnk\0', 0, 'latin1')
  bigs(1n, BigInt(records.length), BigInt(records[0]?.id ?? 0), BigInt(records.at(-1)?.id ?? 0)).copy(bytes, 8)
  bytes.writeUInt32LE(128, 40)
  bytes.writeUInt32LE(end?.(ends) ?? writer.at, 48)
  return sealChunk(bytes)
}

/** Writes a chunk's checksums anew, after a test has changed it. */
export function sealChunk(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(512, bytes.readUInt32LE(48))), 52)
  bytes.writeUInt32LE(crc32(bytes.subarray(128, 512), crc32(bytes.subarray(0, 120))), 124)
  return bytes
}

export function buildFile(chunks: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(4_096)
  header.write('ElfFile\0', 0, 'latin1')
  header.writeUInt32LE(128, 32)
  header.writeUInt16LE(3, 38)
  header.writeUInt16LE(4_096, 40)
  header.writeUInt16LE(chunks.length, 42)
  header.writeUInt32LE(crc32(header.subarray(0, 120)), 124)
  return Buffer.concat([header, ...chunks])
}

const EVENT_ROOT = element(
  'Event',
  { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
  element(
    'System',
    {},
    element('Provider', { Name: 'Microsoft-Windows-Sysmon' }),
    element('EventID', {}, sub(0)),
    element('TimeCreated', { SystemTime: sub(1) }),
    element('Channel', {}, 'Microsoft-Windows-Sysmon/Operational'),
    element('Computer', {}, sub(2)),
  ),
  element('EventData', {}, element('Data', { Name: 'Image' }, sub(3)), element('Data', { Name: 'CommandLine' }, sub(4))),
)

/** A Sysmon process creation, by template. */
export function processCreation(
  id: number,
  { image = 'C:\\Windows\\System32\\cmd.exe', commandLine = 'cmd', computer = 'host-1' } = {},
): BuiltRecord {
  const values: BuiltValue[] = [raw(6, '0100'), { type: 17, bytes: bigs(BUILT_TIME) }, utf16(computer), utf16(image), utf16(commandLine)]
  return { id, root: EVENT_ROOT, values }
}

function bigs(...values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8)
  values.forEach((value, index) => {
    bytes.writeBigUInt64LE(value, index * 8)
  })
  return bytes
}
