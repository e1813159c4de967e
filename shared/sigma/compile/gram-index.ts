import { type ByteWindow, GRAM_BYTES, LOWER_CASE_BITS } from './byte-window.ts'

/** A literal as it stands in JSON text, as bytes of ASCII, and the number it is reported by. */
export interface GramLiteral {
  readonly bytes: string
  readonly number: number
}

/** Says which of many literals a text may hold, looking at every fourth byte only where the literals are long enough. */
export interface GramIndex {
  /**
   * Calls `found` with the number of each literal that stands in the window, case aside, as often as it does. It never misses one; at a window's edge, and where
   * characters differ in what is letters' case alone (`@` and the grave accent), it may name one that does not.
   */
  scan(window: ByteWindow, found: Found): void
}

type Found = (number: number) => void

/** The shortest literal that can be indexed, in bytes. */
export const SHORTEST_GRAM_LITERAL = GRAM_BYTES
/** From this length on a literal is found by looking at whole words of four bytes only. */
export const WHOLE_WORDS_LITERAL = 2 * GRAM_BYTES - 1

/**
 * Of each literal four bytes are kept, a gram. Where the text is looked at in steps of `stride` bytes, one of `stride` neighbouring grams of a literal
 * falls on a step wherever the literal stands, so all of them are kept, and the literal must be `stride` + 3 bytes long. Which neighbours is free:
 * those that are met least.
 *
 * @param met - grams of texts like those to come, where some were seen
 */
export function createGramIndex(literals: readonly GramLiteral[], met: GramCounts | undefined): GramIndex | undefined {
  const usual = usualness(literals, met)
  const tables = STRIDES.flatMap((stride, place) => {
    const longEnough = STRIDES[place - 1] ?? Number.POSITIVE_INFINITY
    const own = literals.filter(({ bytes }) => bytes.length >= stride + GRAM_BYTES - 1 && bytes.length < longEnough + GRAM_BYTES - 1)
    return own.length > 0 ? [createTable(own, stride, usual)] : []
  })
  const [only] = tables
  if (tables.length === 1) return only
  return tables.length === 0
    ? undefined
    : {
        scan(window, found) {
          for (const table of tables) table.scan(window, found)
        },
      }
}

const STRIDES = [4, 2, 1] as const
type Stride = (typeof STRIDES)[number]

/** Spreads grams over a table's slots (the odd number nearest to 2³² divided by the golden ratio; Knuth, vol. 3, 6.4). */
const SPREAD = 0x9e3779b1
const SMALLEST_TABLE_BITS = 8
const LARGEST_TABLE_BITS = 17

/** Marks a slot that several grams share. */
const SHARED = 0xff

/** Which bytes a literal has, and where in them its gram lies. */
interface Occurrence {
  readonly number: number
  readonly bytes: Uint8Array
  readonly offset: number
}

function createTable(literals: readonly GramLiteral[], stride: Stride, usual: (gram: number) => number): GramIndex {
  const occurrences = new Map<number, Occurrence[]>()
  for (const { bytes: text, number } of literals) {
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0) | 0x20)
    const { start, grams } = rarestGrams(text, stride, usual)
    grams.forEach((gram, index) => {
      const occurrence = { number, bytes, offset: start + index }
      const list = occurrences.get(gram)
      if (list) list.push(occurrence)
      else occurrences.set(gram, [occurrence])
    })
  }
  // One slot in eight taken, or fewer: nearly all steps end at the first look.
  const bits = Math.min(LARGEST_TABLE_BITS, Math.max(SMALLEST_TABLE_BITS, Math.ceil(Math.log2(occurrences.size * 8))))
  const shift = 32 - bits
  const slots = new Uint8Array(1 << bits)
  for (const gram of occurrences.keys()) {
    const hash = Math.imul(gram, SPREAD)
    slots[hash >>> shift] = slots[hash >>> shift] === 0 ? markOf(hash) : SHARED
  }
  return new GramTable(slots, shift, occurrences, stride)
}

/** 1 to 128, of bits that the slot's number does not show. */
const markOf = (hash: number): number => ((hash >>> 4) & 0x7f) + 1

class GramTable implements GramIndex {
  constructor(
    readonly slots: Uint8Array,
    readonly shift: number,
    readonly occurrences: ReadonlyMap<number, readonly Occurrence[]>,
    readonly stride: Stride,
  ) {}

  scan(window: ByteWindow, found: Found): void {
    if (this.stride === 4) this.#everyWord(window, found)
    else this.#everyStep(window, this.stride, found)
  }

  #everyWord(window: ByteWindow, found: Found): void {
    // This loop runs over every byte of every event: locals, because the engine cannot know that the fields do not change.
    const { slots, shift } = this
    const { words } = window
    const end = (window.length + 3) >> 2
    for (let i = 0; i < end; i++) {
      const hash = Math.imul((words[i] as number) | LOWER_CASE_BITS, SPREAD)
      const mark = slots[hash >>> shift] as number
      if (mark !== 0 && (mark === SHARED || mark === markOf(hash))) this.#look(window, (words[i] as number) | LOWER_CASE_BITS, i << 2, found)
    }
  }

  #everyStep(window: ByteWindow, stride: 1 | 2, found: Found): void {
    const { slots, shift } = this
    const { bytes } = window
    let gram = 0
    for (let i = 0; i < window.length; i++) {
      gram = (gram >>> 8) | (((bytes[i] as number) | 0x20) << 24)
      if (i < GRAM_BYTES - 1 || (stride === 2 && (i & 1) === 0)) continue
      const hash = Math.imul(gram, SPREAD)
      const mark = slots[hash >>> shift] as number
      if (mark !== 0 && (mark === SHARED || mark === markOf(hash))) this.#look(window, gram, i - GRAM_BYTES + 1, found)
    }
  }

  /** The gram at `at` is one of ours: are the bytes around it those of a literal? */
  #look(window: ByteWindow, gram: number, at: number, found: Found): void {
    const list = this.occurrences.get(gram)
    if (list === undefined) return
    for (const { number, bytes, offset } of list) if (standsAt(bytes, window, at - offset)) found(number)
  }
}

/** Whether the bytes stand there, case aside. Where they would cross the edge of a text's window, they may. */
function standsAt(wanted: Uint8Array, { bytes, length, whole }: ByteWindow, start: number): boolean {
  if (start < 0 || start + wanted.length > length) return !whole
  for (let i = 0; i < wanted.length; i++) if (((bytes[start + i] as number) | 0x20) !== wanted[i]) return false
  return true
}

/** The `stride` neighbouring grams of a literal that are met least. */
function rarestGrams(bytes: string, stride: Stride, usual: (gram: number) => number): { start: number; grams: number[] } {
  const grams = gramsOf(bytes)
  const weights = grams.map(usual)
  let best = 0
  let bestWeight = Number.POSITIVE_INFINITY
  for (let start = 0; start + stride <= grams.length; start++) {
    let weight = 0
    for (let i = start; i < start + stride; i++) weight += weights[i] ?? 0
    if (weight < bestWeight) {
      best = start
      bestWeight = weight
    }
  }
  return { start: best, grams: grams.slice(best, best + stride) }
}

/** All grams of a text of one byte a character, as `scan` reads them (little-endian, without case). */
function gramsOf(bytes: string): number[] {
  const grams: number[] = []
  let gram = 0
  for (let i = 0; i < bytes.length; i++) {
    gram = (gram >>> 8) | ((bytes.charCodeAt(i) | 0x20) << 24)
    if (i >= GRAM_BYTES - 1) grams.push(gram)
  }
  return grams
}

/** Grams met in texts of one kind, and how often; the more there are, the surer. Bounded. */
export class GramCounts {
  readonly #counts = new Map<number, number>()

  add({ bytes, length }: ByteWindow): void {
    let gram = 0
    for (let i = 0; i < length; i++) {
      gram = (gram >>> 8) | (((bytes[i] ?? 0) | 0x20) << 24)
      if (i < GRAM_BYTES - 1) continue
      const count = this.#counts.get(gram)
      if (count !== undefined) this.#counts.set(gram, count + 1)
      else if (this.#counts.size < MOST_GRAMS) this.#counts.set(gram, 1)
    }
  }

  of(gram: number): number {
    return this.#counts.get(gram) ?? 0
  }
}
const MOST_GRAMS = 200_000

/** How often a gram is to be expected: as often as it was met, and, before anything was met, as many literals share it. */
function usualness(literals: readonly GramLiteral[], met: GramCounts | undefined): (gram: number) => number {
  const shared = new Map<number, number>()
  for (const { bytes } of literals) for (const gram of gramsOf(bytes)) shared.set(gram, (shared.get(gram) ?? 0) + 1)
  const share = 1 / (literals.length + 1)
  return (gram) => (met?.of(gram) ?? 0) + (shared.get(gram) ?? 0) * share
}
