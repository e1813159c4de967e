import { randomUUID } from 'node:crypto'
import { asc, eq, type InferSelectModel, sql } from 'drizzle-orm'
import type { FleetStore, PreFilterRow, Sensor } from '../fleet/ports.ts'
import type { Database } from './database.ts'
import { enrollmentTokensTable, filtersTable, packVersionsTable, sensorsTable } from './schema/fleet.ts'
import { tenantsTable } from './schema/identity.ts'
import { withTenant } from './tenant.ts'
import { present } from './text.ts'

/** Sensors, enrolment tokens, pre-filters and pack numbers of a tenant. */
export const createFleetStore = (db: Database): FleetStore => ({
  createToken: (tenant, { tokenHash, name, expiresAt, createdBy }) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx.insert(enrollmentTokensTable).values({ tenantId: tenant.tenantId, tokenHash, name, expiresAt, createdBy }).returning()
      if (!row) throw new Error('an inserted token did not come back')
      return { id: row.id, name: row.name, createdAt: row.createdAt, expiresAt: row.expiresAt, usedAt: row.usedAt ?? undefined }
    }),

  addSensor: (tenant, { fingerprint, notAfter, addresses, ...sensor }) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx
        .insert(sensorsTable)
        .values({
          ...sensor,
          tenantId: tenant.tenantId,
          addresses: [...addresses],
          certificateFingerprint: fingerprint,
          certificateNotAfter: notAfter,
        })
        .returning()
      if (!row) throw new Error('an inserted sensor did not come back')
      return toSensor(row)
    }),

  list: (tenant) =>
    withTenant(db, tenant, async (tx) => (await tx.select().from(sensorsTable).orderBy(asc(sensorsTable.name), asc(sensorsTable.id))).map(toSensor)),

  get: (tenant, sensorId) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx.select().from(sensorsTable).where(eq(sensorsTable.id, sensorId))
      return row && toSensor(row)
    }),

  rename: (tenant, sensorId, name) =>
    withTenant(db, tenant, async (tx) => {
      const [row] = await tx.update(sensorsTable).set({ name }).where(eq(sensorsTable.id, sensorId)).returning()
      return row && toSensor(row)
    }),

  revoke: (tenant, sensorId, at) =>
    withTenant(db, tenant, async (tx) => {
      // The first revocation's time stays.
      const rows = await tx
        .update(sensorsTable)
        .set({ revokedAt: sql`coalesce(${sensorsTable.revokedAt}, ${at.toISOString()}::timestamptz)` })
        .where(eq(sensorsTable.id, sensorId))
        .returning({ id: sensorsTable.id })
      return rows.length > 0
    }),

  setCertificate: (tenant, sensorId, fingerprint, notAfter) =>
    withTenant(db, tenant, async (tx) => {
      await tx.update(sensorsTable).set({ certificateFingerprint: fingerprint, certificateNotAfter: notAfter }).where(eq(sensorsTable.id, sensorId))
    }),

  seen: (tenant, sensorId, { at, host, heartbeat }) =>
    withTenant(db, tenant, async (tx) => {
      await tx
        .update(sensorsTable)
        .set({
          // Reports may arrive out of order; the clock shown never goes back.
          lastSeenAt: sql`greatest(${sensorsTable.lastSeenAt}, ${at.toISOString()}::timestamptz)`,
          ...(host && { hostname: host.hostname, os: host.os, arch: host.arch, version: host.version, addresses: [...host.addresses] }),
          ...(heartbeat && { heartbeat: heartbeat as { readonly [key: string]: unknown } }),
        })
        .where(eq(sensorsTable.id, sensorId))
    }),

  packReport: (tenant, sensorId, { at, offeredVersion, runningVersion, state, reason, detail }) =>
    withTenant(db, tenant, async (tx) => {
      await tx
        .update(sensorsTable)
        .set({
          packReportedAt: at,
          ...(offeredVersion !== undefined && { offeredVersion }),
          ...(runningVersion !== undefined && { runningVersion }),
          // A new state without a reason has none: the last refusal's must not linger beside `active`.
          ...(state !== undefined && { packState: state, packReason: reason ?? null, packDetail: detail ?? null }),
        })
        .where(eq(sensorsTable.id, sensorId))
    }),

  filters: (tenant) =>
    withTenant(db, tenant, async (tx) => (await tx.select().from(filtersTable).orderBy(asc(filtersTable.name), asc(filtersTable.id))).map(toFilter)),

  saveFilter: (tenant, { id = randomUUID(), name, enabled, definition }) =>
    withTenant(db, tenant, async (tx) => {
      const content = { name, enabled, definition: definition as PreFilterRow['definition'], updatedAt: new Date() }
      const [row] = await tx
        .insert(filtersTable)
        .values({ tenantId: tenant.tenantId, id, ...content })
        .onConflictDoUpdate({ target: [filtersTable.tenantId, filtersTable.id], set: content })
        .returning()
      if (!row) throw new Error('a saved filter did not come back')
      return toFilter(row)
    }),

  deleteFilter: (tenant, filterId) =>
    withTenant(db, tenant, async (tx) => {
      const rows = await tx.delete(filtersTable).where(eq(filtersTable.id, filterId)).returning({ id: filtersTable.id })
      return rows.length > 0
    }),

  nextPackVersion: (tenant, sensorId, digest) =>
    withTenant(db, tenant, async (tx) => {
      // The tenant's row is the lock: two builds at once get two numbers, in order.
      const [counter] = await tx
        .select({ version: tenantsTable.packVersion })
        .from(tenantsTable)
        .where(eq(tenantsTable.tenantId, tenant.tenantId))
        .for('update')
      if (!counter) throw new Error('the tenant is gone')
      const [last] = await tx.select().from(packVersionsTable).where(eq(packVersionsTable.sensorId, sensorId))
      if (last?.digest === digest) return { version: last.version, changed: false }
      const version = counter.version + 1
      await tx.update(tenantsTable).set({ packVersion: version }).where(eq(tenantsTable.tenantId, tenant.tenantId))
      const content = { version, digest, builtAt: new Date() }
      await tx
        .insert(packVersionsTable)
        .values({ tenantId: tenant.tenantId, sensorId, ...content })
        .onConflictDoUpdate({ target: [packVersionsTable.tenantId, packVersionsTable.sensorId], set: content })
      return { version, changed: true }
    }),
})

function toSensor(row: InferSelectModel<typeof sensorsTable>): Sensor {
  const { hostname, os, arch, version, lastSeenAt, revokedAt, certificateNotAfter, certificateFingerprint, heartbeat, ...rest } = present(row)
  return {
    id: rest.id,
    name: rest.name,
    hostname,
    os,
    arch,
    version,
    addresses: rest.addresses,
    enrolledAt: rest.enrolledAt,
    lastSeenAt,
    revokedAt,
    certificateNotAfter,
    certificateFingerprint,
    pack: {
      runningVersion: rest.runningVersion,
      offeredVersion: rest.offeredVersion,
      state: rest.packState,
      reason: rest.packReason,
      detail: rest.packDetail,
      reportedAt: rest.packReportedAt,
    },
    heartbeat,
  }
}

const toFilter = ({ id, name, enabled, definition, updatedAt }: InferSelectModel<typeof filtersTable>): PreFilterRow => ({
  id,
  name,
  enabled,
  definition,
  updatedAt,
})
