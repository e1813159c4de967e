import { createHistogram } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { messageOf } from '../shared/errors.ts'
import type { PicketEvent, RawRecord } from '../shared/event/event.ts'
import type { Normalizer } from '../shared/normalize/contract.ts'
import type { BufferedEvent } from './buffer/contract.ts'
import type { Log } from './log.ts'
import type { EdgeRules } from './prefilter/edge-rules.ts'
import type { Prefilter } from './prefilter/prefilter.ts'

/** encodeEvent of shared/event/encode.ts. */
export type EncodeEvent = (event: PicketEvent, connectorId: string, edgeRuleIds?: readonly string[]) => Uint8Array

export interface Processed {
  readonly events: BufferedEvent[]
  readonly filtered: number
  readonly poison: number
  readonly bytes: number
}

/** Records handled before other work gets a turn: about 5 ms. */
const RECORDS_PER_TURN = 250
const LOG_POISON_EVERY_MS = 60_000

/** The rules in force; swapped as one, between two records. */
export interface RulesInForce {
  readonly prefilter: Prefilter
  readonly edge: EdgeRules
}

/** Turns records into events ready for the buffer. A record that makes any step throw is counted as poison and stops nothing. */
export const createRecordPipeline = (encode: EncodeEvent, rules: () => RulesInForce, log: Log) => {
  let latency = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 })
  let normalizedTotal = 0
  let failedTotal = 0
  let poisonLoggedAtMs = Number.NEGATIVE_INFINITY

  const logPoison = (connectorId: string, error: unknown): void => {
    if (performance.now() - poisonLoggedAtMs < LOG_POISON_EVERY_MS) return
    poisonLoggedAtMs = performance.now()
    log.warn({ connectorId, problem: messageOf(error) }, 'a record could not be processed; it is accounted for as a loss')
  }

  const normalize = (normalizer: Normalizer, record: RawRecord): PicketEvent => {
    const startedAtMs = performance.now()
    const event = normalizer.normalize(record)
    latency.record(Math.max(1, Math.round((performance.now() - startedAtMs) * 1e6)))
    normalizedTotal += 1
    if (!event.parsed) failedTotal += 1
    return event
  }

  return {
    async process(records: readonly RawRecord[], connectorId: string, normalizer: Normalizer): Promise<Processed> {
      const events: BufferedEvent[] = []
      let filtered = 0
      let poison = 0
      let bytes = 0
      for (let index = 0; index < records.length; index += 1) {
        if (index > 0 && index % RECORDS_PER_TURN === 0) await nextTurn()
        const record = records[index]
        if (!record) continue
        const { prefilter, edge } = rules()
        try {
          const event = normalize(normalizer, record)
          bytes += event.rawBytes
          if (prefilter.apply(event) === 'drop') filtered += 1
          else {
            const fired = edge.fired(event)
            const payload = encode(event, connectorId, fired)
            events.push({ lane: fired.length > 0 ? 'priority' : 'bulk', payload, connectorId })
          }
        } catch (error) {
          poison += 1
          failedTotal += 1
          logPoison(connectorId, error)
        }
      }
      return { events, filtered, poison, bytes }
    },
    /** Time from record to event in milliseconds since the last call, and the totals since the start. */
    takeStatistics() {
      const taken = latency
      latency = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 })
      const ms = (nanoseconds: number): number => (taken.count === 0 ? 0 : nanoseconds / 1e6)
      return {
        normalizeMs: {
          p50: ms(taken.percentile(50)),
          p95: ms(taken.percentile(95)),
          p99: ms(taken.percentile(99)),
          mean: ms(taken.mean),
          count: taken.count,
        },
        normalizedTotal,
        failedTotal,
      }
    },
    totals: () => ({ normalizedTotal, failedTotal }),
  }
}

export type RecordPipeline = ReturnType<typeof createRecordPipeline>
