/** Buckets grow by a fifth: a percentile is right to within 20 %, over nine decades, in 128 counters. */
const GROWTH = 1.2
const BUCKETS = 128
const LOWEST_MS = 0.0001

/** Durations in milliseconds, counted in buckets on a logarithmic scale: fixed memory whatever flows through. */
export class Histogram {
  readonly counts = new Float64Array(BUCKETS)
  count = 0
  sum = 0

  /** @param times - how many durations of that length to add */
  add(milliseconds: number, times = 1): void {
    const bucket = milliseconds <= LOWEST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(milliseconds / LOWEST_MS) / Math.log(GROWTH)))
    this.counts[bucket] = (this.counts[bucket] ?? 0) + times
    this.count += times
    this.sum += milliseconds * times
  }

  /** @param share - 0.99 for p99. @returns milliseconds, the upper edge of the bucket it falls in; 0 when nothing was added */
  percentile(share: number): number {
    let left = this.count * share
    if (this.count === 0) return 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.counts[bucket] ?? 0
      if (left <= 0) return LOWEST_MS * GROWTH ** bucket
    }
    return LOWEST_MS * GROWTH ** (BUCKETS - 1)
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count
  }

  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.counts[bucket] = (this.counts[bucket] ?? 0) + (other.counts[bucket] ?? 0)
    this.count += other.count
    this.sum += other.sum
  }
}
