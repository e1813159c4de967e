import { and, desc, eq, getTableColumns, type InferSelectModel, inArray, notInArray, type SQL, sql } from 'drizzle-orm'
import type { Backtest, BacktestStore } from '../detection/backtest/ports.ts'
import type { Database } from './database.ts'
import { rangeBound } from './instants.ts'
import { backtestsTable } from './schema/detection.ts'
import { acrossTenants, withTenant } from './tenant.ts'
import { present, storable } from './text.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const OPEN = ['queued', 'running'] as const

/** Backtests of a tenant, and the pages of stored events they run over. */
export const createBacktestStore = (db: Database): BacktestStore => ({
  create: (tenant, { ruleId, ruleTitle, source, from, to, actor, at }, keep) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx
        .insert(backtestsTable)
        .values({
          tenantId: tenant.tenantId,
          ruleId,
          ruleTitle: storable(ruleTitle),
          source: storable(source),
          fromAt: rangeBound(from),
          toAt: rangeBound(to),
          progress: { scanned: 0, total: 0, evaluated: 0, eventsPerSecond: 0 },
          createdAt: at,
          createdBy: actor,
        })
        .returning()
      if (!row) throw new Error('an inserted backtest did not come back')
      const newest = tx
        .select({ id: backtestsTable.id })
        .from(backtestsTable)
        .orderBy(desc(backtestsTable.createdAt), desc(backtestsTable.id))
        .limit(keep)
      await tx.delete(backtestsTable).where(and(notInArray(backtestsTable.status, [...OPEN]), notInArray(backtestsTable.id, newest)))
      return toBacktest(row)
    }),

  get: (tenant, backtestId) =>
    withTenant(db, tenant, async (tx) => {
      if (!UUID.test(backtestId)) return undefined
      const [row] = await tx.select().from(backtestsTable).where(eq(backtestsTable.id, backtestId))
      return row && toBacktest(row)
    }),

  list: (tenant, { ruleId, limit }) =>
    withTenant(db, tenant, async (tx) => {
      const { result: _, ...columns } = getTableColumns(backtestsTable)
      const rows = await tx
        .select(columns)
        .from(backtestsTable)
        .where(ruleId === undefined ? undefined : eq(backtestsTable.ruleId, ruleId))
        .orderBy(desc(backtestsTable.createdAt), desc(backtestsTable.id))
        .limit(limit)
      return rows.map((row) => toBacktest({ ...row, result: null }))
    }),

  update: (tenant, backtestId, change) =>
    withTenant(db, tenant, async (tx) => {
      const { error, ...rest } = change
      const [row] = await tx
        .update(backtestsTable)
        .set({ ...rest, error: error === undefined ? undefined : storable(error) })
        .where(and(eq(backtestsTable.id, backtestId), inArray(backtestsTable.status, [...OPEN])))
        .returning()
      return row && toBacktest(row)
    }),

  async endInterrupted(reason, at) {
    const rows = await acrossTenants<{ ended: string }>(
      db,
      sql`select end_interrupted_backtests(${reason}, ${at.toISOString()}::timestamptz) as ended`,
    )
    return Number(rows[0]?.ended ?? 0)
  },

  count: (tenant, range) =>
    withTenant(db, tenant, async (tx) => {
      const { rows } = await tx.execute<{ amount: string }>(sql`select count(*) as amount from events where ${inRange(tenant, range)}`)
      return Number(rows[0]?.amount ?? 0)
    }),

  page: (tenant, { from, to, after, limit, limitBytes, products, category, services }) =>
    withTenant(db, tenant, async (tx) => {
      // In the order of the primary key: reading it and stopping at the limit is all there is to do, where the planner may prefer to read and sort the range.
      await tx.execute(
        sql`select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)`,
      )
      const lower = after ? sql`time >= ${after.time}::timestamptz and (time, id) > (${after.time}::timestamptz, ${after.id}::uuid)` : sql`true`
      const wanted: SQL[] = [sql`true`]
      if (products !== undefined) wanted.push(sql`lower(product) = any (${sql.param([...products])}::text[])`)
      if (category !== undefined) wanted.push(sql`${category} = any (lower(categories::text)::text[])`)
      if (services !== undefined) wanted.push(sql`lower(service) = any (${sql.param([...services])}::text[])`)
      // The last row is that of all rows looked at, so that a page in which nothing fits still moves on.
      const { rows } = await tx.execute<PageRow>(sql`
        with page as materialized (
          select id, time, product, service, categories, host, user_name, source_ip, document,
            sum(raw_bytes) over (order by time, id rows unbounded preceding) - raw_bytes as before
          from (
            select id, time, product, service, categories, host, user_name, source_ip, document, raw_bytes
            from events where ${inRange(tenant, { from, to })} and ${lower} order by time, id limit ${limit}
          ) as next
        ), kept as (select * from page where before < ${limitBytes})
        select
          (select json_agg(json_build_array(id, extract(epoch from time) * 1000, product, service, categories, host, user_name, source_ip, document::text))::text
            from kept where ${sql.join(wanted, sql` and `)}) as events,
          (select count(*) from kept) as scanned, last.time::text as last_time, last.id as last_id
        from (select time, id from kept order by time desc, id desc limit 1) as last`)
      const [row] = rows
      if (!row) return { events: '[]', scanned: 0 }
      return { events: row.events ?? '[]', scanned: Number(row.scanned), last: { time: row.last_time, id: row.last_id } }
    }),

  truePositives: (tenant, ruleId, events) =>
    withTenant(db, tenant, async (tx) => {
      if (events.length === 0) return 0
      const { rows } = await tx.execute<{ amount: string }>(sql`
        select count(*) as amount from matches as match join alerts as alert on alert.tenant_id = match.tenant_id and alert.id = match.alert_id
        where match.tenant_id = ${tenant.tenantId} and match.rule_id = ${ruleId} and alert.status = 'resolved' and (match.event_time, match.event_id) in (
          select to_timestamp(ms / 1000)::timestamptz(3), id
          from unnest(${sql.param(events.map(({ ms }) => ms))}::float8[], ${sql.param(events.map(({ id }) => id))}::uuid[]) as lost (ms, id)
        )`)
      return Number(rows[0]?.amount ?? 0)
    }),
})

type PageRow = { events: string | null; scanned: string; last_time: string; last_id: string }

const inRange = (tenant: { tenantId: string }, { from, to }: { from: Date; to: Date }): SQL =>
  sql`tenant_id = ${tenant.tenantId} and time >= ${rangeBound(from).toISOString()}::timestamptz and time < ${rangeBound(to).toISOString()}::timestamptz`

function toBacktest(row: InferSelectModel<typeof backtestsTable>): Backtest {
  const { tenantId: _, fromAt, toAt, ...backtest } = present(row)
  return { ...backtest, from: fromAt, to: toAt }
}
