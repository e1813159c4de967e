import type { AlertDraft, AlertNotice } from '../alerts/ports.ts'
import type { Evaluation } from '../detection/ports.ts'
import type { TenantContext } from '../identity/ports.ts'

/** One event as it goes into the tenant's store. */
export interface StoredEvent {
  readonly seq: number
  /** Deterministic: the same (sensor, epoch, seq) always gives the same id. UUID. */
  readonly id: string
  readonly time: Date
  readonly observedAt: Date
  readonly connectorId?: string | undefined
  readonly dataset: string
  readonly product?: string | undefined
  readonly service?: string | undefined
  readonly categories: readonly string[]
  readonly host?: string | undefined
  readonly user?: string | undefined
  readonly sourceIp?: string | undefined
  readonly rawBytes: number
  readonly parsed: boolean
  /** UTF-8 JSON as the sensor wrote it; valid JSON without raw NULs, checked before this point. */
  readonly document: string
  /** The rules it was put to; counted with its storing. Absent where it could not be judged. */
  readonly evaluation?: Evaluation | undefined
}

export interface StoredTombstone {
  readonly first: number
  readonly last: number
  readonly reason: string
  readonly connectorId?: string | undefined
  readonly count: number
  readonly at: Date
}

/** A rule that fired on an event of the batch. */
export interface StoredMatch {
  readonly eventId: string
  readonly seq: number
  readonly eventTime: Date
  readonly ruleId: string
  readonly matchedConditions: readonly string[]
}

export interface CommitBatch {
  readonly sensorId: string
  readonly epoch: string
  readonly lane: string
  readonly first: number
  readonly last: number
  readonly receivedAt: Date
  readonly events: readonly StoredEvent[]
  readonly tombstones: readonly StoredTombstone[]
  readonly matches: readonly StoredMatch[]
  /** One per (rule, entity) of this batch; merged into the open alert of that rule and entity where there is one. */
  readonly alerts: readonly AlertDraft[]
}

export interface CommitResult {
  /** The mark after the commit; equals the mark before where everything was a resend. */
  readonly through: number
  readonly stored: number
  /** Entries at or below the mark, skipped. */
  readonly skipped: number
  /** Alerts made or merged by this commit, for live viewers. */
  readonly notices: readonly AlertNotice[]
}

export interface IngestStore {
  /** The high-water mark of each epoch of that sensor; absent where nothing has arrived. */
  marks(tenant: TenantContext, sensorId: string, epochs: readonly string[]): Promise<Map<string, number>>
  /**
   * DESIGN's one transaction: locks the (sensor, epoch) mark, skips what is at or below it (with its matches; an alert
   * draft whose events are all skipped is dropped too), stores the rest, merges alerts, moves the mark.
   * @param again - an earlier try of the same caller failed, perhaps only in telling that it succeeded: a batch that is here by now counts as stored by
   *   this call, and the alerts it made are in the notices, because nobody has been told of them
   * @throws {SequenceGap} kind `conflict`, where `first` is above mark + 1: something in between was never delivered
   */
  commit(tenant: TenantContext, batch: CommitBatch, again?: boolean): Promise<CommitResult>
}
