import { ExpectedError } from '../../shared/errors.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { TimelineEvent, TimelineStore } from './ports.ts'

export class EventNotFound extends ExpectedError {
  readonly code = 'EVENT_NOT_FOUND'
  readonly kind = 'not_found'
  constructor() {
    super('There is no such event, or retention has dropped it.')
  }
}

/** A tenant's events, searched and read. */
export interface Timeline extends Omit<TimelineStore, 'get'> {
  /** @throws {EventNotFound} */
  get(tenant: TenantContext, eventId: string): Promise<TimelineEvent>
}

export const createTimeline = (store: TimelineStore): Timeline => ({
  search: (tenant, query) => store.search(tenant, query),
  histogram: (tenant, query) => store.histogram(tenant, query),
  async get(tenant, eventId) {
    const event = await store.get(tenant, eventId)
    if (!event) throw new EventNotFound()
    return event
  },
})
