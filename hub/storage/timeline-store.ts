import { and, eq, gte, type InferSelectModel, lt, type SQL, sql } from 'drizzle-orm'
import type { TenantContext } from '../identity/ports.ts'
import type { TimelineEvent, TimelineQuery, TimelineStore } from '../timeline/ports.ts'
import type { Database, Transaction } from './database.ts'
import { rangeBound } from './instants.ts'
import { type KeysetColumn, orderBy, rowsAfter } from './keyset.ts'
import { eventsTable } from './schema/events.ts'
import { withTenant } from './tenant.ts'
import { present } from './text.ts'
import { searchCondition } from './timeline-query.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A tenant's events by time. `from` is inclusive, `to` exclusive. */
export const createTimelineStore = (db: Database): TimelineStore => ({
  search: (tenant, query) =>
    withTenant(db, tenant, async (tx) => {
      const where = conditions(tenant, query)
      // The planner takes a searched word for rare and would read and sort the whole range; in index order it stops at a full page.
      await tx.execute(sql`select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)`)
      const sort: KeysetColumn[] = [
        { expression: sql`${eventsTable.time}`, descending: query.descending },
        { expression: sql`${eventsTable.id}`, descending: query.descending },
      ]
      const rows = await tx
        .select()
        .from(eventsTable)
        .where(and(where, afterCursor(sort, query.after)))
        .orderBy(orderBy(sort))
        .limit(query.limit + 1)
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      const whole = rows.length <= query.limit && !query.after
      return {
        events: page.map(toTimelineEvent),
        totalEstimate: whole ? page.length : Math.max(rows.length, await estimate(tx, where)),
        next: rows.length > query.limit && last ? ([last.time.getTime(), last.id] as const) : undefined,
      }
    }),

  histogram: (tenant, { q, from: asked, to: until, buckets }) =>
    withTenant(db, tenant, async (tx) => {
      const from = rangeBound(asked)
      const to = rangeBound(until)
      const bucketSeconds = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / 1000 / Math.max(1, buckets)))
      const { rows } = await tx.execute<{ bucket: number; amount: string }>(sql`
        select floor(extract(epoch from time - ${from.toISOString()}::timestamptz) / ${bucketSeconds})::int as bucket, count(*) as amount
        from events where ${conditions(tenant, { q, from, to })} group by 1`)
      const amounts = new Map(rows.map((row) => [row.bucket, Number(row.amount)]))
      // Empty buckets are points too: a chart must show the silence.
      const total = Math.ceil((to.getTime() - from.getTime()) / 1000 / bucketSeconds)
      return {
        bucketSeconds,
        points: Array.from({ length: Math.max(0, total) }, (_, bucket) => ({
          at: new Date(from.getTime() + bucket * bucketSeconds * 1000),
          value: amounts.get(bucket) ?? 0,
        })),
      }
    }),

  get: (tenant, eventId) =>
    withTenant(db, tenant, async (tx) => {
      if (!UUID.test(eventId)) return undefined
      const [row] = await tx
        .select()
        .from(eventsTable)
        .where(and(eq(eventsTable.tenantId, tenant.tenantId), eq(eventsTable.id, eventId)))
        .limit(1)
      return row && toTimelineEvent(row)
    }),
})

function conditions(
  tenant: TenantContext,
  { q, from, to, connectorId, host }: Pick<TimelineQuery, 'q' | 'from' | 'to' | 'connectorId' | 'host'>,
): SQL | undefined {
  return and(
    eq(eventsTable.tenantId, tenant.tenantId),
    gte(eventsTable.time, rangeBound(from)),
    lt(eventsTable.time, rangeBound(to)),
    connectorId === undefined ? undefined : eq(eventsTable.connectorId, connectorId),
    host === undefined ? undefined : eq(eventsTable.host, host),
    searchCondition(q),
  )
}

/** Rows after the cursor, and beside it the plain bound on time by which the planner leaves out whole partitions. */
function afterCursor(sort: readonly KeysetColumn[], after: readonly [number, string] | undefined): SQL | undefined {
  const [time] = sort
  if (!after || !time) return undefined
  if (!UUID.test(after[1])) return sql`false`
  const at = sql`to_timestamp(${after[0]}::float8 / 1000)::timestamptz(3)`
  const bound = time.descending ? sql`${time.expression} <= ${at}` : sql`${time.expression} >= ${at}`
  return sql`${bound} and ${rowsAfter(sort, [at, sql`${after[1]}::uuid`])}`
}

/** How many rows the planner expects: counting millions to show "about 2.1 million" would cost more than the page. */
async function estimate(tx: Transaction, where: SQL | undefined): Promise<number> {
  const { rows } = await tx.execute<{ 'QUERY PLAN': { Plan?: { 'Plan Rows'?: number } }[] }>(
    sql`explain (format json) select from events where ${where}`,
  )
  return rows[0]?.['QUERY PLAN'][0]?.Plan?.['Plan Rows'] ?? 0
}

function toTimelineEvent(row: InferSelectModel<typeof eventsTable>): TimelineEvent {
  const { id, time, receivedAt, connectorId, sensorId, dataset, host, userName, sourceIp, document } = present(row)
  return { id, time, receivedAt, connectorId, sensorId, dataset, host, user: userName, sourceIp, document }
}
