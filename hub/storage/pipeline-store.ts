import { sql } from 'drizzle-orm'
import { addMinutes, type PipelineMinute, type PipelineStore } from '../pipeline/ports.ts'
import type { Database } from './database.ts'
import { rangeBound } from './instants.ts'
import { withTenant } from './tenant.ts'

/** Minutes of a tenant's pipeline. Counters add up; latencies keep the worst of the minute; the lag is the last one told. */
export const createPipelineStore = (db: Database): PipelineStore => ({
  add: (tenant, minutes) =>
    withTenant(db, tenant, async (tx) => {
      if (minutes.length === 0) return
      // One row per key, in one order: the upsert may touch a row once only, and two at a time must not deadlock.
      const rows = [...byKey(minutes).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
      const column = (pick: (row: PipelineMinute) => string | number) => sql.param(rows.map(pick))
      await tx.execute(sql`
        insert into pipeline_minutes (
          tenant_id, minute, connector_id, received, failed, bytes, stored, matched, alerts, normalize_p50, normalize_p95, normalize_p99, lag
        )
        select ${tenant.tenantId}::uuid, date_trunc('minute', to_timestamp(minute / 1000)), connector_id, received, failed, bytes, stored, matched, alerts,
          normalize_p50, normalize_p95, normalize_p99, lag
        from unnest(
          ${column((row) => row.minute.getTime())}::float8[], ${column((row) => row.connectorId ?? '')}::text[], ${column((row) => row.received)}::int8[],
          ${column((row) => row.failed)}::int8[], ${column((row) => row.bytes)}::int8[], ${column((row) => row.stored)}::int8[],
          ${column((row) => row.matched)}::int8[], ${column((row) => row.alerts)}::int8[], ${column((row) => row.normalizeP50)}::float8[],
          ${column((row) => row.normalizeP95)}::float8[], ${column((row) => row.normalizeP99)}::float8[], ${column((row) => row.lag)}::int8[]
        ) as batch (minute, connector_id, received, failed, bytes, stored, matched, alerts, normalize_p50, normalize_p95, normalize_p99, lag)
        on conflict (tenant_id, minute, connector_id) do update set
          received = pipeline_minutes.received + excluded.received,
          failed = pipeline_minutes.failed + excluded.failed,
          bytes = pipeline_minutes.bytes + excluded.bytes,
          stored = pipeline_minutes.stored + excluded.stored,
          matched = pipeline_minutes.matched + excluded.matched,
          alerts = pipeline_minutes.alerts + excluded.alerts,
          normalize_p50 = greatest(pipeline_minutes.normalize_p50, excluded.normalize_p50),
          normalize_p95 = greatest(pipeline_minutes.normalize_p95, excluded.normalize_p95),
          normalize_p99 = greatest(pipeline_minutes.normalize_p99, excluded.normalize_p99),
          lag = excluded.lag`)
    }),

  series: (tenant, { from, to, intervalSeconds, connectorId }) =>
    withTenant(db, tenant, async (tx) => {
      // Within a step counters add up over minutes and connectors; the lag adds up over connectors and is the step's highest.
      const { rows } = await tx.execute<SeriesRow>(sql`
        with minute as (
          select minute, sum(received) as received, sum(failed) as failed, sum(bytes) as bytes, sum(stored) as stored, sum(matched) as matched,
            sum(alerts) as alerts, max(normalize_p50) as p50, max(normalize_p95) as p95, max(normalize_p99) as p99, sum(lag) as lag
          from pipeline_minutes
          where tenant_id = ${tenant.tenantId} and minute >= ${rangeBound(from).toISOString()}::timestamptz and minute < ${rangeBound(to).toISOString()}::timestamptz
            ${connectorId === undefined ? sql`` : sql`and connector_id = ${connectorId}`}
          group by minute
        )
        select extract(epoch from date_bin(make_interval(secs => ${intervalSeconds}), minute, 'epoch')) * 1000 as at_ms,
          sum(received) as received, sum(failed) as failed, sum(bytes) as bytes, sum(stored) as stored, sum(matched) as matched, sum(alerts) as alerts,
          max(p50) as p50, max(p95) as p95, max(p99) as p99, max(lag) as lag
        from minute group by 1 order by 1`)
      return rows.map((row) => ({
        minute: new Date(Number(row.at_ms)),
        connectorId,
        received: Number(row.received),
        failed: Number(row.failed),
        bytes: Number(row.bytes),
        stored: Number(row.stored),
        matched: Number(row.matched),
        alerts: Number(row.alerts),
        normalizeP50: Number(row.p50),
        normalizeP95: Number(row.p95),
        normalizeP99: Number(row.p99),
        lag: Number(row.lag),
      }))
    }),

  totals: (tenant) =>
    withTenant(db, tenant, async (tx) => {
      // From the marks: their sums move in the transaction that stores the events, and outlive retention.
      const { rows } = await tx.execute<{ events: string; failed: string; matched: string; alerts: string; false_positives: string }>(sql`
        select coalesce(sum(stored), 0) as events, coalesce(sum(unparsed), 0) as failed, coalesce(sum(matched), 0) as matched,
          (select count(*) from alerts where tenant_id = ${tenant.tenantId}) as alerts,
          (select count(*) from alerts where tenant_id = ${tenant.tenantId} and status = 'false_positive') as false_positives
        from ingest_marks where tenant_id = ${tenant.tenantId}`)
      const row = rows[0]
      return {
        events: Number(row?.events ?? 0),
        failed: Number(row?.failed ?? 0),
        matched: Number(row?.matched ?? 0),
        alerts: Number(row?.alerts ?? 0),
        falsePositives: Number(row?.false_positives ?? 0),
      }
    }),
})

type SeriesRow = Record<'at_ms' | 'received' | 'failed' | 'bytes' | 'stored' | 'matched' | 'alerts' | 'p50' | 'p95' | 'p99' | 'lag', string>

function byKey(minutes: readonly PipelineMinute[]): Map<string, PipelineMinute> {
  const unique = new Map<string, PipelineMinute>()
  for (const row of minutes) {
    const key = `${Math.floor(row.minute.getTime() / 60_000)}|${row.connectorId ?? ''}`
    const earlier = unique.get(key)
    unique.set(key, earlier ? addMinutes(earlier, row) : row)
  }
  return unique
}
