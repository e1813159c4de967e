import { and, asc, eq, type InferSelectModel, sql } from 'drizzle-orm'
import type { ExceptionStore, StoredException } from '../detection/content/ports.ts'
import type { Database } from './database.ts'
import { rangeBound } from './instants.ts'
import { ruleExceptionsTable } from './schema/detection.ts'
import { withTenant } from './tenant.ts'
import { present, storable } from './text.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A tenant's exceptions, and the stored matches by which one is judged before it is made. */
export const createExceptionStore = (db: Database): ExceptionStore => ({
  list: (tenant) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx.select().from(ruleExceptionsTable).orderBy(asc(ruleExceptionsTable.createdAt), asc(ruleExceptionsTable.id))
      return rows.map(toException)
    }),

  get: (tenant, exceptionId) =>
    withTenant(db, tenant, async (tx) => {
      if (!UUID.test(exceptionId)) return undefined
      const [row] = await tx.select().from(ruleExceptionsTable).where(eq(ruleExceptionsTable.id, exceptionId))
      return row && toException(row)
    }),

  create: (tenant, { ruleId, reason, detection, expiresAt }, { actor, at }) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx
        .insert(ruleExceptionsTable)
        .values({
          tenantId: tenant.tenantId,
          ruleId: ruleId ?? null,
          reason: storable(reason),
          detection: storable(detection),
          expiresAt: rangeBound(expiresAt),
          createdAt: at,
          createdBy: actor,
          updatedAt: at,
        })
        .returning()
      if (!row) throw new Error('an inserted exception did not come back')
      return toException(row)
    }),

  update: (tenant, exceptionId, expectedRevision, { reason, detection, expiresAt }, at) =>
    withTenant(db, tenant, async (tx) => {
      if (!UUID.test(exceptionId)) return undefined
      const [row] = await tx
        .update(ruleExceptionsTable)
        .set({
          reason: reason === undefined ? undefined : storable(reason),
          detection: detection === undefined ? undefined : storable(detection),
          expiresAt: expiresAt && rangeBound(expiresAt),
          updatedAt: at,
          revision: sql`${ruleExceptionsTable.revision} + 1`,
        })
        .where(and(eq(ruleExceptionsTable.id, exceptionId), eq(ruleExceptionsTable.revision, expectedRevision)))
        .returning()
      return row && toException(row)
    }),

  delete: (tenant, exceptionId) =>
    withTenant(db, tenant, async (tx) => {
      if (!UUID.test(exceptionId)) return false
      const rows = await tx.delete(ruleExceptionsTable).where(eq(ruleExceptionsTable.id, exceptionId)).returning({ id: ruleExceptionsTable.id })
      return rows.length > 0
    }),

  candidates: (tenant, { ruleId, since, after, limit }) =>
    withTenant(db, tenant, async (tx) => {
      // Each in the order of an index: sorting all matches of the tenant for every page would take most of the time.
      const [rule, time] = ruleId === undefined ? [sql`true`, sql`match.created_at`] : [sql`match.rule_id = ${ruleId}`, sql`match.event_time`]
      const beyond = after
        ? sql`(${time}, match.rule_id, match.event_id) < (${after.at.toISOString()}::timestamptz(3), ${after.ruleId}, ${after.eventId}::uuid)`
        : sql`true`
      const newestFirst = sql`${time} desc, match.rule_id desc, match.event_id desc`
      const { rows } = await tx.execute<CandidateRow>(sql`
        select match.rule_id, match.event_id, extract(epoch from ${time}) * 1000 as at_ms, match.alert_id, alert.status, event.document::text as document
        from (
          select * from matches as match where match.tenant_id = ${tenant.tenantId} and ${rule}
            and ${time} >= ${rangeBound(since).toISOString()}::timestamptz and ${beyond}
          order by ${newestFirst} limit ${limit}
        ) as match
        left join events as event on event.tenant_id = match.tenant_id and event.time = match.event_time and event.id = match.event_id
        left join alerts as alert on alert.tenant_id = match.tenant_id and alert.id = match.alert_id
        order by ${newestFirst}`)
      return rows.map((row) => ({
        ruleId: row.rule_id,
        eventId: row.event_id,
        at: new Date(Number(row.at_ms)),
        alertId: row.alert_id ?? undefined,
        truePositive: row.status === 'resolved',
        document: row.document ?? undefined,
      }))
    }),
})

type CandidateRow = {
  rule_id: string
  event_id: string
  at_ms: string
  alert_id: string | null
  status: string | null
  document: string | null
}

function toException(row: InferSelectModel<typeof ruleExceptionsTable>): StoredException {
  const { tenantId: _, ...exception } = present(row)
  return exception
}
