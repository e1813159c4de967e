import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { acrossTenants, withTenant } from './tenant.ts'

export interface Retention {
  /** Events older than this many days are dropped, a day at a time. Undefined keeps them all. */
  readonly eventDays?: number | undefined
}

const DAY_MS = 86_400_000
const STATISTICS_DAYS = 90
/** Evaluations are kept by the hour this long, as long as anything asks for hours; older ones become one sum per rule. */
const HOURLY_DAYS = 8

/**
 * What keeps the database bounded; to be run at start and about every hour. Makes tomorrow's partitions, drops days past retention, and
 * removes minutes and connector history (90 days) tenant by tenant.
 */
export async function maintain(db: Database, now: Date, { eventDays }: Retention = {}): Promise<void> {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString()
  await db.partitions.ensure(
    [0, 1, 2].map((days) => now.getTime() + days * DAY_MS),
    now,
  )
  if (eventDays !== undefined) await db.partitions.dropBefore(new Date(now.getTime() - eventDays * DAY_MS))
  const tenants = await acrossTenants<{ tenant_id: string }>(db, sql`select tenant_id from list_tenants()`)
  for (const { tenant_id: tenantId } of tenants)
    await withTenant(db, { tenantId }, async (tx) => {
      await tx.execute(sql`delete from pipeline_minutes where tenant_id = ${tenantId} and minute < ${before(STATISTICS_DAYS)}::timestamptz`)
      await tx.execute(sql`delete from connector_history where tenant_id = ${tenantId} and at < ${before(STATISTICS_DAYS)}::timestamptz`)
      await tx.execute(sql`
        with old as (
          delete from rule_evaluations
          where tenant_id = ${tenantId} and hour < ${before(HOURLY_DAYS)}::timestamptz and hour > 'epoch'
          returning rule_id, evaluations
        )
        insert into rule_evaluations (tenant_id, rule_id, hour, evaluations)
        select ${tenantId}::uuid, rule_id, 'epoch', sum(evaluations) from old group by rule_id
        on conflict (tenant_id, rule_id, hour) do update set evaluations = rule_evaluations.evaluations + excluded.evaluations`)
    })
}
