import { ExpectedError } from '../../shared/errors.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { Live } from '../live/contract.ts'
import type { AlertActivity, AlertDetail, AlertQuery, AlertStatus, AlertStore } from './ports.ts'

/** Absent keys stay as they are; a null assignee takes the alert from whoever had it; a note is added to those before. */
export interface Triage {
  readonly status?: AlertStatus | undefined
  readonly assignee?: string | null | undefined
  readonly note?: string | undefined
}

export interface Alerts {
  list(tenant: TenantContext, query: AlertQuery): ReturnType<AlertStore['list']>
  /** @throws {AlertNotFound} */
  get(tenant: TenantContext, alertId: string): Promise<AlertDetail>
  /**
   * Any status may follow any other: an analyst who erred must be able to go back, and the activity tells.
   * @param expectedVersion - the version the caller saw; undefined takes whatever is there
   * @throws {AlertNotFound} {AlertChanged} {AlertSuperseded}
   */
  triage(tenant: TenantContext, alertId: string, change: Triage, actor: string, expectedVersion?: number): Promise<AlertDetail>
}

export class AlertNotFound extends ExpectedError {
  readonly code = 'ALERT_NOT_FOUND'
  readonly kind = 'not_found'
  constructor() {
    super('There is no such alert.')
  }
}

/** Somebody else was faster. Carries the alert as it is now. */
export class AlertChanged extends ExpectedError {
  readonly code = 'VERSION_CONFLICT'
  readonly kind = 'conflict'
  constructor(readonly current: AlertDetail) {
    super('The alert has changed since it was read.')
  }
}

/** A rule and entity have one live alert at a time: new matches merge into it, and of two they would not know which. */
export class AlertSuperseded extends ExpectedError {
  readonly code = 'ALERT_SUPERSEDED'
  readonly kind = 'conflict'
  constructor() {
    super('A newer alert of the same rule and entity is open; this one cannot be opened again.')
  }
}

/** New matches merge into an open alert at any moment; a triage that asks for no version simply tries again. */
const TRIES = 5

export function createAlerts(store: AlertStore, live: Live, now: () => Date = () => new Date()): Alerts {
  const get = async (tenant: TenantContext, alertId: string): Promise<AlertDetail> => {
    const alert = await store.get(tenant, alertId)
    if (!alert) throw new AlertNotFound()
    return alert
  }

  return {
    list: (tenant, query) => store.list(tenant, query),
    get,
    async triage(tenant, alertId, change, actor, expectedVersion) {
      for (let attempt = 1; ; attempt++) {
        const alert = await get(tenant, alertId)
        if (expectedVersion !== undefined && alert.version !== expectedVersion) throw new AlertChanged(alert)
        const { fields, activity } = decide(alert, change, actor, now())
        if (activity.length === 0) return alert
        const updated = await store.update(tenant, alertId, alert.version, fields, activity)
        if (updated) {
          live.publish(tenant.tenantId, { type: 'alert_updated', alertId })
          return updated
        }
        const current = await get(tenant, alertId)
        if (current.version === alert.version && isLive(fields.status)) throw new AlertSuperseded()
        if (attempt === TRIES) throw new AlertChanged(current)
      }
    },
  }
}

const isLive = (status: AlertStatus | undefined): boolean => status === 'open' || status === 'investigating'

/** What of the change is new, and the activity that tells of it. A repeated request changes nothing and leaves no trace. */
function decide(alert: AlertDetail, { status, assignee, note }: Triage, actor: string, at: Date) {
  const activity: AlertActivity[] = []
  const fields: { status?: AlertStatus; assignee?: string | null } = {}
  if (status !== undefined && status !== alert.status) {
    fields.status = status
    activity.push({ at, actor, kind: 'status', from: alert.status, to: status })
  }
  const wanted = assignee?.trim() || null
  if (assignee !== undefined && wanted !== (alert.assignee ?? null)) {
    fields.assignee = wanted
    activity.push({ at, actor, kind: 'assignee', from: alert.assignee, to: wanted ?? undefined })
  }
  if (note !== undefined) activity.push({ at, actor, kind: 'note', note })
  return { fields, activity }
}
