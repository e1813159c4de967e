import type { EventLogsource } from '../../shared/event/event.ts'
import type { SigmaRule } from '../../shared/sigma/contract.ts'
import { applies } from '../../shared/sigma/sigma.ts'

/** Kinds of log source are few; beyond this many (a hostile sensor making them up) the rest share one row that no rule counts. */
const MAX_KINDS = 10_000

/**
 * How many events of each log source one tenant had. From these few numbers every rule's evaluations follow exactly, so nothing
 * has to be counted per rule and event.
 */
export class EvaluationCounts {
  #kinds = new Map<string, { logsource: EventLogsource; events: number }>()

  add(logsource: EventLogsource): void {
    const key = `${logsource.product ?? ''}\n${logsource.service ?? ''}\n${logsource.categories.join('\n')}`
    const kind = this.#kinds.get(key)
    if (kind) kind.events++
    else if (this.#kinds.size < MAX_KINDS) {
      const { product, service, categories } = logsource
      this.#kinds.set(key, { logsource: { product, service, categories }, events: 1 })
    }
  }

  get isEmpty(): boolean {
    return this.#kinds.size === 0
  }

  /** Evaluations per rule id since the last drain, for the rules given; starts again from zero. */
  drain(rules: readonly SigmaRule[]): Map<string, number> {
    const kinds = this.#kinds
    this.#kinds = new Map()
    const evaluations = new Map<string, number>()
    for (const rule of rules) {
      let events = 0
      for (const kind of kinds.values()) if (applies(rule.logsource, kind.logsource)) events += kind.events
      if (events > 0) evaluations.set(rule.id, events)
    }
    return evaluations
  }
}
