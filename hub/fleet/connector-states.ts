import type { picket } from '../../shared/wire/generated/picket.js'
import type { ConnectorCheck, ConnectorState } from './ports.ts'

/** What was last made of a connector's reports; the next one's rates and runs of failures count from it. */
export interface ConnectorMemory {
  readonly at: Date
  readonly receivedTotal: number
  readonly consecutiveFailures: number
}

const STATUSES: readonly string[] = ['healthy', 'degraded', 'unhealthy', 'unknown', 'disabled'] satisfies ConnectorState['status'][]
const isStatus = (status: string): status is ConnectorState['status'] => STATUSES.includes(status)

/** A sensor's report of one connector as the hub keeps it. Events per second are measured between two reports. */
export function connectorState(report: picket.v1.ConnectorReport.$Properties, now: Date, memory: ConnectorMemory | undefined): ConnectorState {
  const claimed = report.status ?? ''
  const status = isStatus(claimed) ? claimed : 'unknown'
  const received = count(report.eventsReceivedTotal)
  const seconds = memory ? (now.getTime() - memory.at.getTime()) / 1_000 : 0
  // A total that went back belongs to a sensor whose data directory was made anew: no rate for one period.
  const rate = memory && seconds > 0 && received >= memory.receivedTotal ? (received - memory.receivedTotal) / seconds : 0
  return {
    status,
    message: clip(report.message, 500),
    lastCheckAt: now,
    consecutiveFailures: status === 'unhealthy' ? (memory?.consecutiveFailures ?? 0) + 1 : 0,
    eventsReceivedTotal: received,
    eventsFailedTotal: count(report.eventsFailedTotal),
    bytesReceivedTotal: count(report.bytesReceivedTotal),
    eventsPerSecond: Math.round(rate * 100) / 100,
    lastEventAt: pastInstant(report.lastEventMs, now),
    checks: toChecks(report.checks),
  }
}

const CHECK_TYPES = ['connectivity', 'authentication', 'data_flow'] as const
const CHECK_STATUSES = ['pass', 'fail', 'unknown'] as const

/** Checks as a sensor reports them; one of a type this hub does not know is left out. */
export function toChecks(checks: readonly picket.v1.Check.$Properties[] | null | undefined): ConnectorCheck[] {
  return (checks ?? []).slice(0, 16).flatMap((check) => {
    const type = CHECK_TYPES.find((each) => each === check.type)
    if (!type) return []
    return [
      {
        type,
        status: CHECK_STATUSES.find((each) => each === check.status) ?? 'unknown',
        message: clip(check.message, 500),
        ...(check.latencyMs ? { latencyMs: check.latencyMs } : {}),
        ...(type === 'data_flow' ? { eventsInLastMinute: count(check.eventsInLastMinute) } : {}),
      },
    ]
  })
}

/** A sensor whose clock is ahead has not seen the future. */
const pastInstant = (ms: number | null | undefined, now: Date): Date | undefined =>
  count(ms) > 0 ? new Date(Math.min(count(ms), now.getTime())) : undefined

/** Numbers arrive from outside: anything but a whole number from 0 to 2^53 counts as 0. */
export const count = (value: number | null | undefined): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0)

export const clip = (text: string | null | undefined, limit: number): string => (text ?? '').replaceAll('\0', '').slice(0, limit)
