import { GRAM_BYTES, LOWER_CASE_BITS } from './byte-window.ts'

const BITS = 15
const MOST = 0xffff
/** Spreads grams over a table's slots (the odd number nearest to 2³² divided by the golden ratio; Knuth, vol. 3, 6.4). */
export const SPREAD = 0x9e3779b1

/**
 * How often grams (four bytes in a row, letters' case aside) were met. Grams that share a slot are counted together, which only makes one of them
 * look more usual than it is; so the memory is fixed, 64 KiB.
 */
export class GramCounts {
  readonly #counts = new Uint16Array(1 << BITS)

  /** @param length - how many of the bytes are to be counted */
  add(bytes: Uint8Array, length: number = bytes.length): void {
    const counts = this.#counts
    let gram = 0
    for (let i = 0; i < length; i++) {
      gram = nextGram(gram, bytes[i] as number)
      const slot = Math.imul(gram, SPREAD) >>> (32 - BITS)
      const count = counts[slot] as number
      if (i >= GRAM_BYTES - 1 && count < MOST) counts[slot] = count + 1
    }
  }

  of(gram: number): number {
    return this.#counts[Math.imul(gram, SPREAD) >>> (32 - BITS)] as number
  }
}

/** The gram that ends with `byte`, after the one that ended a byte before; little-endian. */
export const nextGram = (gram: number, byte: number): number => (gram >>> 8) | ((byte << 24) | (LOWER_CASE_BITS & 0xff000000))
