import { sql } from 'drizzle-orm'
import { RULE_LEVELS } from '../../../shared/sigma/contract.ts'
import type { AlertDraft, AlertNotice } from '../../alerts/ports.ts'
import type { TenantContext } from '../../identity/ports.ts'
import type { CommitBatch } from '../../ingest/ports.ts'
import type { Transaction } from '../database.ts'
import { storableMs } from '../instants.ts'
import { alertActivityTable } from '../schema/alerts.ts'
import { storable } from '../text.ts'

/**
 * Opens an alert per draft, or adds the draft to the alert of that rule and entity which is still open or investigated.
 * A new alert gets its first activity; a merge only moves the alert's own figures, or a flood would fill the activity.
 *
 * @returns a notice per alert touched, and the alert each (rule, seq) went into
 */
export async function mergeAlerts(
  tx: Transaction,
  tenant: TenantContext,
  batch: CommitBatch,
): Promise<{ notices: AlertNotice[]; alertOf: (ruleId: string, seq: number) => string | undefined }> {
  // In one order, so that two batches which touch the same alerts wait for each other rather than deadlock.
  const drafts = [...oneEach(batch.alerts).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, draft]) => draft)
  if (drafts.length === 0) return { notices: [], alertOf: () => undefined }

  const rows = await upsert(tx, tenant, drafts, batch.receivedAt)
  const byKey = new Map(rows.map((row) => [keyOf(row.rule_id, row.entity), row]))
  const alertIds = new Map<string, string>()
  const notices: AlertNotice[] = []
  for (const draft of drafts) {
    const row = byKey.get(keyOf(draft.ruleId, storable(draft.entity)))
    const alertId = row?.id ?? draft.id
    for (const seq of draft.seqs) alertIds.set(keyOf(draft.ruleId, String(seq)), alertId)
    if (row) notices.push(toNotice(draft, alertId, row.created))
  }
  const created = notices.filter((notice) => notice.created)
  if (created.length > 0) {
    const { tenantId } = tenant
    const at = batch.receivedAt
    await tx.insert(alertActivityTable).values(created.map(({ alertId }) => ({ tenantId, alertId, at, actor: 'picket', kind: 'created' })))
  }
  return { notices, alertOf: (ruleId, seq) => alertIds.get(keyOf(ruleId, String(seq))) }
}

export const toNotice = ({ severity, ruleTitle, summary }: AlertDraft, alertId: string, created: boolean): AlertNotice => ({
  created,
  alertId,
  severity,
  ruleTitle,
  host: summary.host,
})

const keyOf = (ruleId: string, rest: string): string => `${ruleId}\0${rest}`

/** Drafts are one per rule and entity; a second would make the upsert touch one row twice, which PostgreSQL refuses. */
function oneEach(drafts: readonly AlertDraft[]): Map<string, AlertDraft> {
  const unique = new Map<string, AlertDraft>()
  for (const draft of drafts) {
    const key = keyOf(draft.ruleId, storable(draft.entity))
    const earlier = unique.get(key)
    unique.set(
      key,
      earlier
        ? {
            ...earlier,
            seqs: [...earlier.seqs, ...draft.seqs],
            count: earlier.count + draft.count,
            lastEventAt: new Date(Math.max(draft.lastEventAt.getTime(), earlier.lastEventAt.getTime())),
          }
        : draft,
    )
  }
  return unique
}

type UpsertedRow = { id: string; rule_id: string; entity: string; created: boolean }

async function upsert(tx: Transaction, tenant: TenantContext, drafts: readonly AlertDraft[], receivedAt: Date): Promise<UpsertedRow[]> {
  const column = <T>(pick: (draft: AlertDraft) => T) => sql.param(drafts.map(pick))
  const list = (pick: (draft: AlertDraft) => readonly string[]) => column((draft) => JSON.stringify(pick(draft).map(storable)))
  // A draft whose id is taken by a closed alert repeats that alert's first event: it adds to it and does not fail the batch.
  const { rows } = await tx.execute<UpsertedRow>(sql`
    with draft as (
      select * from unnest(
        ${column(({ id }) => id)}::text[],
        ${column(({ ruleId }) => ruleId)}::text[],
        ${column(({ ruleTitle }) => storable(ruleTitle))}::text[],
        ${column(({ severity }) => RULE_LEVELS.indexOf(severity))}::int2[],
        ${column(({ entity }) => storable(entity))}::text[],
        ${list(({ tactics }) => tactics)}::text[],
        ${list(({ techniques }) => techniques)}::text[],
        ${list(({ matchedConditions }) => matchedConditions)}::text[],
        ${column(({ firstEventId }) => firstEventId)}::uuid[],
        ${column(({ firstEventAt }) => storableMs(firstEventAt, receivedAt))}::float8[],
        ${column(({ lastEventAt }) => storableMs(lastEventAt, receivedAt))}::float8[],
        ${column(({ count }) => count)}::int8[],
        ${column(({ summary }) => JSON.stringify(summary))}::text[],
        ${column(({ summary }) => (summary.host === undefined ? null : storable(summary.host)))}::text[],
        ${column(({ summary }) => (summary.user === undefined ? null : storable(summary.user)))}::text[]
      ) as draft (
        id, rule_id, rule_title, severity, entity, tactics, techniques, matched_conditions, first_event_id, first_event_at, last_event_at, count, summary,
        host, user_name
      )
    ), repeated as (
      update alerts set count = alerts.count + draft.count, updated_at = to_timestamp(${receivedAt.getTime()}::float8 / 1000), version = version + 1
      from draft
      where alerts.tenant_id = ${tenant.tenantId} and alerts.id = draft.id and alerts.status in ('resolved', 'false_positive')
      returning alerts.id, alerts.rule_id, alerts.entity, false as created
    ), upserted as (
      insert into alerts (
        tenant_id, id, rule_id, rule_title, severity, entity, tactics, techniques, matched_conditions, first_event_id, first_event_at, last_event_at,
        count, summary, host, user_name, created_at, updated_at
      )
      select ${tenant.tenantId}::uuid, id, rule_id, rule_title, severity, entity, array(select json_array_elements_text(tactics::json)),
        array(select json_array_elements_text(techniques::json)), array(select json_array_elements_text(matched_conditions::json)), first_event_id,
        to_timestamp(first_event_at / 1000), to_timestamp(last_event_at / 1000), count, summary::json, host, user_name,
        to_timestamp(${receivedAt.getTime()}::float8 / 1000), to_timestamp(${receivedAt.getTime()}::float8 / 1000)
      from draft
      where not exists (select from alerts where tenant_id = ${tenant.tenantId} and id = draft.id and status in ('resolved', 'false_positive'))
      on conflict (tenant_id, rule_id, entity) where status in ('open', 'investigating') do update set
        count = alerts.count + excluded.count,
        first_event_at = least(alerts.first_event_at, excluded.first_event_at),
        last_event_at = greatest(alerts.last_event_at, excluded.last_event_at),
        updated_at = excluded.updated_at,
        version = alerts.version + 1
      -- version is 1 only in the row this statement made: every later change adds to it
      returning id, rule_id, entity, version = 1 as created
    )
    select * from repeated union all select * from upserted`)
  return rows
}
