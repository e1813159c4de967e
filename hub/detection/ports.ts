import type { RuleLevel, RuleProblem, SigmaCorrelation, SigmaRule } from '../../shared/sigma/contract.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { RuleFile } from './rule-files.ts'

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

/** Which rules were put to an event, so that the commit that stores it can count them. Events of one kind share the object. */
export interface Evaluation {
  /** Names, for good, the rules that were enabled: the same rules have the same name, on every hub and after a restart. */
  readonly view: string
  /** Log sources that rules name and the event is of, as `logsourceKey` writes them. */
  readonly logsources: readonly string[]
  /** How many rules that are. */
  readonly rules: number
}

/** What a batch was judged to be, all of it by one view of one rule set. */
export interface DetectionResult {
  /** In event order. */
  readonly matches: readonly DetectionMatch[]
  /** One per event, in the order given. */
  readonly evaluations: readonly Evaluation[]
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
  /** Undefined where it raised none: its rule was in staging. */
  readonly alertId?: string | undefined
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
  /** `level: null` gives the rule its own level back. */
  set(
    tenant: TenantContext,
    ruleId: string,
    change: { enabled?: boolean | undefined; edge?: boolean | undefined; level?: RuleLevel | null | undefined },
  ): Promise<RuleSetting>
  /**
   * By rule id; exact, and cheap however many matches there are. Undefined counts from the beginning, otherwise from the start of the first hour (UTC) after
   * `since`: matches by the hour the hub received them, verdicts (of alerts) by the hour they were given.
   */
  verdicts(tenant: TenantContext, since?: Date): Promise<Map<string, RuleVerdicts>>
  matches(
    tenant: TenantContext,
    ruleId: string,
    range: { from?: Date | undefined; to?: Date | undefined; limit: number; offset: number },
  ): Promise<{ rows: RuleMatchRow[]; total: number }>
  /** Writes down which rules (ids by `logsourceKey`) a view's name stands for. Done before the first event is judged by it, so that counts outlive the process. */
  registerView(tenant: TenantContext, view: string, rules: ReadonlyMap<string, readonly string[]>): Promise<void>
  /** Events put to each rule, by rule id: those committed, each once. `since` as in `verdicts`, by the hour of receipt. */
  evaluations(tenant: TenantContext, since?: Date): Promise<Map<string, number>>
}

/** The compiled rule set in its workers, and each tenant's view of it. */
export interface Detection {
  /**
   * Judges a batch by the rules and the tenant's view of this moment. The batch is bounded by the caller.
   * @throws {DetectionUnavailable} kind `unavailable`; asking again is safe
   */
  detect(tenant: TenantContext, events: readonly DetectionEvent[]): Promise<DetectionResult>
  /** The shared rules in force. As everywhere here their `detection` is left out: it lives in the workers; `source` has it as text. */
  readonly rules: readonly SigmaRule[]
  /** Of the shared rules, each why it is not used. */
  readonly problems: readonly RuleProblem[]
  /** Among the shared files. Kept for the correlation engine. */
  readonly correlations: readonly SigmaCorrelation[]
  /** Texts of the filters among the shared files; the shared rules are joined to them already. */
  readonly filters: readonly string[]
  /** Values of `%name%` for all tenants. */
  readonly placeholders: ReadonlyMap<string, readonly string[]>
  /** Counts the shared rule sets since the hub's start, from 1. */
  readonly generation: number
  /**
   * Puts a whole new set of shared rules in force, with values for `%name%` placeholders where there are other ones. It is parsed and compiled beside the old one, which goes on serving; batches handed over before the
   * promise resolves are judged by one or the other, each once. Calls are done one after the other.
   * @throws {RuleSetRefused} kind `invalid`, where no worker could load it or none of its rules can be used: the old set stays
   */
  replaceRules(files: readonly RuleFile[], placeholders?: ReadonlyMap<string, readonly string[]>): Promise<RuleSetSummary>
  /** Shared and own rules with the levels the tenant gave them, in any stage and whether enabled or not. */
  rulesOf(tenantId: string): readonly SigmaRule[]
  ruleById(tenantId: string, id: string): SigmaRule | undefined
  settings(tenantId: string): { enabled(ruleId: string): boolean; edge(ruleId: string): boolean }
  view(tenantId: string): TenantView
  /**
   * In force for every batch handed over after it resolved. Calls for one tenant are done in order. A rule or exception that cannot be used is left out and
   * is in `problems`, its file being `rule <id>` or `exception <id>`.
   */
  setView(tenantId: string, view: TenantView): Promise<{ problems: readonly RuleProblem[] }>
  /** What of the tenant's view is not used and why; rules suspended because they took too long, too. */
  problemsOf(tenantId: string): readonly RuleProblem[]
  /** How many matches each exception held back since the hub's start, by its id. */
  suppressed(tenantId: string): ReadonlyMap<string, number>
  /** Since the hub's start, per tenant. */
  metrics(tenantId: string): DetectionMetrics
  close(): Promise<void>
}

export interface DetectionHealth {
  /** Workers there are to be for the shared rules, and those that run. */
  readonly size: number
  readonly alive: number
  /** Rules of tenants that are taken out of service because they took too long. */
  readonly suspended: number
}

export interface RuleSetSummary {
  readonly generation: number
  readonly rules: number
  readonly correlations: number
  readonly filters: number
  readonly problems: readonly RuleProblem[]
}

export interface DetectionMetrics {
  readonly eventsEvaluated: number
  /** An evaluation is one rule put to one event whose log source it names: events times such rules, over the last 10 s. */
  readonly evaluationsPerSecond: number
  /** To judge one event by all its rules, reading its JSON included, ms. */
  readonly avgMs: number
  readonly p99Ms: number
  readonly rulesMatched: number
}
