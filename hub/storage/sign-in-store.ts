import { sql } from 'drizzle-orm'
import type { Role, SignInStore } from '../identity/ports.ts'
import type { Database } from './database.ts'
import { acrossTenants } from './tenant.ts'

/** Sign-in, before a tenant is known. Reads through `find_sign_in`, which answers for one address and nothing else. */
export const createSignInStore = (db: Database): SignInStore => ({
  async findByEmail(email) {
    if (email.includes('\0')) return undefined
    const [row] = await acrossTenants<SignInRow>(
      db,
      sql`select tenant_id, id, email, name, role, password_hash, disabled, created_at, last_login_at from find_sign_in(${email})`,
    )
    if (!row) return undefined
    return {
      id: row.id,
      tenantId: row.tenant_id,
      email: row.email,
      name: row.name,
      role: row.role,
      passwordHash: row.password_hash,
      disabled: row.disabled,
      createdAt: new Date(row.created_at),
      lastLoginAt: row.last_login_at === null ? undefined : new Date(row.last_login_at),
    }
  },
  async recordLogin(userId, at) {
    await acrossTenants(db, sql`select record_sign_in(${userId}, ${at.toISOString()}::timestamptz)`)
  },
})

type SignInRow = {
  tenant_id: string
  id: string
  email: string
  name: string
  role: Role
  password_hash: string
  disabled: boolean
  created_at: string
  last_login_at: string | null
}
