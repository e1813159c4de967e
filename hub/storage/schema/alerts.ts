import { integer, json, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core'
import type { AlertEventSummary, AlertStatus } from '../../alerts/ports.ts'
import { count, instant, tenantId } from './columns.ts'

export const alertsTable = pgTable('alerts', {
  tenantId: tenantId(),
  id: text('id').notNull(),
  ruleId: text('rule_id').notNull(),
  ruleTitle: text('rule_title').notNull(),
  /** Rank in RULE_LEVELS. */
  severity: smallint('severity').notNull(),
  status: text('status').$type<AlertStatus>().notNull().default('open'),
  assignee: text('assignee'),
  entity: text('entity').notNull(),
  tactics: text('tactics').array().notNull(),
  techniques: text('techniques').array().notNull(),
  matchedConditions: text('matched_conditions').array().notNull(),
  firstEventId: uuid('first_event_id').notNull(),
  firstEventAt: instant('first_event_at').notNull(),
  lastEventAt: instant('last_event_at').notNull(),
  count: count('count').notNull(),
  summary: json('summary').$type<AlertEventSummary>().notNull(),
  host: text('host'),
  userName: text('user_name'),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  version: integer('version').notNull().default(1),
  reviewedBy: text('reviewed_by'),
  reviewedAt: instant('reviewed_at'),
})

export const alertActivityTable = pgTable('alert_activity', {
  tenantId: tenantId(),
  alertId: text('alert_id').notNull(),
  id: count('id').generatedAlwaysAsIdentity(),
  at: instant('at').notNull(),
  actor: text('actor').notNull(),
  kind: text('kind').notNull(),
  fromValue: text('from_value'),
  toValue: text('to_value'),
  note: text('note'),
})
