import { integer, json, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type { BacktestProgress, BacktestResult, BacktestStatus } from '../../detection/backtest/ports.ts'
import type { RuleTest } from '../../detection/content/ports.ts'
import type { RuleStage } from '../../detection/ports.ts'
import { instant, tenantId } from './columns.ts'

export const tenantRulesTable = pgTable('tenant_rules', {
  tenantId: tenantId(),
  id: text('id').notNull(),
  version: integer('version').notNull(),
  revision: integer('revision').notNull().default(1),
  stage: text('stage').$type<RuleStage>().notNull().default('development'),
  source: text('source').notNull(),
  tests: json('tests').$type<readonly RuleTest[]>().notNull().default([]),
  createdAt: instant('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  updatedBy: text('updated_by').notNull(),
})

export const tenantRuleVersionsTable = pgTable('tenant_rule_versions', {
  tenantId: tenantId(),
  ruleId: text('rule_id').notNull(),
  version: integer('version').notNull(),
  source: text('source').notNull(),
  note: text('note'),
  createdAt: instant('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
})

export const ruleExceptionsTable = pgTable('rule_exceptions', {
  tenantId: tenantId(),
  id: uuid('id').notNull().defaultRandom(),
  ruleId: text('rule_id'),
  reason: text('reason').notNull(),
  detection: text('detection').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  expiresAt: instant('expires_at').notNull(),
  revision: integer('revision').notNull().default(1),
})

export const valueListsTable = pgTable('value_lists', {
  tenantId: tenantId(),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  entries: text('entries').array().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  updatedBy: text('updated_by').notNull(),
  revision: integer('revision').notNull().default(1),
})

export const backtestsTable = pgTable('backtests', {
  tenantId: tenantId(),
  id: uuid('id').notNull().defaultRandom(),
  ruleId: text('rule_id').notNull(),
  ruleTitle: text('rule_title').notNull(),
  source: text('source').notNull(),
  fromAt: instant('from_at').notNull(),
  toAt: instant('to_at').notNull(),
  status: text('status').$type<BacktestStatus>().notNull().default('queued'),
  error: text('error'),
  progress: json('progress').$type<BacktestProgress>().notNull(),
  result: json('result').$type<BacktestResult>(),
  createdAt: instant('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
  startedAt: instant('started_at'),
  finishedAt: instant('finished_at'),
})
