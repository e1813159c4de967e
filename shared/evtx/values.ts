import type { ValuePlace } from './binxml-tree.ts'
import type { Budget } from './budget.ts'
import type { ChunkBytes } from './chunk-bytes.ts'
import { EvtxFault } from './fault.ts'
import { fileTimeText, systemTimeText } from './windows-time.ts'

/** A value as JSON has it. */
export type EvtxValue = string | number | boolean | null | readonly EvtxValue[]

export const NULL_TYPE = 0x00
export const STRING_TYPE = 0x01
export const BINXML_TYPE = 0x21
/** Set on the type of an array's items. */
const ARRAY = 0x80

interface ValueType {
  /** Bytes of one value; undefined where it takes all there is. */
  readonly size?: number
  read(bytes: ChunkBytes, at: number, size: number): EvtxValue
}

const finite = (value: number): EvtxValue => (Number.isFinite(value) ? value : String(value))
const text = (bytes: ChunkBytes, at: number, size: number): string => withoutEnd(bytes.text(at, size >> 1))
const hex32 = (bytes: ChunkBytes, at: number): string => `0x${bytes.u32(at).toString(16)}`
const hex64 = (bytes: ChunkBytes, at: number): string => {
  const high = bytes.u32(at + 4)
  const low = bytes.u32(at).toString(16)
  return high === 0 ? `0x${low}` : `0x${high.toString(16)}${low.padStart(8, '0')}`
}

/** [MS-EVEN6] 2.2.12, value types; written as evtx_dump writes them. */
const TYPES: { readonly [type: number]: ValueType } = {
  [NULL_TYPE]: { read: () => null },
  [STRING_TYPE]: { read: text },
  2: { read: (bytes, at, size) => withoutEnd(bytes.latin1(at, size)) },
  3: { size: 1, read: (bytes, at) => bytes.i8(at) },
  4: { size: 1, read: (bytes, at) => bytes.u8(at) },
  5: { size: 2, read: (bytes, at) => bytes.i16(at) },
  6: { size: 2, read: (bytes, at) => bytes.u16(at) },
  7: { size: 4, read: (bytes, at) => bytes.i32(at) },
  8: { size: 4, read: (bytes, at) => bytes.u32(at) },
  9: { size: 8, read: (bytes, at) => bytes.i64(at) },
  10: { size: 8, read: (bytes, at) => bytes.u64(at) },
  11: { size: 4, read: (bytes, at) => finite(bytes.f32(at)) },
  12: { size: 8, read: (bytes, at) => finite(bytes.f64(at)) },
  13: { size: 4, read: (bytes, at) => bytes.u32(at) !== 0 },
  14: { read: (bytes, at, size) => bytes.hex(at, size) },
  15: { size: 16, read: guid },
  // A pointer's size is that of the machine that wrote it.
  16: { read: (bytes, at, size) => (size >= 8 ? hex64(bytes, at) : hex32(bytes, at)) },
  17: { size: 8, read: (bytes, at) => fileTimeText(bytes.u32(at), bytes.u32(at + 4)) },
  18: { size: 16, read: systemTime },
  19: { read: sid },
  20: { size: 4, read: hex32 },
  21: { size: 8, read: hex64 },
  // A handle of the event service; of use to nobody, but there.
  32: { read: (bytes, at, size) => (size >= 8 ? hex64(bytes, at) : size >= 4 ? hex32(bytes, at) : bytes.hex(at, size)) },
  // XML as text, as it was given.
  35: { read: text },
}

/**
 * Decodes a value other than embedded binary XML. Arrays become JSON arrays.
 *
 * @throws {EvtxFault} for a type that does not exist, and for a value shorter than its type
 */
export function readValue(bytes: ChunkBytes, { type, at, size }: ValuePlace, budget: Budget): EvtxValue {
  budget.characters(size)
  if ((type & ARRAY) !== 0) return array(bytes, type & ~ARRAY, at, size)
  const known = TYPES[type]
  if (!known) throw new EvtxFault(at, `a value of unknown type ${type}`)
  // Windows writes a value that is not there as one of its type with no bytes.
  if (size === 0 && type !== STRING_TYPE && type !== 2) return type === 14 ? '' : null
  if (known.size !== undefined && size < known.size) throw new EvtxFault(at, `a value of type ${type} in ${size} bytes`)
  return known.read(bytes, at, size)
}

function array(bytes: ChunkBytes, type: number, at: number, size: number): EvtxValue {
  if (type === STRING_TYPE) return size === 0 ? [] : terminated(bytes.text(at, size >> 1))
  if (type === 2) return size === 0 ? [] : terminated(bytes.latin1(at, size))
  const known = TYPES[type]
  if (!known) throw new EvtxFault(at, `an array of unknown type ${type}`)
  // Items of no fixed size stand alone: a SID tells its own length, the others fill what there is.
  const items: EvtxValue[] = []
  for (let place = at; place < at + size; ) {
    const left = at + size - place
    const itemSize = known.size ?? (type === 19 ? sidSize(bytes, place, left) : left)
    if (itemSize > left) throw new EvtxFault(place, `an array whose last item is cut`)
    items.push(known.read(bytes, place, itemSize))
    place += itemSize
  }
  return items
}

/** Items each ended by a zero; the last one's may be missing. */
const terminated = (all: string): string[] => (all.endsWith('\0') ? all.slice(0, -1) : all).split('\0')

/** Some providers count the terminating zero as part of the text. */
function withoutEnd(all: string): string {
  let end = all.length
  while (end > 0 && all.charCodeAt(end - 1) === 0) end--
  return end === all.length ? all : all.slice(0, end)
}

/** The first three parts are stored little endian, the others as they are read. */
function guid(bytes: ChunkBytes, at: number): string {
  const part = (value: number, width: number) => value.toString(16).toUpperCase().padStart(width, '0')
  return `${part(bytes.u32(at), 8)}-${part(bytes.u16(at + 4), 4)}-${part(bytes.u16(at + 6), 4)}-${bytes.hex(at + 8, 2)}-${bytes.hex(at + 10, 6)}`
}

function systemTime(bytes: ChunkBytes, at: number): string {
  const field = (index: number) => bytes.u16(at + index * 2)
  // The third field is the day of the week.
  return systemTimeText(field(0), field(1), field(3), field(4), field(5), field(6), field(7))
}

const SID_HEADER_BYTES = 8
const sidSize = (bytes: ChunkBytes, at: number, left: number): number => (left < 2 ? left : SID_HEADER_BYTES + bytes.u8(at + 1) * 4)

function sid(bytes: ChunkBytes, at: number, size: number): string {
  if (size < SID_HEADER_BYTES || size < sidSize(bytes, at, size)) throw new EvtxFault(at, 'a SID shorter than it says')
  // The authority is 48 bits, big endian.
  let authority = 0
  for (let i = 2; i < 8; i++) authority = authority * 256 + bytes.u8(at + i)
  let all = `S-${bytes.u8(at)}-${authority}`
  for (let i = 0, count = bytes.u8(at + 1); i < count; i++) all += `-${bytes.u32(at + SID_HEADER_BYTES + i * 4)}`
  return all
}
