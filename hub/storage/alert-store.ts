import { and, asc, eq, gte, type InferSelectModel, ilike, inArray, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import { RULE_LEVELS, type RuleLevel } from '../../shared/sigma/contract.ts'
import type { Alert, AlertActivity, AlertDetail, AlertQuery, AlertStatus, AlertStore } from '../alerts/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { Database, Transaction } from './database.ts'
import { rangeBound } from './instants.ts'
import { type KeysetColumn, orderBy, rowsAfter } from './keyset.ts'
import { alertActivityTable, alertsTable } from './schema/alerts.ts'
import { eventsTable } from './schema/events.ts'
import { withTenant } from './tenant.ts'
import { containing, present, storable } from './text.ts'

type Row = InferSelectModel<typeof alertsTable>

/** A tenant's alerts: lists, one with its activity and event, changes, and the dashboard's figures. */
export const createAlertStore = (db: Database): AlertStore => ({
  list: (tenant, query) =>
    withTenant(db, tenant, async (tx) => {
      const where = and(...conditions(tenant, query))
      const sort = sortOf(query)
      const after =
        query.after &&
        rowsAfter(
          sort,
          query.after.map((value, i) => parameter(sort[i]?.field, value)),
        )
      const rows = await tx
        .select()
        .from(alertsTable)
        .where(and(where, after))
        .orderBy(orderBy(sort))
        .limit(query.limit + 1)
        .offset(query.offset ?? 0)
      const [counted] = await tx.select({ total: sql<string>`count(*)` }).from(alertsTable).where(where)
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      return {
        alerts: page.map(toAlert),
        total: Number(counted?.total ?? 0),
        next: rows.length > query.limit && last ? sort.map(({ field }) => sortValue(last, field)) : undefined,
      }
    }),

  get: (tenant, alertId) => withTenant(db, tenant, (tx) => readDetail(tx, tenant, alertId)),

  update: (tenant, alertId, expectedVersion, { status, assignee }, activity) =>
    withTenant(db, tenant, async (tx) => {
      const at = activity.at(-1)?.at ?? new Date()
      const rows = await tx
        .update(alertsTable)
        .set({
          ...(status && { status, ...review(status, activity) }),
          ...(assignee !== undefined && { assignee }),
          version: expectedVersion + 1,
          updatedAt: at,
        })
        .where(
          and(
            eq(alertsTable.tenantId, tenant.tenantId),
            eq(alertsTable.id, alertId),
            eq(alertsTable.version, expectedVersion),
            // Opening it again is refused while a newer alert of that rule and entity takes the hits; two live ones would share them.
            status === 'open' || status === 'investigating' ? noOtherLive(alertId) : undefined,
          ),
        )
        .returning({ id: alertsTable.id })
      if (rows.length === 0) return undefined
      if (activity.length > 0)
        await tx.insert(alertActivityTable).values(
          activity.map(({ at: when, actor, kind, from, to, note }) => ({
            tenantId: tenant.tenantId,
            alertId,
            at: when,
            actor,
            kind,
            fromValue: from ?? null,
            toValue: to ?? null,
            note: note === undefined ? null : storable(note),
          })),
        )
      return readDetail(tx, tenant, alertId)
    }),

  summary: (tenant, since) =>
    withTenant(db, tenant, async (tx) => {
      const mine = eq(alertsTable.tenantId, tenant.tenantId)
      const recent = and(mine, gte(alertsTable.createdAt, rangeBound(since)))
      const amount = sql<string>`count(*)`
      // One pass gives the totals too: they are sums over the severities.
      const severities = await tx
        .select({
          severity: alertsTable.severity,
          total: amount,
          open: sql<string>`count(*) filter (where ${inArray(alertsTable.status, ['open', 'investigating'])})`,
          falsePositives: sql<string>`count(*) filter (where ${alertsTable.status} = 'false_positive')`,
          createdSince: sql<string>`count(*) filter (where ${gte(alertsTable.createdAt, rangeBound(since))})`,
        })
        .from(alertsTable)
        .where(mine)
        .groupBy(alertsTable.severity)
      const tactics = await tx
        .select({ tactic: sql<string>`unnest(${alertsTable.tactics})`, amount })
        .from(alertsTable)
        .where(recent)
        .groupBy(sql`1`)
      const rules = await tx
        .select({ ruleId: alertsTable.ruleId, title: sql<string>`max(${alertsTable.ruleTitle})`, amount })
        .from(alertsTable)
        .where(recent)
        .groupBy(alertsTable.ruleId)
        .orderBy(sql`count(*) desc`, asc(alertsTable.ruleId))
        .limit(10)
      const byRank = new Map(severities.map((row) => [row.severity, row]))
      const byLevel = (pick: (row: (typeof severities)[number]) => string) =>
        Object.fromEntries(
          RULE_LEVELS.map((level, rank) => {
            const row = byRank.get(rank)
            return [level, row ? Number(pick(row)) : 0]
          }),
        ) as Record<RuleLevel, number>
      const sum = (pick: (row: (typeof severities)[number]) => string) => severities.reduce((total, row) => total + Number(pick(row)), 0)
      return {
        openBySeverity: byLevel((row) => row.open),
        bySeverity: byLevel((row) => row.total),
        createdSince: sum((row) => row.createdSince),
        falsePositives: sum((row) => row.falsePositives),
        total: sum((row) => row.total),
        byTactic: Object.fromEntries(tactics.map((row) => [row.tactic, Number(row.amount)])),
        topRules: rules.map((row) => ({ ruleId: row.ruleId, title: row.title, count: Number(row.amount) })),
      }
    }),
})

const levelOf = (rank: number): RuleLevel => RULE_LEVELS[rank] ?? 'informational'

function conditions(tenant: TenantContext, { severity, status, ruleId, q, from, to }: AlertQuery): (SQL | undefined)[] {
  const text = q && containing(storable(q))
  return [
    eq(alertsTable.tenantId, tenant.tenantId),
    severity &&
      inArray(
        alertsTable.severity,
        severity.map((level) => RULE_LEVELS.indexOf(level)),
      ),
    status && inArray(alertsTable.status, [...status]),
    ruleId === undefined ? undefined : eq(alertsTable.ruleId, ruleId),
    text
      ? or(ilike(alertsTable.ruleTitle, text), ilike(alertsTable.host, text), ilike(alertsTable.userName, text), ilike(alertsTable.entity, text))
      : undefined,
    from && gte(alertsTable.createdAt, rangeBound(from)),
    to && lt(alertsTable.createdAt, rangeBound(to)),
  ]
}

type SortField = AlertQuery['sort'][number]['field'] | 'id'

/** The statuses in the order of an alert's life, so that a list sorted by them reads that way. */
const STATUS_ORDER: readonly AlertStatus[] = ['open', 'investigating', 'resolved', 'false_positive']
const statusRank = sql`array_position(${sql.param(STATUS_ORDER)}::text[], ${alertsTable.status})`

const EXPRESSIONS: Readonly<Record<SortField, SQL>> = {
  created_at: sql`${alertsTable.createdAt}`,
  updated_at: sql`${alertsTable.updatedAt}`,
  severity: sql`${alertsTable.severity}`,
  status: statusRank,
  id: sql`${alertsTable.id}`,
}

/** The query's sort, then the id in the direction of the last field, so that the order is total. */
function sortOf({ sort }: AlertQuery): (KeysetColumn & { readonly field: SortField })[] {
  const fields: { field: SortField; descending: boolean }[] = sort.length > 0 ? [...sort] : [{ field: 'created_at', descending: true }]
  fields.push({ field: 'id', descending: fields.at(-1)?.descending ?? true })
  return fields.map(({ field, descending }) => ({ field, descending, expression: EXPRESSIONS[field] }))
}

const sortValue = (row: Row, field: SortField): string | number => {
  if (field === 'created_at') return row.createdAt.getTime()
  if (field === 'updated_at') return row.updatedAt.getTime()
  if (field === 'severity') return row.severity
  if (field === 'status') return STATUS_ORDER.indexOf(row.status) + 1
  return row.id
}

/** A cursor's value as PostgreSQL compares it. */
const parameter = (field: SortField | undefined, value: string | number): SQL => {
  if (field === 'created_at' || field === 'updated_at') return sql`to_timestamp(${Number(value)}::float8 / 1000)::timestamptz(3)`
  if (field === 'severity' || field === 'status') return sql`${Number(value)}::int`
  return sql`${String(value)}::text`
}

/** Who closed it, and when; nobody, once it is open again. */
const review = (status: AlertStatus, activity: readonly AlertActivity[]) => {
  const last = activity.findLast(({ kind }) => kind === 'status')
  return status === 'resolved' || status === 'false_positive'
    ? { reviewedBy: last?.actor ?? null, reviewedAt: last?.at ?? new Date() }
    : { reviewedBy: null, reviewedAt: null }
}

const noOtherLive = (alertId: string): SQL => sql`not exists (
  select from alerts as other
  where other.tenant_id = ${alertsTable.tenantId} and other.rule_id = ${alertsTable.ruleId} and other.entity = ${alertsTable.entity}
    and other.id <> ${alertId} and other.status in ('open', 'investigating'))`

async function readDetail(tx: Transaction, tenant: TenantContext, alertId: string): Promise<AlertDetail | undefined> {
  const [row] = await tx
    .select()
    .from(alertsTable)
    .where(and(eq(alertsTable.tenantId, tenant.tenantId), eq(alertsTable.id, alertId)))
  if (!row) return undefined
  const activity = await tx
    .select()
    .from(alertActivityTable)
    .where(and(eq(alertActivityTable.tenantId, tenant.tenantId), eq(alertActivityTable.alertId, alertId)))
    .orderBy(asc(alertActivityTable.id))
  const [event] = await tx
    .select({ document: eventsTable.document })
    .from(eventsTable)
    .where(
      and(
        eq(eventsTable.tenantId, tenant.tenantId),
        eq(eventsTable.id, row.firstEventId),
        // Leaves out the partitions it cannot be in.
        gte(eventsTable.time, row.firstEventAt),
        lte(eventsTable.time, row.lastEventAt),
      ),
    )
    .limit(1)
  return {
    ...toAlert(row),
    activity: activity.map((each) => {
      const { at, actor, kind, fromValue, toValue, note } = present(each)
      return { at, actor, kind, from: fromValue, to: toValue, note }
    }),
    document: event?.document,
  }
}

const toAlert = (row: Row): Alert => ({
  id: row.id,
  ruleId: row.ruleId,
  ruleTitle: row.ruleTitle,
  severity: levelOf(row.severity),
  status: row.status,
  assignee: row.assignee ?? undefined,
  entity: row.entity,
  tactics: row.tactics,
  techniques: row.techniques,
  matchedConditions: row.matchedConditions,
  firstEventId: row.firstEventId,
  firstEventAt: row.firstEventAt,
  lastEventAt: row.lastEventAt,
  count: row.count,
  summary: row.summary,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  version: row.version,
})
