import { sql } from 'drizzle-orm'
import type { TenantContext } from '../identity/ports.ts'
import type { Database, Transaction } from './database.ts'

/** Runs `work` in one transaction that row level security confines to `tenant`. */
export const withTenant = <T>(db: Database, tenant: TenantContext, work: (tx: Transaction) => Promise<T>): Promise<T> =>
  db.app.transaction(async (tx) => {
    // true: the setting ends with the transaction, so a pooled connection never carries it to another tenant.
    await tx.execute(sql`select set_config('picket.tenant_id', ${tenant.tenantId}, true)`)
    return work(tx)
  })
