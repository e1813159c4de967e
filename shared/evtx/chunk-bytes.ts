import { EvtxFault } from './fault.ts'

/** A number too large for a double is given as decimal text: no digit may change between the file and a rule. */
export type Wide = number | string

const TWO_32 = 0x1_0000_0000
/** Above it a high half makes a number that a double does not hold. */
const SAFE_HIGH = 0x20_0000

/**
 * Bounded reads inside one chunk. Offsets come from the file and are not trusted: one outside the chunk is an `EvtxFault`, never a read of something else.
 * A class, for a record takes hundreds of these reads and the engine inlines what it sees as one method.
 */
export class ChunkBytes {
  readonly length: number
  readonly #view: DataView
  readonly #buffer: Buffer

  constructor(bytes: Uint8Array) {
    this.length = bytes.length
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  /** Fails where [at, at + size) is not inside the chunk. */
  check(at: number, size: number): void {
    if (at < 0 || size < 0 || at + size > this.length) throw new EvtxFault(at, `a value of ${size} bytes at ${at} lies outside its chunk`)
  }
  u8(at: number): number {
    this.check(at, 1)
    return this.#view.getUint8(at)
  }
  u16(at: number): number {
    this.check(at, 2)
    return this.#view.getUint16(at, true)
  }
  u32(at: number): number {
    this.check(at, 4)
    return this.#view.getUint32(at, true)
  }
  i8(at: number): number {
    this.check(at, 1)
    return this.#view.getInt8(at)
  }
  i16(at: number): number {
    this.check(at, 2)
    return this.#view.getInt16(at, true)
  }
  i32(at: number): number {
    this.check(at, 4)
    return this.#view.getInt32(at, true)
  }
  u64(at: number): Wide {
    const high = this.u32(at + 4)
    return high < SAFE_HIGH ? high * TWO_32 + this.u32(at) : this.#view.getBigUint64(at, true).toString()
  }
  i64(at: number): Wide {
    const high = this.i32(at + 4)
    return high < SAFE_HIGH && high > -SAFE_HIGH ? high * TWO_32 + this.u32(at) : this.#view.getBigInt64(at, true).toString()
  }
  f32(at: number): number {
    this.check(at, 4)
    return this.#view.getFloat32(at, true)
  }
  f64(at: number): number {
    this.check(at, 8)
    return this.#view.getFloat64(at, true)
  }
  /** UTF-16 little endian. */
  text(at: number, characters: number): string {
    this.check(at, characters * 2)
    return this.#buffer.toString('utf16le', at, at + characters * 2)
  }
  /** One byte a character. */
  latin1(at: number, size: number): string {
    this.check(at, size)
    return this.#buffer.toString('latin1', at, at + size)
  }
  /** Upper case, as evtx_dump writes binary data. */
  hex(at: number, size: number): string {
    this.check(at, size)
    return this.#buffer.toString('hex', at, at + size).toUpperCase()
  }
}
