import { type ByteWindow, GRAM_BYTES, LOWER_CASE_BITS, OVERLAP_BYTES } from './byte-window.ts'
import { GramCounts, nextGram, SPREAD } from './gram-counts.ts'

/** A literal as it stands in JSON text, as bytes of ASCII with letters' case taken away, and the number it is reported by. */
export interface GramLiteral {
  readonly bytes: Uint8Array
  readonly number: number
}

/** Says which of many literals a text holds, looking at every fourth byte only where the literals are long enough. */
export interface GramIndex {
  /**
   * Calls `found` with the number of each literal that stands in the window, case aside, as often as it does. It never misses one; where characters differ in
   * what is letters' case alone (`@` and the grave accent), and of literals longer than a window's overlap, it may name one that does not.
   */
  scan(window: ByteWindow, found: Found): void
}

type Found = (number: number) => void

/** The shortest literal that can be indexed, in bytes. */
export const SHORTEST_GRAM_LITERAL = GRAM_BYTES
/** From this length on a literal is found by looking at whole words of four bytes only. */
export const WHOLE_WORDS_LITERAL = 2 * GRAM_BYTES - 1

/** Bytes with letters' case taken away, as literals of a `GramIndex` must be; of a very long one the beginning, so that it lies in one window as a whole. */
export const gramBytes = (ascii: string): Uint8Array =>
  Uint8Array.from(ascii.slice(0, OVERLAP_BYTES), (char) => char.charCodeAt(0) | (LOWER_CASE_BITS & 0xff))

/**
 * Of each literal four bytes are kept, a gram. Where the text is looked at in steps of `stride` bytes, one of `stride` neighbouring grams of a literal
 * falls on a step wherever the literal stands, so all of them are kept, and the literal must be `stride` + 3 bytes long. Which neighbours is free:
 * those that are met least.
 *
 * @param met - grams of texts like those to come, where some were seen
 */
export function createGramIndex(literals: readonly GramLiteral[], met: GramCounts | undefined): GramIndex | undefined {
  const shared = new GramCounts()
  for (const { bytes } of literals) shared.add(bytes)
  // Each time a gram is met, the literals that share it are compared; a few of them cost as much as the meeting itself.
  const usual = (gram: number) => ((met?.of(gram) ?? 0) + 1) * (CHEAP_SHARING + shared.of(gram))
  const tables = STRIDES.flatMap((stride, place) => {
    const longEnough = STRIDES[place - 1] ?? Number.POSITIVE_INFINITY
    const own = literals.filter(({ bytes }) => bytes.length >= stride + GRAM_BYTES - 1 && bytes.length < longEnough + GRAM_BYTES - 1)
    return own.length > 0 ? [new GramTable(own, stride, usual)] : []
  })
  const [only] = tables
  if (tables.length <= 1) return only
  return {
    scan(window, found) {
      for (const table of tables) table.scan(window, found)
    },
  }
}

/** So many literals that share a gram are compared in the time that meeting it takes. */
const CHEAP_SHARING = 16

const STRIDES = [4, 2, 1] as const
type Stride = (typeof STRIDES)[number]

const SMALLEST_TABLE_BITS = 8
const LARGEST_TABLE_BITS = 20
/** So few slots are taken that nearly all words of a text end at the first look; a slot is one bit, so the table stays in the processor's cache. */
const SLOTS_PER_GRAM = 32

/**
 * Grams with, for each, the literals it is from; in arrays of numbers, because there are tens of thousands and they are made while events wait.
 *
 * Many literals may share a gram (a list of a hundred thousand addresses), so they are kept by it and the four bytes after it in the literal; at the literal's
 * end, by the four before; in the shortest, by the gram alone.
 */
class GramTable implements GramIndex {
  readonly #stride: Stride
  readonly #shift: number
  /** A bit for each slot: whether a gram of ours has it. */
  readonly #slots: Int32Array
  readonly #bucketShift: number
  /** By bucket, the first occurrence, counted from 1; then each occurrence's next one. */
  readonly #first: Int32Array
  readonly #next: Int32Array
  /** By occurrence: what it is kept by, the literal, and where in that the gram lies. */
  readonly #keys: Int32Array
  readonly #literals: Int32Array
  readonly #offsets: Int32Array
  readonly #bytes: readonly Uint8Array[]
  readonly #numbers: Int32Array

  constructor(literals: readonly GramLiteral[], stride: Stride, usual: (gram: number) => number) {
    const size = literals.length * stride + 1
    const bits = Math.min(LARGEST_TABLE_BITS, Math.max(SMALLEST_TABLE_BITS, Math.ceil(Math.log2(size * SLOTS_PER_GRAM))))
    const bucketBits = Math.ceil(Math.log2(size))
    this.#stride = stride
    this.#shift = 32 - bits
    this.#slots = new Int32Array(1 << (bits - 5))
    this.#bucketShift = 32 - bucketBits
    this.#first = new Int32Array(1 << bucketBits)
    this.#next = new Int32Array(size)
    this.#keys = new Int32Array(size)
    this.#literals = new Int32Array(size)
    this.#offsets = new Int32Array(size)
    this.#bytes = literals.map(({ bytes }) => bytes)
    this.#numbers = Int32Array.from(literals, ({ number }) => number)
    let used = 0
    this.#bytes.forEach((bytes, literal) => {
      const start = rarestGrams(bytes, stride, usual)
      let gram = 0
      for (let i = start; i < start + stride + GRAM_BYTES - 1; i++) {
        gram = nextGram(gram, bytes[i] ?? 0)
        if (i >= start + GRAM_BYTES - 1) this.#add(++used, gram, literal, i - GRAM_BYTES + 1)
      }
    })
  }

  #add(occurrence: number, gram: number, literal: number, offset: number): void {
    const slot = Math.imul(gram, SPREAD) >>> this.#shift
    this.#slots[slot >>> 5] = (this.#slots[slot >>> 5] ?? 0) | (1 << slot)
    const bytes = this.#bytes[literal] as Uint8Array
    const after = offset + GRAM_BYTES
    const key =
      after + GRAM_BYTES <= bytes.length
        ? withNext(gram, gramAt(bytes, after))
        : offset >= GRAM_BYTES
          ? withPrevious(gram, gramAt(bytes, offset - GRAM_BYTES))
          : gram
    const bucket = Math.imul(key, SPREAD) >>> this.#bucketShift
    this.#keys[occurrence] = key
    this.#literals[occurrence] = literal
    this.#offsets[occurrence] = offset
    this.#next[occurrence] = this.#first[bucket] ?? 0
    this.#first[bucket] = occurrence
  }

  scan(window: ByteWindow, found: Found): void {
    if (this.#stride === 4) this.#everyWord(window, found)
    else this.#everyStep(window, found)
  }

  // These two loops run over every byte of every event. Locals, because the engine cannot know that fields, and a bundle's constants, do not change
  // (measured: a third of the time); several slots at once, because nearly all are empty.
  #everyWord(window: ByteWindow, found: Found): void {
    const slots = this.#slots
    const shift = this.#shift
    const spread = SPREAD | 0
    const lowerCase = LOWER_CASE_BITS | 0
    const { words } = window
    const end = (window.length + 3) >> 2
    for (let i = 0; i < end; i += 4) {
      const first = (words[i] as number) | lowerCase
      const second = (words[i + 1] as number) | lowerCase
      const third = (words[i + 2] as number) | lowerCase
      const fourth = (words[i + 3] as number) | lowerCase
      const slot1 = Math.imul(first, spread) >>> shift
      const slot2 = Math.imul(second, spread) >>> shift
      const slot3 = Math.imul(third, spread) >>> shift
      const slot4 = Math.imul(fourth, spread) >>> shift
      const some =
        ((slots[slot1 >>> 5] as number) >>> slot1) |
        ((slots[slot2 >>> 5] as number) >>> slot2) |
        ((slots[slot3 >>> 5] as number) >>> slot3) |
        ((slots[slot4 >>> 5] as number) >>> slot4)
      if ((some & 1) !== 0) {
        this.#meet(window, first, i << 2, found)
        this.#meet(window, second, (i << 2) + 4, found)
        this.#meet(window, third, (i << 2) + 8, found)
        this.#meet(window, fourth, (i << 2) + 12, found)
      }
    }
  }

  #everyStep(window: ByteWindow, found: Found): void {
    const slots = this.#slots
    const shift = this.#shift
    const spread = SPREAD | 0
    const lowerCase = LOWER_CASE_BITS | 0
    const everyByte = this.#stride === 1
    const { words } = window
    const end = (window.length + 3) >> 2
    let word = (words[0] as number) | lowerCase
    for (let i = 0; i < end; i++) {
      const next = (words[i + 1] as number) | lowerCase
      // A gram that begins within a word ends in the next.
      const middle = (word >>> 16) | (next << 16)
      const slot1 = Math.imul(word, spread) >>> shift
      const slot2 = Math.imul(middle, spread) >>> shift
      let some = ((slots[slot1 >>> 5] as number) >>> slot1) | ((slots[slot2 >>> 5] as number) >>> slot2)
      if (everyByte) {
        const slot3 = Math.imul((word >>> 8) | (next << 24), spread) >>> shift
        const slot4 = Math.imul((word >>> 24) | (next << 8), spread) >>> shift
        some |= ((slots[slot3 >>> 5] as number) >>> slot3) | ((slots[slot4 >>> 5] as number) >>> slot4)
      }
      if ((some & 1) !== 0) {
        this.#meet(window, word, i << 2, found)
        this.#meet(window, middle, (i << 2) + 2, found)
        if (everyByte) {
          this.#meet(window, (word >>> 8) | (next << 24), (i << 2) + 1, found)
          this.#meet(window, (word >>> 24) | (next << 8), (i << 2) + 3, found)
        }
      }
      word = next
    }
  }

  /** The text has this gram at `at`: is it one of ours, and are the bytes around it those of a literal? */
  #meet(window: ByteWindow, gram: number, at: number, found: Found): void {
    const slot = Math.imul(gram, SPREAD) >>> this.#shift
    if ((((this.#slots[slot >>> 5] as number) >>> slot) & 1) === 0) return
    this.#look(window, withNext(gram, gramAt(window.bytes, at + GRAM_BYTES)), at, found)
    if (at >= GRAM_BYTES) this.#look(window, withPrevious(gram, gramAt(window.bytes, at - GRAM_BYTES)), at, found)
    this.#look(window, gram, at, found)
  }

  #look(window: ByteWindow, key: number, at: number, found: Found): void {
    for (let each = this.#first[Math.imul(key, SPREAD) >>> this.#bucketShift] as number; each !== 0; each = this.#next[each] as number) {
      if (this.#keys[each] !== key) continue
      const literal = this.#literals[each] as number
      if (standsAt(this.#bytes[literal] as Uint8Array, window, at - (this.#offsets[each] as number))) found(this.#numbers[literal] as number)
    }
  }
}

const withNext = (gram: number, next: number): number => Math.imul(gram, 0x2c1b3c6d) ^ Math.imul(next, 0x297a2d39)
const withPrevious = (gram: number, previous: number): number => Math.imul(gram, 0x1b873593) ^ Math.imul(previous, 0x2545f491)

/** Four bytes from `at`, letters' case aside; little-endian. */
const gramAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24) | LOWER_CASE_BITS

/** Whether the bytes stand there, case aside. */
function standsAt(wanted: Uint8Array, { bytes, length }: ByteWindow, start: number): boolean {
  if (start < 0 || start + wanted.length > length) return false
  for (let i = 0; i < wanted.length; i++) if (((bytes[start + i] as number) | 0x20) !== wanted[i]) return false
  return true
}

/** Where the `stride` neighbouring grams begin that are met least. */
function rarestGrams(bytes: Uint8Array, stride: Stride, usual: (gram: number) => number): number {
  let best = 0
  let bestWeight = Number.POSITIVE_INFINITY
  /** The last `stride` grams' weights, a ring, and their sum. */
  const last = [0, 0, 0, 0]
  let sum = 0
  let gram = 0
  for (let i = 0; i < bytes.length; i++) {
    gram = nextGram(gram, bytes[i] as number)
    const ordinal = i - (GRAM_BYTES - 1)
    if (ordinal < 0) continue
    const weight = usual(gram)
    sum += weight - (last[ordinal % stride] ?? 0)
    last[ordinal % stride] = weight
    if (ordinal < stride - 1 || sum >= bestWeight) continue
    best = ordinal - (stride - 1)
    bestWeight = sum
  }
  return best
}
