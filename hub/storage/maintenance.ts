import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { addUpStatistics } from './statistics/add-up.ts'
import { acrossTenants, withTenant } from './tenant.ts'

export interface Retention {
  /** Events older than this many days are dropped, a day at a time. Undefined keeps them all. */
  readonly eventDays?: number | undefined
}

const DAY_MS = 86_400_000
const STATISTICS_DAYS = 90

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
      await addUpStatistics(tx, tenantId, now)
    })
}
