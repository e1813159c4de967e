const MAX_CHANNELS = 10_000

/**
 * HEC's indexer acknowledgement. An id is given out only once its request is durable, so that every id given out is acknowledged, as often as
 * it is asked for. Ids are forgotten with the process, and with the channel used longest ago past the bound: then the client sends again.
 */
export class AckChannels {
  /** Next id per channel, least recently used first. */
  readonly #next = new Map<string, number>()

  issue(channel: string): number {
    const id = this.#next.get(channel) ?? 0
    this.#touch(channel, id + 1)
    return id
  }

  status(channel: string, ids: readonly number[]): Record<string, boolean> {
    const next = this.#next.get(channel) ?? 0
    if (this.#next.has(channel)) this.#touch(channel, next)
    return Object.fromEntries(ids.map((id) => [String(id), Number.isInteger(id) && id >= 0 && id < next]))
  }

  #touch(channel: string, next: number): void {
    this.#next.delete(channel)
    this.#next.set(channel, next)
    const [oldest] = this.#next.keys()
    if (this.#next.size > MAX_CHANNELS && oldest !== undefined) this.#next.delete(oldest)
  }
}
