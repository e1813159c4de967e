import { boolean, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { Role } from '../../identity/ports.ts'
import { instant, tenantId } from './columns.ts'

export const tenantsTable = pgTable('tenants', {
  tenantId: tenantId(),
  name: text('name').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  packVersion: integer('pack_version').notNull().default(0),
})

export const usersTable = pgTable('users', {
  tenantId: tenantId(),
  id: uuid('id').notNull().defaultRandom(),
  email: text('email').notNull(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  passwordHash: text('password_hash').notNull(),
  disabled: boolean('disabled').notNull().default(false),
  createdAt: instant('created_at').notNull().defaultNow(),
  lastLoginAt: instant('last_login_at'),
})
