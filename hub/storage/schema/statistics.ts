import { boolean, doublePrecision, json, pgTable, text } from 'drizzle-orm/pg-core'
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

/** Rule ids by `logsourceKey`, under a name that is their hash. */
export const evaluationViewsTable = pgTable('evaluation_views', {
  tenantId: tenantId(),
  view: text('view').notNull(),
  rules: json('rules').$type<Readonly<Record<string, readonly string[]>>>().notNull(),
  usedAt: instant('used_at').notNull(),
})

export const evaluationCountsTable = pgTable('evaluation_counts', {
  tenantId: tenantId(),
  hour: instant('hour').notNull(),
  view: text('view').notNull(),
  logsource: text('logsource').notNull(),
  sensorId: text('sensor_id').notNull(),
  epoch: text('epoch').notNull(),
  events: count('events').notNull(),
})

export const matchCountsTable = pgTable('match_counts', {
  tenantId: tenantId(),
  hour: instant('hour').notNull(),
  ruleId: text('rule_id').notNull(),
  sensorId: text('sensor_id').notNull(),
  epoch: text('epoch').notNull(),
  matches: count('matches').notNull(),
})

export const verdictCountsTable = pgTable('verdict_counts', {
  tenantId: tenantId(),
  ruleId: text('rule_id').notNull(),
  hour: instant('hour').notNull(),
  truePositives: count('true_positives').notNull(),
  falsePositives: count('false_positives').notNull(),
})

/** Evaluations by rule: those from before views were counted, and those whose views are gone. */
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
