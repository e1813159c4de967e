/** Counts what flows, per tenant: rates for the dashboard now, minutes for the charts later. Every figure is measured. */
export interface PipelineMeter {
  /** A batch was committed. `receivedAt` to now is its time in the hub. */
  committed(
    tenantId: string,
    batch: {
      sensorId: string
      stored: number
      bytes: number
      unparsed: number
      matched: number
      alertsCreated: number
      byConnector: ReadonlyMap<string, { events: number; bytes: number }>
      tookMs: number
    },
  ): void
  /** A sensor's heartbeat: what it holds unsent, and its normalisation latency over the period. */
  heartbeat(
    tenantId: string,
    report: {
      sensorId: string
      waiting: number
      normalizedTotal: number
      normalizeFailedTotal: number
      normalizeMs: { p50: number; p95: number; p99: number; mean: number; count: number }
      connectors: readonly { connectorId: string; receivedTotal: number; failedTotal: number; bytesTotal: number }[]
    },
  ): void
  disconnected(tenantId: string, sensorId: string): void
  /** Events have arrived and are on their way to the commit. @returns what to call when they are committed or given up */
  receiving?(tenantId: string, events: number): () => void
  snapshot(tenantId: string): PipelineSnapshot
}

/** Rates over the last 10 s, totals since the hub's start. */
export interface PipelineSnapshot {
  readonly eventsPerSecond: number
  readonly alertsPerSecond: number
  readonly alertsLastMinute: number
  readonly normalized: number
  readonly normalizeFailed: number
  readonly normalizeMeanMs: number
  readonly normalizeP99Ms: number
  /** Events waiting at connected sensors. */
  readonly waiting: number
  /** Events received and not yet committed at the hub. */
  readonly inFlight: number
  readonly connectorEventsPerSecond: ReadonlyMap<string, number>
  readonly connectorEventsLastMinute: ReadonlyMap<string, number>
}
