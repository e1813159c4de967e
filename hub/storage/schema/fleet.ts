import { boolean, integer, json, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant, tenantId } from './columns.ts'

export const enrollmentTokensTable = pgTable('enrollment_tokens', {
  tenantId: tenantId(),
  id: uuid('id').notNull().defaultRandom(),
  tokenHash: text('token_hash').notNull(),
  name: text('name').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
})

export const sensorsTable = pgTable('sensors', {
  tenantId: tenantId(),
  id: text('id').notNull(),
  name: text('name').notNull(),
  hostname: text('hostname'),
  os: text('os'),
  arch: text('arch'),
  version: text('version'),
  addresses: text('addresses').array().notNull().default([]),
  enrolledAt: instant('enrolled_at').notNull().defaultNow(),
  lastSeenAt: instant('last_seen_at'),
  revokedAt: instant('revoked_at'),
  certificateFingerprint: text('certificate_fingerprint'),
  certificateNotAfter: instant('certificate_not_after'),
  tokenId: uuid('token_id'),
  runningVersion: integer('running_version'),
  offeredVersion: integer('offered_version'),
  packState: text('pack_state').$type<'active' | 'refused' | 'pending'>(),
  packReason: text('pack_reason'),
  packDetail: text('pack_detail'),
  packReportedAt: instant('pack_reported_at'),
  heartbeat: json('heartbeat').$type<{ readonly [key: string]: unknown }>(),
})

export const packVersionsTable = pgTable('pack_versions', {
  tenantId: tenantId(),
  sensorId: text('sensor_id').notNull(),
  version: integer('version').notNull(),
  digest: text('digest').notNull(),
  builtAt: instant('built_at').notNull().defaultNow(),
})

export const filtersTable = pgTable('filters', {
  tenantId: tenantId(),
  id: text('id').notNull(),
  name: text('name').notNull(),
  enabled: boolean('enabled').notNull(),
  definition: json('definition').$type<{ readonly [key: string]: unknown }>().notNull(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})
