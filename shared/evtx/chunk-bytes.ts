import { EvtxFault } from './fault.ts'

/** A number too large for a double is given as decimal text: no digit may change between the file and a rule. */
export type Wide = number | string

/**
 * Bounded reads inside one chunk. Offsets come from the file and are not trusted: one outside the chunk is an `EvtxFault`, never a read of something else.
 */
export interface ChunkBytes {
  readonly length: number
  u8(at: number): number
  u16(at: number): number
  u32(at: number): number
  i8(at: number): number
  i16(at: number): number
  i32(at: number): number
  u64(at: number): Wide
  i64(at: number): Wide
  f32(at: number): number
  f64(at: number): number
  /** UTF-16 little endian. */
  text(at: number, characters: number): string
  /** One byte a character. */
  latin1(at: number, bytes: number): string
  /** Upper case, as evtx_dump writes binary data. */
  hex(at: number, bytes: number): string
  /** Fails where [at, at + size) is not inside the chunk. */
  check(at: number, size: number): void
}

const TWO_32 = 0x1_0000_0000

export function chunkBytes(bytes: Uint8Array): ChunkBytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { length } = bytes
  const check = (at: number, size: number): void => {
    if (at < 0 || size < 0 || at + size > length) throw new EvtxFault(at, `a value of ${size} bytes at ${at} lies outside its chunk`)
  }
  const checked =
    <T>(size: number, read: (at: number) => T) =>
    (at: number): T => {
      check(at, size)
      return read(at)
    }
  const u32 = checked(4, (at) => view.getUint32(at, true))
  return {
    length,
    check,
    u8: checked(1, (at) => view.getUint8(at)),
    u16: checked(2, (at) => view.getUint16(at, true)),
    u32,
    i8: checked(1, (at) => view.getInt8(at)),
    i16: checked(2, (at) => view.getInt16(at, true)),
    i32: checked(4, (at) => view.getInt32(at, true)),
    u64(at) {
      const high = u32(at + 4)
      return high < 0x20_0000 ? high * TWO_32 + u32(at) : view.getBigUint64(at, true).toString()
    },
    i64(at) {
      check(at, 8)
      const high = view.getInt32(at + 4, true)
      return high < 0x20_0000 && high > -0x20_0000 ? high * TWO_32 + view.getUint32(at, true) : view.getBigInt64(at, true).toString()
    },
    f32: checked(4, (at) => view.getFloat32(at, true)),
    f64: checked(8, (at) => view.getFloat64(at, true)),
    text(at, characters) {
      check(at, characters * 2)
      return buffer.toString('utf16le', at, at + characters * 2)
    },
    latin1(at, size) {
      check(at, size)
      return buffer.toString('latin1', at, at + size)
    },
    hex(at, size) {
      check(at, size)
      return buffer.toString('hex', at, at + size).toUpperCase()
    },
  }
}
