import type { DetectionEvent } from './ports.ts'

/** Few sites have more kinds; where somebody makes them up, the memory starts over. */
const MOST_KINDS = 256
/** A document above this is no good example of its kind. */
const MOST_CHARACTERS = 64 * 1024

/** The last event of each kind that came, so that new workers can be shown what they will see before they have to answer for it. */
export class RecentEvents {
  readonly #byKind = new Map<string, DetectionEvent>()

  see(events: readonly DetectionEvent[]): void {
    for (const event of events) {
      if (event.document.length > MOST_CHARACTERS) continue
      const kind = `${event.product}\n${event.service}\n${event.categories.join('\n')}`
      if (!this.#byKind.has(kind) && this.#byKind.size >= MOST_KINDS) this.#byKind.clear()
      this.#byKind.set(kind, event)
    }
  }

  get events(): DetectionEvent[] {
    return [...this.#byKind.values()]
  }
}
