import { randomUUID } from 'node:crypto'
import { and, asc, desc, eq, type InferSelectModel, sql } from 'drizzle-orm'
import type { ConnectorConfig } from '../../shared/connectors/contract.ts'
import { connectorKind } from '../../shared/connectors/kinds.ts'
import { ExpectedError } from '../../shared/errors.ts'
import type { Connector, ConnectorState, ConnectorStore } from '../fleet/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { Database } from './database.ts'
import { sqlState, UnknownReference } from './errors.ts'
import { connectorHistoryTable, connectorsTable, type StoredConnectorState } from './schema/connectors.ts'
import { withTenant } from './tenant.ts'

/** Closes and opens single values. `aad` binds a sealed value to its place: moved elsewhere it does not open. */
export interface SecretBox {
  seal(plain: string, aad: string): string
  /** @throws {ExpectedError} where it does not open with this key, or not here */
  open(sealed: string, aad: string): string
}

type Row = InferSelectModel<typeof connectorsTable>

const HISTORY_EVERY_MS = 5 * 60_000

/** A tenant's connectors. The keys their kind calls secret are stored sealed and come back opened; an unknown kind has none. */
export function createConnectorStore(db: Database, secretBox: SecretBox): ConnectorStore {
  const place = (tenant: TenantContext, connectorId: string, key: string) => `${tenant.tenantId}|${connectorId}|${key}`

  const close = (tenant: TenantContext, id: string, type: string, config: ConnectorConfig) => {
    const names = new Set(connectorKind(type)?.secrets ?? [])
    const entries = Object.entries(config).filter(([, value]) => value !== undefined)
    return {
      config: Object.fromEntries(entries.filter(([key]) => !names.has(key))),
      secrets: Object.fromEntries(
        entries.filter(([key]) => names.has(key)).map(([key, value]) => [key, secretBox.seal(JSON.stringify(value), place(tenant, id, key))]),
      ),
    }
  }

  /** One secret that does not open must not hide the connector: it can still be seen, given a new secret, or deleted. */
  const open = (tenant: TenantContext, id: string, secrets: Row['secrets']) => {
    const opened: [string, unknown][] = []
    const unreadable: string[] = []
    for (const [key, sealed] of Object.entries(secrets)) {
      try {
        opened.push([key, JSON.parse(secretBox.open(sealed, place(tenant, id, key)))])
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error
        unreadable.push(key)
      }
    }
    return { opened: Object.fromEntries(opened), unreadable }
  }

  const toConnector = (tenant: TenantContext, row: Row): Connector => {
    const { opened, unreadable } = open(tenant, row.id, row.secrets)
    return {
      id: row.id,
      name: row.name,
      type: row.type,
      sensorId: row.sensorId ?? undefined,
      enabled: row.enabled,
      config: { ...row.config, ...opened },
      ...(unreadable.length > 0 ? { unreadable } : {}),
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      version: row.version,
      state: toState(row),
    }
  }

  const one = (tenant: TenantContext, connectorId: string) => and(eq(connectorsTable.tenantId, tenant.tenantId), eq(connectorsTable.id, connectorId))

  return {
    list: (tenant) =>
      withTenant(db, tenant, async (tx) => {
        const rows = await tx.select().from(connectorsTable).orderBy(asc(connectorsTable.createdAt), asc(connectorsTable.id))
        return rows.map((row) => toConnector(tenant, row))
      }),

    get: (tenant, connectorId) =>
      withTenant(db, tenant, async (tx) => {
        const [row] = await tx.select().from(connectorsTable).where(one(tenant, connectorId))
        return row && toConnector(tenant, row)
      }),

    create: (tenant, { name, type, sensorId, enabled, config }) =>
      ownSensor(() =>
        withTenant(db, tenant, async (tx) => {
          const id = randomUUID()
          const [row] = await tx
            .insert(connectorsTable)
            .values({ tenantId: tenant.tenantId, id, name, type, sensorId: sensorId ?? null, enabled, ...close(tenant, id, type, config) })
            .returning()
          if (!row) throw new Error('an inserted connector did not come back')
          return toConnector(tenant, row)
        }),
      ),

    update: (tenant, connectorId, { name, sensorId, enabled, config }) =>
      ownSensor(() =>
        withTenant(db, tenant, async (tx) => {
          const [before] = await tx.select().from(connectorsTable).where(one(tenant, connectorId)).for('update')
          if (!before) return undefined
          const [row] = await tx
            .update(connectorsTable)
            .set({
              ...(name !== undefined && { name }),
              ...(sensorId !== undefined && { sensorId }),
              ...(enabled !== undefined && { enabled }),
              ...(config && close(tenant, connectorId, before.type, config)),
              version: before.version + 1,
              // Later than the one before even within one millisecond, so that a reader sees that it changed.
              updatedAt: new Date(Math.max(Date.now(), before.updatedAt.getTime() + 1)),
            })
            .where(one(tenant, connectorId))
            .returning()
          return row && toConnector(tenant, row)
        }),
      ),

    delete: (tenant, connectorId) =>
      withTenant(db, tenant, async (tx) => {
        const rows = await tx.delete(connectorsTable).where(one(tenant, connectorId)).returning({ id: connectorsTable.id })
        return rows.length > 0
      }),

    report: (tenant, connectorId, state) =>
      withTenant(db, tenant, async (tx) => {
        const [before] = await tx
          .select({ status: connectorsTable.status, historyAt: connectorsTable.historyAt })
          .from(connectorsTable)
          .where(one(tenant, connectorId))
          .for('update')
        if (!before) return undefined
        const at = state.lastCheckAt ?? new Date()
        const remember = !before.historyAt || before.status !== state.status || at.getTime() - before.historyAt.getTime() >= HISTORY_EVERY_MS
        await tx
          .update(connectorsTable)
          .set({ status: state.status, state: toStored(state), ...(remember && { historyAt: at }) })
          .where(one(tenant, connectorId))
        if (remember)
          await tx
            .insert(connectorHistoryTable)
            .values({ tenantId: tenant.tenantId, connectorId, at, status: state.status })
            .onConflictDoUpdate({
              target: [connectorHistoryTable.tenantId, connectorHistoryTable.connectorId, connectorHistoryTable.at],
              set: { status: sql`excluded.status` },
            })
        return { previous: before.status }
      }),

    history: (tenant, connectorId, limit) =>
      withTenant(db, tenant, (tx) =>
        tx
          .select({ at: connectorHistoryTable.at, status: connectorHistoryTable.status })
          .from(connectorHistoryTable)
          .where(and(eq(connectorHistoryTable.tenantId, tenant.tenantId), eq(connectorHistoryTable.connectorId, connectorId)))
          .orderBy(desc(connectorHistoryTable.at))
          .limit(limit),
      ),
  }
}

async function ownSensor<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (sqlState(error) === '23503') throw new UnknownReference('there is no such sensor', { cause: error })
    throw error
  }
}

function toStored({ status: _, lastCheckAt, lastEventAt, ...rest }: ConnectorState): StoredConnectorState {
  return {
    ...rest,
    ...(lastCheckAt && { lastCheckAt: lastCheckAt.toISOString() }),
    ...(lastEventAt && { lastEventAt: lastEventAt.toISOString() }),
  }
}

const toState = ({ status, state }: Row): ConnectorState => ({
  status,
  message: state.message ?? '',
  lastCheckAt: state.lastCheckAt === undefined ? undefined : new Date(state.lastCheckAt),
  consecutiveFailures: state.consecutiveFailures ?? 0,
  eventsReceivedTotal: state.eventsReceivedTotal ?? 0,
  eventsFailedTotal: state.eventsFailedTotal ?? 0,
  bytesReceivedTotal: state.bytesReceivedTotal ?? 0,
  eventsPerSecond: state.eventsPerSecond ?? 0,
  lastEventAt: state.lastEventAt === undefined ? undefined : new Date(state.lastEventAt),
  checks: state.checks ?? [],
})
