import type { TenantContext } from '../identity/ports.ts'

/** One minute of one tenant's pipeline, as counted by its sensors and the hub. Kept 90 days. */
export interface PipelineMinute {
  readonly minute: Date
  /** Undefined for what belongs to no connector. */
  readonly connectorId?: string | undefined
  readonly received: number
  readonly failed: number
  readonly bytes: number
  readonly stored: number
  readonly matched: number
  readonly alerts: number
  /** Normalisation latency reported by sensors, ms; 0 where nothing was measured. */
  readonly normalizeP50: number
  readonly normalizeP95: number
  readonly normalizeP99: number
  /** Events waiting at the sensors at the end of the minute. */
  readonly lag: number
}

/** Two counts of the same minute and connector as one; `b` is the newer. */
export const addMinutes = (a: PipelineMinute, b: PipelineMinute): PipelineMinute => ({
  ...b,
  received: a.received + b.received,
  failed: a.failed + b.failed,
  bytes: a.bytes + b.bytes,
  stored: a.stored + b.stored,
  matched: a.matched + b.matched,
  alerts: a.alerts + b.alerts,
  normalizeP50: Math.max(a.normalizeP50, b.normalizeP50),
  normalizeP95: Math.max(a.normalizeP95, b.normalizeP95),
  normalizeP99: Math.max(a.normalizeP99, b.normalizeP99),
})

export interface PipelineStore {
  /** Adds to the minute's row. */
  add(tenant: TenantContext, minutes: readonly PipelineMinute[]): Promise<void>
  series(tenant: TenantContext, query: { from: Date; to: Date; intervalSeconds: number; connectorId?: string | undefined }): Promise<PipelineMinute[]>
  /** Exact totals since the tenant was made. */
  totals(tenant: TenantContext): Promise<{ events: number; failed: number; matched: number; alerts: number; falsePositives: number }>
}
