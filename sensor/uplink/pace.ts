import { BATCH_MAX_EVENTS, BATCH_TARGET_BYTES } from '../../shared/wire/limits.ts'

/** Entries of one batch before compression, in bytes. JSON events shrink four to eight times, so the largest stays near the wire's target. */
const LARGEST_BYTES = 4 * BATCH_TARGET_BYTES
const SMALLEST_BYTES = 64 * 1024

/** Where a refused batch was: the next tries narrow it down until one entry is left. */
interface Suspicion {
  limitEvents: number
  /** Set once a single entry was refused twice. */
  poison?: { readonly epoch: string; readonly seq: number } | undefined
  lastRefused?: { readonly epoch: string; readonly seq: number } | undefined
}

export interface RefusedBatch {
  readonly epoch: string
  readonly first: number
  readonly events: number
}

/**
 * How large batches may be. Outlives a connection: a line so slow that a batch misses its deadline gets smaller ones after the reconnect,
 * instead of the same timeout again.
 */
export function createPace() {
  let limitBytes = LARGEST_BYTES
  let suspicion: Suspicion | undefined
  return {
    get limitBytes() {
      return limitBytes
    },
    get limitEvents() {
      return suspicion?.limitEvents ?? BATCH_MAX_EVENTS
    },
    /** While a refused batch is being looked for, batches travel one by one, so that a refusal names its batch. */
    get oneByOne() {
      return suspicion !== undefined
    },
    /** The entry to send as a tombstone instead. */
    get poison() {
      return suspicion?.poison
    },

    /** A batch was acknowledged. @param late - share of the deadline it took, 0 to 1 */
    acked(late: number): void {
      if (late < 0.1) limitBytes = Math.min(LARGEST_BYTES, limitBytes * 2)
      else if (late > 0.4) limitBytes = Math.max(SMALLEST_BYTES, Math.ceil(limitBytes / 2))
      if (!suspicion) return
      const limitEvents = suspicion.limitEvents * 2
      suspicion = limitEvents >= BATCH_MAX_EVENTS ? undefined : { limitEvents }
    },

    /** The deadline passed without an acknowledgement. */
    stalled(): void {
      limitBytes = Math.max(SMALLEST_BYTES, Math.ceil(limitBytes / 4))
    },

    /** The hub called a batch bad. The first time it is sent again as it was: it may have been damaged on the way. */
    refused(batch: RefusedBatch): void {
      if (!suspicion) {
        suspicion = { limitEvents: Math.max(1, Math.min(batch.events, BATCH_MAX_EVENTS)) }
        return
      }
      if (batch.events > 1) {
        suspicion = { limitEvents: Math.max(1, Math.floor(Math.min(batch.events, suspicion.limitEvents) / 2)) }
        return
      }
      const { lastRefused } = suspicion
      const again = lastRefused?.epoch === batch.epoch && lastRefused.seq === batch.first
      const place = { epoch: batch.epoch, seq: batch.first }
      suspicion = { limitEvents: 1, lastRefused: place, poison: again ? place : undefined }
    },
  }
}

export type Pace = ReturnType<typeof createPace>
