import { boolean, integer, json, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { EventDocument } from '../../../shared/event/event.ts'
import { count, instant, tenantId } from './columns.ts'

export const ingestMarksTable = pgTable('ingest_marks', {
  tenantId: tenantId(),
  sensorId: text('sensor_id').notNull(),
  epoch: text('epoch').notNull(),
  lane: text('lane').notNull(),
  through: count('through').notNull().default(0),
  stored: count('stored').notNull().default(0),
  unparsed: count('unparsed').notNull().default(0),
  matched: count('matched').notNull().default(0),
  bytes: count('bytes').notNull().default(0),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})

export const eventsTable = pgTable('events', {
  tenantId: tenantId(),
  time: instant('time').notNull(),
  id: uuid('id').notNull(),
  sensorId: text('sensor_id').notNull(),
  seq: count('seq').notNull(),
  observedAt: instant('observed_at').notNull(),
  receivedAt: instant('received_at').notNull(),
  connectorId: text('connector_id'),
  dataset: text('dataset').notNull(),
  product: text('product'),
  service: text('service'),
  categories: text('categories').array(),
  host: text('host'),
  userName: text('user_name'),
  sourceIp: text('source_ip'),
  rawBytes: integer('raw_bytes').notNull(),
  parsed: boolean('parsed').notNull(),
  document: json('document').$type<EventDocument>().notNull(),
})

export const tombstonesTable = pgTable('tombstones', {
  tenantId: tenantId(),
  id: count('id').generatedAlwaysAsIdentity(),
  sensorId: text('sensor_id').notNull(),
  epoch: text('epoch').notNull(),
  firstSeq: count('first_seq').notNull(),
  lastSeq: count('last_seq').notNull(),
  reason: text('reason').notNull(),
  connectorId: text('connector_id'),
  count: count('count').notNull(),
  at: instant('at').notNull(),
  receivedAt: instant('received_at').notNull(),
})

export const matchesTable = pgTable('matches', {
  tenantId: tenantId(),
  ruleId: text('rule_id').notNull(),
  eventTime: instant('event_time').notNull(),
  eventId: uuid('event_id').notNull(),
  sensorId: text('sensor_id').notNull(),
  matchedConditions: text('matched_conditions').array().notNull(),
  alertId: text('alert_id'),
  createdAt: instant('created_at').notNull(),
})
