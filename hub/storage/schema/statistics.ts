import { boolean, doublePrecision, pgTable, text } from 'drizzle-orm/pg-core'
import type { RuleLevel } from '../../../shared/sigma/contract.ts'
import { count, instant, tenantId } from './columns.ts'

export const ruleSettingsTable = pgTable('rule_settings', {
  tenantId: tenantId(),
  ruleId: text('rule_id').notNull(),
  enabled: boolean('enabled').notNull(),
  edge: boolean('edge').notNull(),
  level: text('level').$type<RuleLevel>(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})

export const ruleEvaluationsTable = pgTable('rule_evaluations', {
  tenantId: tenantId(),
  ruleId: text('rule_id').notNull(),
  hour: instant('hour').notNull(),
  evaluations: count('evaluations').notNull(),
})

export const pipelineMinutesTable = pgTable('pipeline_minutes', {
  tenantId: tenantId(),
  minute: instant('minute').notNull(),
  connectorId: text('connector_id').notNull(),
  received: count('received').notNull(),
  failed: count('failed').notNull(),
  bytes: count('bytes').notNull(),
  stored: count('stored').notNull(),
  matched: count('matched').notNull(),
  alerts: count('alerts').notNull(),
  normalizeP50: doublePrecision('normalize_p50').notNull(),
  normalizeP95: doublePrecision('normalize_p95').notNull(),
  normalizeP99: doublePrecision('normalize_p99').notNull(),
  lag: count('lag').notNull(),
})
