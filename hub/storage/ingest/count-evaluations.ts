import { sql } from 'drizzle-orm'
import type { Evaluation } from '../../detection/ports.ts'
import type { TenantContext } from '../../identity/ports.ts'
import type { CommitBatch } from '../../ingest/ports.ts'
import type { Transaction } from '../database.ts'

/**
 * Counts the events being stored for the rules they were put to. The rows are this sensor's and epoch's own, whose mark the commit holds: no two
 * commits touch the same.
 */
export async function countEvaluations(tx: Transaction, tenant: TenantContext, { events, sensorId, epoch, receivedAt }: CommitBatch): Promise<void> {
  const kinds = new Map<Evaluation, number>()
  for (const { evaluation } of events) if (evaluation) kinds.set(evaluation, (kinds.get(evaluation) ?? 0) + 1)
  const rows = new Map<string, { view: string; logsource: string; events: number }>()
  for (const [{ view, logsources }, count] of kinds)
    for (const logsource of logsources) {
      const row = rows.get(`${view}\n${logsource}`) ?? { view, logsource, events: 0 }
      rows.set(`${view}\n${logsource}`, row)
      row.events += count
    }
  if (rows.size === 0) return
  const column = <T>(pick: (row: { view: string; logsource: string; events: number }) => T) => sql.param([...rows.values()].map(pick))
  await tx.execute(sql`
    insert into evaluation_counts (tenant_id, hour, view, logsource, sensor_id, epoch, events)
    select ${tenant.tenantId}::uuid, date_trunc('hour', to_timestamp(${receivedAt.getTime()}::float8 / 1000), 'UTC'), view, logsource, ${sensorId}, ${epoch}, events
    from unnest(${column(({ view }) => view)}::text[], ${column(({ logsource }) => logsource)}::text[], ${column((row) => row.events)}::int8[])
      as batch (view, logsource, events)
    on conflict (tenant_id, hour, view, logsource, sensor_id, epoch) do update set events = evaluation_counts.events + excluded.events`)
}
