import { sql } from 'drizzle-orm'
import type { EnrollmentStore } from '../fleet/ports.ts'
import type { Database } from './database.ts'
import { acrossTenants } from './tenant.ts'

/** Enrolment, before a tenant is known: a token's hash, or a verified certificate's sensor id, leads to the tenant. */
export const createEnrollmentStore = (db: Database): EnrollmentStore => ({
  async spendToken(tokenHash, now) {
    const [row] = await acrossTenants<{ tenant_id: string; id: string; name: string }>(
      db,
      sql`select tenant_id, id, name from spend_enrollment_token(${tokenHash}, ${now.toISOString()}::timestamptz)`,
    )
    return row && { tenantId: row.tenant_id, tokenId: row.id, name: row.name }
  },
  async findSensor(sensorId) {
    const [row] = await acrossTenants<{ tenant_id: string; revoked_at: string | null }>(
      db,
      sql`select tenant_id, revoked_at from find_sensor(${sensorId})`,
    )
    return row && { tenantId: row.tenant_id, revokedAt: row.revoked_at === null ? undefined : new Date(row.revoked_at) }
  },
})
