export interface CreditLimits {
  /** Compressed batch bytes all streams together may have unacknowledged. */
  readonly totalBytes: number
  readonly mostPerStreamBytes: number
  readonly leastPerStreamBytes: number
}

// Two batches of the size sensors aim at keep a link busy; many more only wait here instead of at the sensor.
const DEFAULT_LIMITS: CreditLimits = { totalBytes: 64 * 1024 * 1024, mostPerStreamBytes: 4 * 1024 * 1024, leastPerStreamBytes: 64 * 1024 }

export interface StreamCredit {
  /** Bytes this stream may have unacknowledged now. */
  windowBytes(): number
  close(): void
}

/** Shares the hub's memory out: equally among tenants that are connected, then equally among a tenant's streams. */
export function createCredits(limits: CreditLimits = DEFAULT_LIMITS) {
  const streamsOf = new Map<string, number>()
  return {
    open(tenantId: string): StreamCredit {
      streamsOf.set(tenantId, (streamsOf.get(tenantId) ?? 0) + 1)
      let closed = false
      return {
        windowBytes() {
          const share = limits.totalBytes / Math.max(1, streamsOf.size) / Math.max(1, streamsOf.get(tenantId) ?? 1)
          return Math.floor(Math.min(limits.mostPerStreamBytes, Math.max(limits.leastPerStreamBytes, share)))
        },
        close() {
          if (closed) return
          closed = true
          const left = (streamsOf.get(tenantId) ?? 1) - 1
          if (left === 0) streamsOf.delete(tenantId)
          else streamsOf.set(tenantId, left)
        },
      }
    },
  }
}

export type Credits = ReturnType<typeof createCredits>
