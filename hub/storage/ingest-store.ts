import { createHash } from 'node:crypto'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { ExpectedError } from '../../shared/errors.ts'
import type { AlertNotice } from '../alerts/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { CommitBatch, CommitResult, IngestStore, StoredTombstone } from '../ingest/ports.ts'
import type { Database, Transaction } from './database.ts'
import { sqlState } from './errors.ts'
import { countEvaluations } from './ingest/count-evaluations.ts'
import { insertEvents } from './ingest/insert-events.ts'
import { insertMatches } from './ingest/insert-matches.ts'
import { mergeAlerts, toNotice } from './ingest/merge-alerts.ts'
import { storableMs } from './instants.ts'
import { alertsTable } from './schema/alerts.ts'
import { ingestMarksTable, tombstonesTable } from './schema/events.ts'
import { withTenant } from './tenant.ts'

/** The sensor's numbering jumped: what lies between the mark and this batch was never delivered. */
export class SequenceGap extends ExpectedError {
  readonly code = 'SEQUENCE_GAP'
  readonly kind = 'conflict'
  constructor(
    readonly expected: number,
    readonly first: number,
  ) {
    super(`expected seq ${expected}, got ${first}`)
  }
}

// Two sensors of a tenant may update the same alerts; they do so in one order, so this is for what that order cannot cover.
const DEADLOCK_ATTEMPTS = 3

/** Stores batches exactly once in effect. See `IngestStore`. */
export const createIngestStore = (db: Database): IngestStore => ({
  marks: (tenant, sensorId, epochs) =>
    withTenant(db, tenant, async (tx) => {
      if (epochs.length === 0) return new Map()
      const rows = await tx
        .select({ epoch: ingestMarksTable.epoch, through: ingestMarksTable.through })
        .from(ingestMarksTable)
        .where(and(eq(ingestMarksTable.sensorId, sensorId), inArray(ingestMarksTable.epoch, [...epochs])))
      return new Map(rows.map(({ epoch, through }) => [epoch, through]))
    }),

  async commit(tenant, batch, again = false) {
    await db.partitions.ensure(
      batch.events.map(({ time }) => storableMs(time, batch.receivedAt)),
      batch.receivedAt,
    )
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withTenant(db, tenant, (tx) => commitBatch(tx, tenant, batch, again))
      } catch (error) {
        if (sqlState(error) !== '40P01' || attempt === DEADLOCK_ATTEMPTS) throw error
      }
    }
  },
})

async function commitBatch(tx: Transaction, tenant: TenantContext, batch: CommitBatch, again: boolean): Promise<CommitResult> {
  const mark = await lockMark(tx, tenant, batch)
  if (batch.first > mark + 1) throw new SequenceGap(mark + 1, batch.first)
  const fresh = above(mark, batch)
  const skipped = batch.events.length - fresh.events.length + (batch.tombstones.length - fresh.tombstones.length)
  if (batch.last <= mark)
    return again
      ? { through: mark, stored: batch.events.length, skipped: 0, notices: await alertsMadeBy(tx, tenant, batch) }
      : { through: mark, stored: 0, skipped, notices: [] }

  await insertEvents(tx, tenant, fresh)
  await countEvaluations(tx, tenant, fresh)
  if (fresh.tombstones.length > 0) await tx.insert(tombstonesTable).values(fresh.tombstones.map((each) => toRow(tenant, batch, each)))
  const { notices, alertOf } = await mergeAlerts(tx, tenant, fresh)
  await insertMatches(tx, tenant, fresh, alertOf)
  await tx
    .update(ingestMarksTable)
    .set({
      through: batch.last,
      lane: batch.lane,
      stored: sql`${ingestMarksTable.stored} + ${fresh.events.length}`,
      unparsed: sql`${ingestMarksTable.unparsed} + ${fresh.events.filter((event) => !event.parsed).length}`,
      matched: sql`${ingestMarksTable.matched} + ${fresh.matches.length}`,
      bytes: sql`${ingestMarksTable.bytes} + ${fresh.events.reduce((sum, event) => sum + event.rawBytes, 0)}`,
      updatedAt: batch.receivedAt,
    })
    .where(markOf(tenant, batch))
  return { through: batch.last, stored: fresh.events.length, skipped, notices }
}

/** A draft's id is that of the alert it opened, and of no other: one whose id is there was opened by this batch. */
async function alertsMadeBy(tx: Transaction, tenant: TenantContext, { alerts }: CommitBatch): Promise<AlertNotice[]> {
  if (alerts.length === 0) return []
  const ids = alerts.map(({ id }) => id)
  const rows = await tx
    .select({ id: alertsTable.id })
    .from(alertsTable)
    .where(and(eq(alertsTable.tenantId, tenant.tenantId), inArray(alertsTable.id, ids)))
  const made = new Set(rows.map(({ id }) => id))
  return alerts.filter(({ id }) => made.has(id)).map((draft) => toNotice(draft, draft.id, true))
}

const markOf = (tenant: TenantContext, batch: CommitBatch) =>
  and(eq(ingestMarksTable.tenantId, tenant.tenantId), eq(ingestMarksTable.sensorId, batch.sensorId), eq(ingestMarksTable.epoch, batch.epoch))

/** Holds the (sensor, epoch) row until the transaction ends, and says how far it is. */
async function lockMark(tx: Transaction, tenant: TenantContext, batch: CommitBatch): Promise<number> {
  const lock = () => tx.select({ through: ingestMarksTable.through }).from(ingestMarksTable).where(markOf(tenant, batch)).for('update')
  const [held] = await lock()
  if (held) return held.through
  const { sensorId, epoch, lane } = batch
  await tx.insert(ingestMarksTable).values({ tenantId: tenant.tenantId, sensorId, epoch, lane }).onConflictDoNothing()
  const [made] = await lock()
  if (!made) throw new Error('a mark just made is gone')
  return made.through
}

/** The part of a batch that is not stored yet. */
function above(mark: number, batch: CommitBatch): CommitBatch {
  if (batch.first > mark) return batch
  return {
    ...batch,
    first: mark + 1,
    events: batch.events.filter(({ seq }) => seq > mark),
    matches: batch.matches.filter(({ seq }) => seq > mark),
    tombstones: batch.tombstones
      .filter(({ last }) => last > mark)
      .map((each) => (each.first > mark ? each : { ...each, first: mark + 1, count: Math.min(each.count, each.last - mark) })),
    alerts: batch.alerts.flatMap((draft) => {
      const seqs = draft.seqs.filter((seq) => seq > mark)
      if (seqs.length === draft.seqs.length) return draft
      const first = batch.events.find(({ seq }) => seq === seqs[0])
      if (!first) return []
      // What is left of a draft starts at its first new event. Its own id may belong to the alert the skipped part made.
      const id = `alert-${createHash('sha256').update(`${draft.id}\n${first.id}`).digest('hex').slice(0, 26)}`
      return { ...draft, id, seqs, count: seqs.length, firstEventId: first.id, firstEventAt: first.time }
    }),
  }
}

const toRow = (tenant: TenantContext, batch: CommitBatch, { first, last, reason, connectorId, count, at }: StoredTombstone) => ({
  tenantId: tenant.tenantId,
  sensorId: batch.sensorId,
  epoch: batch.epoch,
  firstSeq: first,
  lastSeq: last,
  reason,
  connectorId: connectorId ?? null,
  count,
  at,
  receivedAt: batch.receivedAt,
})
