import { and, asc, eq, gte, type InferSelectModel, sql } from 'drizzle-orm'
import type { RuleMatchRow, RuleSetting, RuleStore, RuleVerdicts } from '../detection/ports.ts'
import type { Database } from './database.ts'
import { rangeBound } from './instants.ts'
import { ruleEvaluationsTable, ruleSettingsTable } from './schema/statistics.ts'
import { acrossTenants, withTenant } from './tenant.ts'

const EARLIEST = new Date(-8.64e15)

/** A tenant's choices about rules, and what the rules did for it. A resolved alert counts as a true positive. */
export const createRuleStore = (db: Database): RuleStore => ({
  settings: (tenant) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx.select().from(ruleSettingsTable).orderBy(asc(ruleSettingsTable.ruleId))
      return rows.map(toSetting)
    }),

  async allSettings() {
    const rows = await acrossTenants<{ tenant_id: string; rule_id: string; enabled: boolean; edge: boolean; updated_at: string }>(
      db,
      sql`select tenant_id, rule_id, enabled, edge, updated_at from all_rule_settings()`,
    )
    return rows.map((row) => ({
      tenantId: row.tenant_id,
      setting: { ruleId: row.rule_id, enabled: row.enabled, edge: row.edge, updatedAt: new Date(row.updated_at) },
    }))
  },

  set: (tenant, ruleId, change) =>
    withTenant(db, tenant, async (tx): Promise<RuleSetting> => {
      const updatedAt = new Date()
      const [row] = await tx
        .insert(ruleSettingsTable)
        .values({
          tenantId: tenant.tenantId,
          ruleId,
          enabled: change.enabled ?? true,
          edge: change.edge ?? false,
          level: change.level ?? null,
          updatedAt,
        })
        .onConflictDoUpdate({ target: [ruleSettingsTable.tenantId, ruleSettingsTable.ruleId], set: { ...change, updatedAt } })
        .returning()
      if (!row) throw new Error('a saved rule setting did not come back')
      return toSetting(row)
    }),

  verdicts: (tenant, since) =>
    withTenant(db, tenant, async (tx) => {
      const from = rangeBound(since ?? new Date(0)).toISOString()
      const { rows } = await tx.execute<{ rule_id: string; matches: string; true_positives: string; false_positives: string }>(sql`
        with hit as (
          select rule_id, count(*) as matches from matches where tenant_id = ${tenant.tenantId} and created_at >= ${from}::timestamptz group by rule_id
        ), verdict as (
          select rule_id, count(*) filter (where status = 'resolved') as true_positives, count(*) filter (where status = 'false_positive') as false_positives
          from alerts where tenant_id = ${tenant.tenantId} and reviewed_at >= ${from}::timestamptz group by rule_id
        )
        select rule_id, coalesce(matches, 0) as matches, coalesce(true_positives, 0) as true_positives, coalesce(false_positives, 0) as false_positives
        from hit full join verdict using (rule_id)`)
      return new Map<string, RuleVerdicts>(
        rows.map((row) => [
          row.rule_id,
          { matches: Number(row.matches), truePositives: Number(row.true_positives), falsePositives: Number(row.false_positives) },
        ]),
      )
    }),

  matches: (tenant, ruleId, { from, to, limit, offset }) =>
    withTenant(db, tenant, async (tx) => {
      const range = sql`match.tenant_id = ${tenant.tenantId} and match.rule_id = ${ruleId}
        and match.event_time >= ${rangeBound(from ?? EARLIEST).toISOString()}::timestamptz
        and match.event_time < ${to ? sql`${rangeBound(to).toISOString()}::timestamptz` : sql`'infinity'::timestamptz`}`
      const { rows } = await tx.execute<MatchRow>(sql`
        select match.event_id, match.alert_id, extract(epoch from match.event_time) * 1000 as at_ms, event.document,
          alert.status, alert.reviewed_by, extract(epoch from alert.reviewed_at) * 1000 as reviewed_ms, event.host, event.user_name
        from (select * from matches as match where ${range} order by event_time desc, event_id desc limit ${limit} offset ${offset}) as match
        left join events as event on event.tenant_id = match.tenant_id and event.time = match.event_time and event.id = match.event_id
        left join alerts as alert on alert.tenant_id = match.tenant_id and alert.id = match.alert_id
        order by match.event_time desc, match.event_id desc`)
      const counted = await tx.execute<{ total: string }>(sql`select count(*) as total from matches as match where ${range}`)
      return { rows: rows.map(toMatch), total: Number(counted.rows[0]?.total ?? 0) }
    }),

  registerView: async () => undefined,

  addEvaluations: (tenant, hour, counts) =>
    withTenant(db, tenant, async (tx) => {
      if (counts.size === 0) return
      // Sorted, so that two flushes take the rows' locks in one order.
      const entries = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
      await tx.execute(sql`
        insert into rule_evaluations (tenant_id, rule_id, hour, evaluations)
        select ${tenant.tenantId}::uuid, rule_id, date_trunc('hour', ${hour.toISOString()}::timestamptz, 'UTC'), evaluations
        from unnest(${sql.param(entries.map(([ruleId]) => ruleId))}::text[], ${sql.param(entries.map(([, count]) => count))}::int8[])
          as batch (rule_id, evaluations)
        on conflict (tenant_id, rule_id, hour) do update set evaluations = rule_evaluations.evaluations + excluded.evaluations`)
    }),

  evaluations: (tenant, since) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx
        .select({ ruleId: ruleEvaluationsTable.ruleId, total: sql<string>`sum(${ruleEvaluationsTable.evaluations})` })
        .from(ruleEvaluationsTable)
        .where(and(eq(ruleEvaluationsTable.tenantId, tenant.tenantId), since && gte(ruleEvaluationsTable.hour, rangeBound(since))))
        .groupBy(ruleEvaluationsTable.ruleId)
      return new Map(rows.map((row) => [row.ruleId, Number(row.total)]))
    }),
})

const toSetting = ({ ruleId, enabled, edge, level, updatedAt }: InferSelectModel<typeof ruleSettingsTable>): RuleSetting => ({
  ruleId,
  enabled,
  edge,
  level: level ?? undefined,
  updatedAt,
})

type MatchRow = {
  event_id: string
  alert_id: string | null
  at_ms: string
  document: unknown
  status: string | null
  reviewed_by: string | null
  reviewed_ms: string | null
  host: string | null
  user_name: string | null
}

/** The verdict is the alert's: what the analyst said about it holds for each hit it took in. */
function toMatch(row: MatchRow): RuleMatchRow {
  const verdict = row.status === 'resolved' ? 'true_positive' : row.status === 'false_positive' ? 'false_positive' : undefined
  return {
    alertId: row.alert_id ?? '',
    eventId: row.event_id,
    at: new Date(Number(row.at_ms)),
    // Read here and not in SQL, where a document with \u0000 in it would fail the query.
    process: textAt(row.document, 'process', 'executable') ?? textAt(row.document, 'process', 'name'),
    commandLine: textAt(row.document, 'process', 'command_line'),
    user: row.user_name ?? undefined,
    host: row.host ?? undefined,
    verdict,
    reviewedBy: verdict && (row.reviewed_by ?? undefined),
    reviewedAt: verdict && row.reviewed_ms !== null ? new Date(Number(row.reviewed_ms)) : undefined,
  }
}

function textAt(document: unknown, ...path: readonly string[]): string | undefined {
  let at: unknown = document
  for (const key of path) at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined
  return typeof at === 'string' ? at : undefined
}
