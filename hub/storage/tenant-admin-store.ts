import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { TenantAdminStore } from '../identity/ports.ts'
import type { Database } from './database.ts'
import { AlreadyExists, sqlState, UnknownReference } from './errors.ts'
import { tenantsTable, usersTable } from './schema/identity.ts'
import { acrossTenants, withTenant } from './tenant.ts'

/** What the platform's operator does across tenants. Writes still happen inside the tenant they are for. */
export const createTenantAdminStore = (db: Database): TenantAdminStore => ({
  async listTenants() {
    const rows = await acrossTenants<{ tenant_id: string; name: string; created_at: string }>(
      db,
      sql`select tenant_id, name, created_at from list_tenants()`,
    )
    return rows.map((row) => ({ id: row.tenant_id, name: row.name, createdAt: new Date(row.created_at) }))
  },

  createTenant(name) {
    const tenantId = randomUUID()
    return withTenant(db, { tenantId }, async (tx) => {
      const [row] = await tx.insert(tenantsTable).values({ tenantId, name }).returning()
      if (!row) throw new Error('an inserted tenant did not come back')
      return { id: row.tenantId, name: row.name, createdAt: row.createdAt }
    })
  },

  async createUser({ tenantId, email, name, role, passwordHash }) {
    try {
      return await withTenant(db, { tenantId }, async (tx) => {
        const [row] = await tx.insert(usersTable).values({ tenantId, email, name, role, passwordHash }).returning()
        if (!row) throw new Error('an inserted user did not come back')
        return { id: row.id, tenantId, email: row.email, name: row.name, role: row.role, createdAt: row.createdAt }
      })
    } catch (error) {
      if (sqlState(error) === '23505') throw new AlreadyExists('a user with this e-mail address exists', { cause: error })
      if (sqlState(error) === '23503') throw new UnknownReference('there is no such tenant', { cause: error })
      throw error
    }
  },

  async countUsers() {
    const rows = await acrossTenants<{ count: string }>(db, sql`select count_users() as count`)
    return Number(rows[0]?.count ?? 0)
  },
})
