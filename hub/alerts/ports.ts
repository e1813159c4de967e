import type { EventDocument } from '../../shared/event/event.ts'
import type { RuleLevel } from '../../shared/sigma/contract.ts'
import type { TenantContext } from '../identity/ports.ts'

export const ALERT_STATUSES = ['open', 'investigating', 'resolved', 'false_positive'] as const
export type AlertStatus = (typeof ALERT_STATUSES)[number]

/** What a batch of matches says about one rule and one entity. */
export interface AlertDraft {
  /** Deterministic: hash of (tenant, rule, entity, first event's id). `alert-` and 26 characters. */
  readonly id: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly severity: RuleLevel
  /** What the rule fired on: `host:dc-01|user:ana`. Same rule and entity merge while the alert is open or investigating. */
  readonly entity: string
  readonly tactics: readonly string[]
  readonly techniques: readonly string[]
  readonly matchedConditions: readonly string[]
  /** Seqs of the events behind the draft, so that a resent event is not counted again. */
  readonly seqs: readonly number[]
  readonly firstEventId: string
  readonly firstEventAt: Date
  readonly lastEventAt: Date
  readonly count: number
  readonly summary: AlertEventSummary
}

/** The event's fields an analyst reads first (`Alert.event` in the API). */
export interface AlertEventSummary {
  readonly timestamp: string
  readonly source?: string | undefined
  readonly host?: string | undefined
  readonly user?: string | undefined
  readonly source_ip?: string | undefined
  readonly process?: string | undefined
  readonly command_line?: string | undefined
}

export interface AlertNotice {
  readonly created: boolean
  readonly alertId: string
  readonly severity: RuleLevel
  readonly ruleTitle: string
  readonly host?: string | undefined
}

export interface Alert extends Omit<AlertDraft, 'seqs'> {
  readonly status: AlertStatus
  readonly assignee?: string | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Grows by one with every change; the ETag. */
  readonly version: number
}

export interface AlertActivity {
  readonly at: Date
  readonly actor: string
  /** created | status | assignee | note | merged */
  readonly kind: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly note?: string | undefined
}

export interface AlertDetail extends Alert {
  readonly activity: readonly AlertActivity[]
  /** The first event's document, where retention still has it. */
  readonly document?: EventDocument | undefined
}

export interface AlertQuery {
  readonly severity?: readonly RuleLevel[] | undefined
  readonly status?: readonly AlertStatus[] | undefined
  readonly ruleId?: string | undefined
  /** Case-insensitive substring over rule title, host, user, entity. */
  readonly q?: string | undefined
  /** Inclusive. On the alert's creation time. */
  readonly from?: Date | undefined
  /** Exclusive. */
  readonly to?: Date | undefined
  readonly sort: readonly { readonly field: 'created_at' | 'updated_at' | 'severity' | 'status'; readonly descending: boolean }[]
  readonly limit: number
  /** Either an offset (page, size) or the last row's sort values and id (cursor). */
  readonly offset?: number | undefined
  readonly after?: readonly (string | number)[] | undefined
}

export interface AlertStore {
  list(tenant: TenantContext, query: AlertQuery): Promise<{ alerts: Alert[]; total: number; next?: readonly (string | number)[] | undefined }>
  get(tenant: TenantContext, alertId: string): Promise<AlertDetail | undefined>
  /**
   * Applies a change decided by `hub/alerts` and appends its activity, in one transaction.
   * `expectedVersion` guards against a lost update: undefined result means it did not match or the alert is gone.
   */
  update(
    tenant: TenantContext,
    alertId: string,
    expectedVersion: number,
    change: { status?: AlertStatus | undefined; assignee?: string | null | undefined },
    activity: readonly AlertActivity[],
  ): Promise<AlertDetail | undefined>
  /** The tenant's alerts in figures; `byTactic` and `topRules` count those made since `since`. */
  summary(tenant: TenantContext, since: Date): Promise<AlertSummary>
}

export interface AlertSummary {
  /** Open and investigating. */
  readonly openBySeverity: Readonly<Record<RuleLevel, number>>
  /** Whatever their status. */
  readonly bySeverity: Readonly<Record<RuleLevel, number>>
  readonly createdSince: number
  readonly falsePositives: number
  readonly total: number
  readonly byTactic: Readonly<Record<string, number>>
  readonly topRules: readonly { ruleId: string; title: string; count: number }[]
}
