import type { RefusalKind } from '../fleet/sensor-identity.ts'

/** What ingest counts since the hub's start, for `/metrics`. Every figure is a total but `streams`. */
export interface IngestCounters {
  streams: number
  batches: number
  events: number
  /** Batches that were here already, wholly or in part. A few follow every reconnect; many without one are a replay. */
  resentBatches: number
  poisonEvents: number
  tombstonedEvents: number
  commitRetries: number
  readonly refused: Record<RefusalKind, number>
}

export const createIngestCounters = (): IngestCounters => ({
  streams: 0,
  batches: 0,
  events: 0,
  resentBatches: 0,
  poisonEvents: 0,
  tombstonedEvents: 0,
  commitRetries: 0,
  refused: { UNKNOWN: 0, REVOKED: 0, EXPIRED: 0, CLOCK_SKEW: 0, DUPLICATE: 0, BAD_BATCH: 0 },
})
