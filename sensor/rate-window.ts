const SECONDS = 60

/** Counts what happened within the last 60 seconds, by the clock that is passed in. */
export class RateWindow {
  readonly #counts = new Uint32Array(SECONDS)
  #newestSecond = 0

  add(count: number, now: Date): void {
    this.#advance(now)
    const slot = this.#newestSecond % SECONDS
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count
  }

  total(now: Date): number {
    this.#advance(now)
    return this.#counts.reduce((total, count) => total + count, 0)
  }

  #advance(now: Date): void {
    const second = Math.floor(now.getTime() / 1_000)
    // A clock put back by more than the window starts it anew; by less, it counts on in the newest second until it has caught up.
    if (second < this.#newestSecond - SECONDS) {
      this.#counts.fill(0)
      this.#newestSecond = second
    }
    const steps = Math.min(second - this.#newestSecond, SECONDS)
    for (let step = 1; step <= steps; step += 1) this.#counts[(second - steps + step) % SECONDS] = 0
    this.#newestSecond = Math.max(this.#newestSecond, second)
  }
}
