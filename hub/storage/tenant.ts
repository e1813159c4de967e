import { type SQL, sql } from 'drizzle-orm'
import type { TenantContext } from '../identity/ports.ts'
import type { Database, Transaction } from './database.ts'
import { translateError } from './errors.ts'

/**
 * Runs `work` in one transaction that row level security confines to `tenant`.
 * @throws {DatabaseUnavailable} kind `unavailable`, {QueryTimeout} kind `unavailable`; otherwise what `work` or the driver throws
 */
export async function withTenant<T>(db: Database, tenant: TenantContext, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let failure: unknown
  try {
    return await db.transaction(async (tx) => {
      try {
        // true: the setting ends with the transaction, so a pooled connection never carries it to another tenant.
        await tx.execute(sql`select set_config('picket.tenant_id', ${tenant.tenantId}, true)`)
        return await work(tx)
      } catch (error) {
        // Kept apart: on a broken connection the rollback fails as well, and its error would hide this one.
        failure = error
        throw error
      }
    })
  } catch (error) {
    throw translateError(failure ?? error)
  }
}

/** Asks one of the functions that answer across tenants, for the named stores that work before a tenant is known. */
export async function acrossTenants<Row extends Record<string, unknown>>(db: Database, question: SQL): Promise<Row[]> {
  try {
    const { rows } = await db.app.execute<Row>(question)
    return rows as Row[]
  } catch (error) {
    throw translateError(error)
  }
}
