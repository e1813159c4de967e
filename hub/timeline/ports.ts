import type { EventDocument } from '../../shared/event/event.ts'
import type { TenantContext } from '../identity/ports.ts'

export interface TimelineQuery {
  /** Words that must all occur in the document's text, case-insensitive; `"a phrase"` is one word; `field:value` restricts to a field. */
  readonly q?: string | undefined
  readonly from: Date
  readonly to: Date
  readonly connectorId?: string | undefined
  readonly host?: string | undefined
  readonly descending: boolean
  readonly limit: number
  /** The last row's time (ms) and id. */
  readonly after?: readonly [number, string] | undefined
}

export interface TimelineEvent {
  readonly id: string
  readonly time: Date
  readonly receivedAt: Date
  readonly connectorId?: string | undefined
  readonly sensorId: string
  readonly dataset: string
  readonly host?: string | undefined
  readonly user?: string | undefined
  readonly sourceIp?: string | undefined
  readonly document: EventDocument
}

export interface TimelineStore {
  search(
    tenant: TenantContext,
    query: TimelineQuery,
  ): Promise<{ events: TimelineEvent[]; totalEstimate: number; next?: readonly [number, string] | undefined }>
  histogram(
    tenant: TenantContext,
    query: { q?: string | undefined; from: Date; to: Date; buckets: number },
  ): Promise<{ bucketSeconds: number; points: { at: Date; value: number }[] }>
  get(tenant: TenantContext, eventId: string): Promise<TimelineEvent | undefined>
}
