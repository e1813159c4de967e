import { bigint, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Milliseconds, as a Date holds. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
/** Counts stay far under 2^53. */
export const count = (name: string) => bigint(name, { mode: 'number' })
export const tenantId = () => uuid('tenant_id').notNull()
