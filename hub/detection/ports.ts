import type { RuleLevel, RuleProblem, SigmaRule } from '../../shared/sigma/contract.ts'
import type { TenantContext } from '../identity/ports.ts'

/** An event as the detection workers take it: the document still as JSON text, parsed once, in the worker. */
export interface DetectionEvent {
  readonly document: string
  readonly product?: string | undefined
  readonly service?: string | undefined
  readonly categories: readonly string[]
}

export interface DetectionMatch {
  /** Index in the batch given. */
  readonly event: number
  /** With the tenant's level, where it set another. */
  readonly rule: SigmaRule
  readonly matchedConditions: readonly string[]
  /** True: kept as a match but raises no alert, because the rule is still in `staging`. */
  readonly silent?: boolean | undefined
}

/** A tenant's choice about a shared rule. Absent: the rule's own default (enabled). */
export interface RuleSetting {
  readonly ruleId: string
  readonly enabled: boolean
  /** Runs on the tenant's sensors too; its hits travel in the priority lane. */
  readonly edge: boolean
  /** Takes the place of the rule's own level. */
  readonly level?: RuleLevel | undefined
  readonly updatedAt: Date
}

/** Events a tenant's rule must not fire on: a Sigma filter over Sigma's field names, with an end and a reason. */
export interface RuleException {
  readonly id: string
  /** Undefined: holds for every rule. */
  readonly ruleId?: string | undefined
  readonly reason: string
  /** The filter's detection section: search identifiers and `condition`, as YAML or JSON text. */
  readonly detection: string
  readonly expiresAt: Date
  readonly createdBy: string
  readonly createdAt: Date
}

/**
 * Where a tenant's own rule is in its life. `development`: being written, never run on live events. `testing`: its own test events pass, backtests are run.
 * `staging`: runs on live events, its matches are kept but raise no alert. `production`: raises alerts. `deprecated`: kept, not run.
 */
export const RULE_STAGES = ['development', 'testing', 'staging', 'production', 'deprecated'] as const
export type RuleStage = (typeof RULE_STAGES)[number]

/** A rule a tenant wrote or imported. Each change of its text makes a new version; old ones are kept. */
export interface TenantRule {
  /** The Sigma rule's id; unique within the tenant and never one of a shared rule. */
  readonly id: string
  /** Counts from 1. */
  readonly version: number
  readonly stage: RuleStage
  /** The rule's YAML, as written. */
  readonly source: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly updatedBy: string
}

/** Everything of a tenant that changes what its events are judged by. Replaced whole, never changed in place. */
export interface TenantView {
  readonly settings: ReadonlyMap<string, RuleSetting>
  readonly exceptions: readonly RuleException[]
  readonly rules: readonly TenantRule[]
  /** Values of `%name%` placeholders. */
  readonly valueLists: ReadonlyMap<string, readonly string[]>
}

export interface RuleVerdicts {
  readonly matches: number
  readonly truePositives: number
  readonly falsePositives: number
}

export interface RuleMatchRow {
  readonly alertId: string
  readonly eventId: string
  readonly at: Date
  readonly process?: string | undefined
  readonly commandLine?: string | undefined
  readonly user?: string | undefined
  readonly host?: string | undefined
  readonly verdict?: 'true_positive' | 'false_positive' | undefined
  readonly reviewedBy?: string | undefined
  readonly reviewedAt?: Date | undefined
}

export interface RuleStore {
  settings(tenant: TenantContext): Promise<RuleSetting[]>
  /** Every tenant's settings, for the engine's start. Read through a security-definer function that returns only this. */
  allSettings(): Promise<{ tenantId: string; setting: RuleSetting }[]>
  set(tenant: TenantContext, ruleId: string, change: { enabled?: boolean; edge?: boolean }): Promise<RuleSetting>
  /** By rule id; `since` bounds matches and verdicts. Undefined counts from the beginning. */
  verdicts(tenant: TenantContext, since?: Date): Promise<Map<string, RuleVerdicts>>
  matches(
    tenant: TenantContext,
    ruleId: string,
    range: { from?: Date | undefined; to?: Date | undefined; limit: number; offset: number },
  ): Promise<{ rows: RuleMatchRow[]; total: number }>
  /** Adds to the tenant's counters per rule and hour bucket; the engine flushes every few seconds. */
  addEvaluations(tenant: TenantContext, hour: Date, counts: ReadonlyMap<string, number>): Promise<void>
  evaluations(tenant: TenantContext, since?: Date): Promise<Map<string, number>>
}

/** The compiled rule set in its workers, and each tenant's view of it. */
export interface Detection {
  /** Matches of the tenant's enabled rules, in event order. The batch is bounded by the caller. */
  detect(tenant: TenantContext, events: readonly DetectionEvent[]): Promise<DetectionMatch[]>
  readonly rules: readonly SigmaRule[]
  readonly problems: readonly RuleProblem[]
  ruleById(id: string): SigmaRule | undefined
  settings(tenantId: string): { enabled(ruleId: string): boolean; edge(ruleId: string): boolean }
  /** Takes effect for the next batch. */
  applySetting(tenantId: string, setting: RuleSetting): void
  /** Runs one rule over sample events (ECS documents, or flat Sigma field names); stores nothing. */
  test(ruleId: string, events: readonly object[]): { matched: boolean; matchedConditions: readonly string[] }[]
  /** Since the hub's start, per tenant. */
  metrics(tenantId: string): DetectionMetrics
  close(): Promise<void>
}

export interface DetectionMetrics {
  readonly eventsEvaluated: number
  readonly evaluationsPerSecond: number
  readonly avgMs: number
  readonly p99Ms: number
  readonly rulesMatched: number
}
