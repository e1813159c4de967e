import { sql } from 'drizzle-orm'
import type { RuleContentDirectory } from '../detection/content/ports.ts'
import type { Database } from './database.ts'
import { acrossTenants } from './tenant.ts'

/** Which tenants have rule content; names the tenants and nothing else. */
export const createRuleContentDirectory = (db: Database): RuleContentDirectory => ({
  async tenantsWithContent() {
    const rows = await acrossTenants<{ tenant_id: string }>(db, sql`select tenant_id from tenants_with_rule_content()`)
    return rows.map((row) => ({ tenantId: row.tenant_id }))
  },
})
