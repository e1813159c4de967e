/** Whole seconds kept: a minute and the one being filled. */
const SECONDS = 61

/** Counts per second over the last minute, by a clock that never goes back. Fixed memory. */
export class Rate {
  readonly #counts = new Float64Array(SECONDS)
  #newest = Number.NEGATIVE_INFINITY

  add(nowMs: number, count: number): void {
    this.#moveTo(nowMs)
    const slot = Math.floor(nowMs / 1_000) % SECONDS
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count
  }

  /** What the last `seconds` whole seconds counted; the second being filled is left out, so that a steady flow reads steady. */
  total(nowMs: number, seconds: number): number {
    this.#moveTo(nowMs)
    const now = Math.floor(nowMs / 1_000)
    let sum = 0
    for (let second = Math.max(0, now - Math.min(seconds, SECONDS - 1)); second < now; second++) sum += this.#counts[second % SECONDS] ?? 0
    return sum
  }

  perSecond(nowMs: number, seconds: number): number {
    return this.total(nowMs, seconds) / seconds
  }

  /** Empties the slots of the seconds in which nothing happened. */
  #moveTo(nowMs: number): void {
    const now = Math.floor(nowMs / 1_000)
    if (now <= this.#newest) return
    for (let second = Math.max(this.#newest + 1, now - SECONDS + 1); second <= now; second++) this.#counts[second % SECONDS] = 0
    this.#newest = now
  }
}
