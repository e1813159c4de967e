import { and, asc, eq, type InferSelectModel, inArray, type SQL, sql } from 'drizzle-orm'
import type { RuleLevel } from '../../shared/sigma/contract.ts'
import type { RuleMatchRow, RuleSetting, RuleStore, RuleVerdicts } from '../detection/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { Database, Transaction } from './database.ts'
import { rangeBound } from './instants.ts'
import { evaluationViewsTable, ruleSettingsTable } from './schema/statistics.ts'
import { acrossTenants, withTenant } from './tenant.ts'

const EARLIEST = new Date(-8.64e15)

/** A tenant's choices about rules, and what the rules did for it. A resolved alert counts as a true positive. */
export function createRuleStore(db: Database): RuleStore {
  const views = createViewReader()
  return {
    settings: (tenant) =>
      withTenant(db, tenant, async (tx) => {
        const rows = await tx.select().from(ruleSettingsTable).orderBy(asc(ruleSettingsTable.ruleId))
        return rows.map(toSetting)
      }),

    async allSettings() {
      const rows = await acrossTenants<{
        tenant_id: string
        rule_id: string
        enabled: boolean
        edge: boolean
        level: RuleLevel | null
        updated_at: string
      }>(db, sql`select tenant_id, rule_id, enabled, edge, level, updated_at from all_rule_settings()`)
      return rows.map((row) => ({
        tenantId: row.tenant_id,
        setting: toSetting({ ruleId: row.rule_id, enabled: row.enabled, edge: row.edge, level: row.level, updatedAt: new Date(row.updated_at) }),
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
        const { rows } = await tx.execute<{ rule_id: string; matches: string; true_positives: string; false_positives: string }>(sql`
        with hit as (
          select rule_id, sum(matches) as matches from match_counts where tenant_id = ${tenant.tenantId} and ${hoursFrom(since)} group by rule_id
        ), verdict as (
          select rule_id, sum(true_positives) as true_positives, sum(false_positives) as false_positives
          from verdict_counts where tenant_id = ${tenant.tenantId} and ${hoursFrom(since)} group by rule_id
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

    registerView: (tenant, view, rules) =>
      withTenant(db, tenant, async (tx) => {
        await tx
          .insert(evaluationViewsTable)
          .values({ tenantId: tenant.tenantId, view, rules: Object.fromEntries(rules), usedAt: new Date() })
          .onConflictDoUpdate({ target: [evaluationViewsTable.tenantId, evaluationViewsTable.view], set: { usedAt: new Date() } })
      }),

    evaluations: (tenant, since) =>
      withTenant(db, tenant, async (tx) => {
        const { rows: counted } = await tx.execute<{ view: string; logsource: string; events: string }>(sql`
        select view, logsource, sum(events) as events from evaluation_counts
        where tenant_id = ${tenant.tenantId} and ${hoursFrom(since)} group by view, logsource`)
        const { rows: summed } = await tx.execute<{ rule_id: string; evaluations: string }>(sql`
        select rule_id, sum(evaluations) as evaluations from rule_evaluations
        where tenant_id = ${tenant.tenantId} and ${hoursFrom(since)} group by rule_id`)
        const rulesOf = await views(tx, tenant, new Set(counted.map(({ view }) => view)))
        const totals = new Map(summed.map(({ rule_id, evaluations }) => [rule_id, Number(evaluations)]))
        for (const { view, logsource, events } of counted)
          for (const ruleId of rulesOf.get(view)?.[logsource] ?? []) totals.set(ruleId, (totals.get(ruleId) ?? 0) + Number(events))
        return totals
      }),
  }
}

/** Hours that begin at or after `since`; all of them, with what was added up, where it is undefined. */
const hoursFrom = (since: Date | undefined): SQL => (since ? sql`hour >= ${rangeBound(since).toISOString()}::timestamptz` : sql`true`)

type ViewRules = Readonly<Record<string, readonly string[]>>

/** A view of thousands of rules is some 100 kB of JSON, and the same few are asked for over and over. */
const VIEWS_KEPT = 64

/** Reads views, which never change, and keeps the last ones read. By tenant, although a view's name says what is in it: what is one's own needs no proof. */
function createViewReader() {
  const kept = new Map<string, ViewRules>()
  return async (tx: Transaction, tenant: TenantContext, names: ReadonlySet<string>): Promise<ReadonlyMap<string, ViewRules>> => {
    const found = new Map<string, ViewRules>()
    const missing: string[] = []
    for (const name of names) {
      const rules = kept.get(`${tenant.tenantId} ${name}`)
      if (rules) found.set(name, rules)
      else missing.push(name)
    }
    if (missing.length === 0) return found
    const rows = await tx
      .select({ view: evaluationViewsTable.view, rules: evaluationViewsTable.rules })
      .from(evaluationViewsTable)
      .where(and(eq(evaluationViewsTable.tenantId, tenant.tenantId), inArray(evaluationViewsTable.view, missing)))
    for (const { view, rules } of rows) {
      found.set(view, rules)
      kept.set(`${tenant.tenantId} ${view}`, rules)
    }
    for (const key of kept.keys()) if (kept.size > VIEWS_KEPT) kept.delete(key)
    return found
  }
}

const toSetting = ({ ruleId, enabled, edge, level, updatedAt }: Omit<InferSelectModel<typeof ruleSettingsTable>, 'tenantId'>): RuleSetting => ({
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
    alertId: row.alert_id ?? undefined,
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
