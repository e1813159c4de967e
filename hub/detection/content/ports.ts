import type { RuleLevel, RuleProblem, SigmaRule } from '../../../shared/sigma/contract.ts'
import type { TenantContext } from '../../identity/ports.ts'
import type { RuleException, RuleSetting, RuleStage, TenantRule, TenantView } from '../ports.ts'

/** An event kept with a rule, and whether the rule must fire on it. */
export interface RuleTest {
  readonly name: string
  readonly fires: boolean
  /** A normalised document, or a flat object with Sigma's field names. */
  readonly event: Readonly<Record<string, unknown>>
}

/** A tenant's rule with what belongs to its editing. */
export interface StoredRule extends TenantRule {
  /** Grows by one with every change, of whatever part; the ETag. */
  readonly revision: number
  readonly tests: readonly RuleTest[]
  readonly createdBy: string
}

export interface RuleVersion {
  readonly version: number
  readonly source: string
  /** What the author said about the change. */
  readonly note?: string | undefined
  readonly createdAt: Date
  readonly createdBy: string
}

export interface RuleChange {
  readonly source?: string | undefined
  readonly stage?: RuleStage | undefined
  readonly tests?: readonly RuleTest[] | undefined
  readonly note?: string | undefined
}

/** Who changes something, and when. */
export interface Authorship {
  readonly actor: string
  readonly at: Date
}

export interface TenantRuleStore {
  list(tenant: TenantContext): Promise<StoredRule[]>
  get(tenant: TenantContext, ruleId: string): Promise<StoredRule | undefined>
  /** @throws {AlreadyExists} where the tenant has a rule of that id */
  create(
    tenant: TenantContext,
    rule: { id: string; source: string; tests: readonly RuleTest[]; note?: string | undefined },
    by: Authorship,
  ): Promise<StoredRule>
  /**
   * Applies a change in one transaction; a new text is a new version. Versions above `keepVersions` are dropped, oldest first.
   * Undefined: the revision is not `expectedRevision` any more, or the rule is gone.
   */
  update(
    tenant: TenantContext,
    ruleId: string,
    expectedRevision: number,
    change: RuleChange,
    by: Authorship & { keepVersions: number },
  ): Promise<{ rule: StoredRule; dropped: readonly number[] } | undefined>
  delete(tenant: TenantContext, ruleId: string): Promise<boolean>
  /** Newest first. */
  versions(tenant: TenantContext, ruleId: string): Promise<RuleVersion[]>
}

export interface StoredException extends RuleException {
  readonly updatedAt: Date
  readonly revision: number
}

/** A match that is stored, with its event, for finding out what an exception would have hidden. */
export interface ExceptionCandidate {
  readonly ruleId: string
  readonly eventId: string
  /** When the event happened, where one rule is asked for; otherwise when the hub received it. */
  readonly at: Date
  readonly alertId?: string | undefined
  /** True: the analyst closed the alert as real. */
  readonly truePositive: boolean
  /** JSON text; undefined where retention has dropped the event. */
  readonly document?: string | undefined
}

export interface ExceptionStore {
  list(tenant: TenantContext): Promise<StoredException[]>
  get(tenant: TenantContext, exceptionId: string): Promise<StoredException | undefined>
  create(
    tenant: TenantContext,
    exception: { ruleId?: string | undefined; reason: string; detection: string; expiresAt: Date },
    by: Authorship,
  ): Promise<StoredException>
  /** Undefined: not that revision any more, or gone. */
  update(
    tenant: TenantContext,
    exceptionId: string,
    expectedRevision: number,
    change: { reason?: string | undefined; detection?: string | undefined; expiresAt?: Date | undefined },
    at: Date,
  ): Promise<StoredException | undefined>
  delete(tenant: TenantContext, exceptionId: string): Promise<boolean>
  /** The rule's (or all rules') matches at or after `since` by `at`, newest first, a page after the last row of the one before. */
  candidates(
    tenant: TenantContext,
    query: { ruleId?: string | undefined; since: Date; after?: ExceptionCandidate | undefined; limit: number },
  ): Promise<ExceptionCandidate[]>
}

export interface ValueList {
  readonly name: string
  readonly description: string
  readonly values: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly updatedBy: string
  readonly revision: number
}

export interface ValueListStore {
  list(tenant: TenantContext): Promise<ValueList[]>
  /** @throws {AlreadyExists} */
  create(tenant: TenantContext, list: { name: string; description: string; values: readonly string[] }, by: Authorship): Promise<ValueList>
  /** Undefined: not that revision any more, or gone. */
  update(
    tenant: TenantContext,
    name: string,
    expectedRevision: number,
    change: { description?: string | undefined; values?: readonly string[] | undefined },
    by: Authorship,
  ): Promise<ValueList | undefined>
  delete(tenant: TenantContext, name: string): Promise<boolean>
}

/** A tenant's choice about a rule; what is left out stays. A null level gives the rule its own back. */
export interface SettingChange {
  readonly enabled?: boolean | undefined
  readonly edge?: boolean | undefined
  readonly level?: RuleLevel | null | undefined
}

export interface RuleSettingStore {
  settings(tenant: TenantContext): Promise<RuleSetting[]>
  set(tenant: TenantContext, ruleId: string, change: SettingChange): Promise<RuleSetting>
}

/** Which tenants have rules, settings, exceptions or value lists of their own. Read across tenants, at the hub's start. */
export interface RuleContentDirectory {
  tenantsWithContent(): Promise<TenantContext[]>
}

/** What of the detection engine content needs. */
export interface ContentEngine {
  /** The shared rules in force. */
  readonly rules: readonly SigmaRule[]
  readonly filters: readonly string[]
  /** Values of `%name%` for all tenants; a tenant's own lists come first. */
  readonly placeholders: ReadonlyMap<string, readonly string[]>
  /** Also shared rules that only run for tenants who have the value lists they ask for. */
  ruleById(tenantId: string, ruleId: string): SigmaRule | undefined
  /** Takes effect for the next batch after it resolves. */
  setView(tenantId: string, view: TenantView): Promise<{ problems: readonly RuleProblem[] }>
}
