import { Histogram } from '../../shared/histogram.ts'
import type { DetectionMetrics } from './ports.ts'
import type { Judged } from './worker-protocol.ts'

/** The evaluation rate is taken over this many seconds. */
const RATE_SECONDS = 10

/** What judging one tenant's events took, since the hub's start. */
export class DetectionMeter {
  readonly #times = new Histogram()
  /** Evaluations in each of the last seconds, a ring by second. */
  readonly #ring: { second: number; evaluations: number }[] = []
  #events = 0
  #matches = 0

  /** @param evaluations - rules put to the batch's events, all in all */
  add(at: Date, events: number, evaluations: number, matches: number, { tookMs, slowestMs }: Pick<Judged, 'tookMs' | 'slowestMs'>): void {
    this.#events += events
    this.#matches += matches
    // Every event but the slowest is counted at the mean of the others: the tail shows in p99, the batch's sum stays right.
    if (events > 1) this.#times.add((tookMs - slowestMs) / (events - 1), events - 1)
    this.#times.add(slowestMs)
    const second = secondOf(at)
    const last = this.#ring.at(-1)
    if (last?.second === second) last.evaluations += evaluations
    else this.#ring.push({ second, evaluations })
    while ((this.#ring[0]?.second ?? second) < second - RATE_SECONDS) this.#ring.shift()
  }

  read(at: Date): DetectionMetrics {
    const from = secondOf(at) - RATE_SECONDS
    const recent = this.#ring.filter(({ second }) => second >= from).reduce((sum, { evaluations }) => sum + evaluations, 0)
    return {
      eventsEvaluated: this.#events,
      rulesMatched: this.#matches,
      evaluationsPerSecond: recent / RATE_SECONDS,
      avgMs: this.#times.mean,
      p99Ms: this.#times.percentile(0.99),
    }
  }
}

const secondOf = (at: Date): number => Math.floor(at.getTime() / 1_000)
