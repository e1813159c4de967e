import type { ByteWindow } from './byte-window.ts'
import type { Field, Texts } from './field.ts'
import { GramCounts } from './gram-counts.ts'
import type { Predicate } from './program.ts'

/** After all predicates were tried on so many events, a plan is made anew with what they showed. */
const LESSONS = [8, 32] as const
/** Predicates tried on one event, so that none waits long for it: so few, or a share of all, so that a lesson is learnt within some hundred events. */
const TRIED_AT_ONCE = 50
const TRIED_SHARE = 1 / 40
/** After the first lesson one event in so many is learnt from, so that a burst of equal ones does not decide. */
const EVERY = 8
/** Texts whose grams are counted. */
const TEXTS = 64

/**
 * What the events of one log source are like: how often each predicate holds that a rule could rest on, and which grams their texts have. Rules differ
 * in what is rare: `\lsass.exe` is asked for by many rules and met by few events, `ntdll.dll` the other way round, and no rule tells which.
 */
export class Learner {
  readonly grams = new GramCounts()
  /** The predicates a rule could rest on. */
  readonly candidates: readonly Predicate[]
  readonly #held: Float64Array
  readonly #place: ReadonlyMap<Predicate, number>
  #texts = 0
  #textLength = 0
  readonly #lengths = new Map<Field, { values: number; total: number }>()
  /** Times all candidates were tried, and how far the round at hand is. */
  #rounds = 0
  #next = 0

  constructor(candidates: readonly Predicate[]) {
    this.candidates = candidates
    this.#held = new Float64Array(candidates.length)
    this.#place = new Map(candidates.map((predicate, index) => [predicate, index]))
  }

  /** Whether the event of this number, from 1, is to be learnt from. */
  wants(event: number): boolean {
    return this.#rounds < LESSONS[0] || event % EVERY === 0
  }

  get wantsText(): boolean {
    return this.#texts < TEXTS
  }

  learnText(window: ByteWindow): void {
    this.#texts++
    this.#textLength += window.length
    this.grams.add(window.bytes, window.length)
  }

  /** @returns whether a plan made now would know more than the one before */
  learn(truth: (predicate: Predicate) => boolean, textsOf: (field: Field) => Texts): boolean {
    const end = Math.min(this.candidates.length, this.#next + Math.max(TRIED_AT_ONCE, Math.ceil(this.candidates.length * TRIED_SHARE)))
    for (let index = this.#next; index < end; index++) {
      const predicate = this.candidates[index]
      if (!predicate) continue
      if (truth(predicate)) this.#held[index] = (this.#held[index] ?? 0) + 1
      const length = this.#lengths.get(predicate.field) ?? { values: 0, total: 0 }
      length.values++
      length.total += lengthOf(textsOf(predicate.field))
      this.#lengths.set(predicate.field, length)
    }
    this.#next = end
    if (end < this.candidates.length) return false
    this.#next = 0
    this.#rounds++
    return LESSONS.some((rounds) => rounds === this.#rounds)
  }

  /** Mean length of the field's values, in characters, counting events without it; undefined where it was not looked at. */
  lengthOf(field: Field): number | undefined {
    const length = this.#lengths.get(field)
    return length && length.total / length.values
  }

  /** Mean length of the events' texts, in characters; 0 before one was seen. */
  get textLength(): number {
    return this.#texts === 0 ? 0 : this.#textLength / this.#texts
  }

  get done(): boolean {
    return this.#rounds >= LESSONS[1]
  }

  /** How often the predicate is expected to hold; `guess`, 0 to 1, counts as one event. */
  expected(predicate: Predicate, guess: number): number {
    const index = this.#place.get(predicate)
    const held = index === undefined ? 0 : (this.#held[index] ?? 0)
    return (held + guess) / (this.#rounds + 1)
  }
}

const lengthOf = (texts: Texts): number =>
  texts === undefined ? 0 : typeof texts === 'string' ? texts.length : texts.reduce((sum, text) => sum + text.length, 0)
