import { sql } from 'drizzle-orm'
import type { TenantContext } from '../../identity/ports.ts'
import type { CommitBatch } from '../../ingest/ports.ts'
import type { Transaction } from '../database.ts'
import { storableMs } from '../instants.ts'

/** Stores which rule fired on which event, and counts those it stored. @param alertOf - the alert that took a rule's hit on that seq in */
export async function insertMatches(
  tx: Transaction,
  tenant: TenantContext,
  { matches, sensorId, epoch, receivedAt }: CommitBatch,
  alertOf: (ruleId: string, seq: number) => string | undefined,
): Promise<void> {
  if (matches.length === 0) return
  const column = <T>(pick: (match: (typeof matches)[number]) => T) => sql.param(matches.map(pick))
  // A rule named twice for one event is one match.
  await tx.execute(sql`
    with added as (
    insert into matches (tenant_id, rule_id, event_time, event_id, sensor_id, matched_conditions, alert_id, created_at)
    select ${tenant.tenantId}::uuid, rule_id, to_timestamp(event_time / 1000), event_id, ${sensorId}, array(select json_array_elements_text(conditions::json)),
      alert_id, to_timestamp(${receivedAt.getTime()}::float8 / 1000)
    from unnest(
      ${column(({ ruleId }) => ruleId)}::text[],
      ${column(({ eventTime }) => storableMs(eventTime, receivedAt))}::float8[],
      ${column(({ eventId }) => eventId)}::uuid[],
      ${column(({ matchedConditions }) => JSON.stringify(matchedConditions))}::text[],
      ${column(({ ruleId, seq }) => alertOf(ruleId, seq) ?? null)}::text[]
    ) as batch (rule_id, event_time, event_id, conditions, alert_id)
    on conflict do nothing
    returning rule_id, created_at
    )
    insert into match_counts (tenant_id, hour, rule_id, sensor_id, epoch, matches)
    select ${tenant.tenantId}::uuid, date_trunc('hour', created_at, 'UTC'), rule_id, ${sensorId}, ${epoch}, count(*) from added group by 2, 3
    on conflict (tenant_id, hour, rule_id, sensor_id, epoch) do update set matches = match_counts.matches + excluded.matches`)
}
