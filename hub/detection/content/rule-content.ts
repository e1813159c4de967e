import { randomUUID } from 'node:crypto'
import type { SigmaRule } from '../../../shared/sigma/contract.ts'
import type { TenantContext } from '../../identity/ports.ts'
import type { RuleSetting } from '../ports.ts'
import { ContentRefused, ruleNotFound } from './errors.ts'
import { createExceptions, type Exceptions } from './exceptions.ts'
import { createOwnRules, type OwnRules } from './own-rules.ts'
import type { SettingChange } from './ports.ts'
import type { Placeholders, TextProblem } from './rule-text.ts'
import { createTenantViews, type TenantViewsOptions } from './tenant-views.ts'
import { createTrials } from './trials.ts'
import type { TriedEvent } from './try-rule.ts'
import { createValueLists, type ValueLists } from './value-lists.ts'

export interface RuleContentOptions extends Omit<TenantViewsOptions, 'trials'> {
  /** The detection workers' bundled program. */
  readonly workerScript: string | URL
  readonly now: () => Date
  /** Defaults to random UUIDs. */
  readonly newId?: () => string
}

/** What tenants write themselves: rules, exceptions, value lists, and their choices about shared rules. Each change is in force when its promise resolves. */
export interface RuleContent {
  /** At the hub's start: puts every tenant's content in force. @returns how many tenants have some */
  load(): Promise<number>
  readonly rules: OwnRules
  readonly exceptions: Exceptions
  readonly valueLists: ValueLists
  /** A shared rule, or one of the tenant's in whatever stage. `detection` may be missing; `source` has it as text. @throws {ContentRefused} `RULE_NOT_FOUND` */
  ruleOf(tenantId: string, ruleId: string): SigmaRule
  /** One that can be compiled. @throws {ContentRefused} `RULE_NOT_FOUND`, `RULE_INVALID` where it cannot be used */
  usableRule(tenantId: string, ruleId: string): Promise<SigmaRule>
  /** As `usableRule`, for a text. @throws {ContentRefused} `RULE_INVALID` */
  readRule(tenantId: string, source: string): Promise<SigmaRule>
  /** What a rule is run with besides its text: the values of its placeholders, and where it is a shared one the texts of the filters. */
  surroundings(tenantId: string, ruleId?: string): { readonly placeholders: Placeholders; readonly filters: readonly string[] }
  set(tenant: TenantContext, ruleId: string, change: SettingChange): Promise<RuleSetting>
  /** Puts a rule as the engine runs it, or a text that is not saved, to sample events. Exceptions are left aside: what the rule does is asked. Stores nothing. */
  tryOn(tenantId: string, rule: { ruleId: string } | { source: string }, events: readonly object[], explain: boolean): Promise<readonly TriedEvent[]>
  /** What is wrong with a text, in the order of its lines; with the tenant's value lists. */
  validate(tenantId: string, source: string): Promise<readonly TextProblem[]>
  close(): Promise<void>
}

export function createRuleContent({ workerScript, now, newId = randomUUID, ...options }: RuleContentOptions): RuleContent {
  const trials = createTrials(workerScript)
  const views = createTenantViews({ ...options, trials })
  const { engine } = options
  const find = (tenantId: string, ruleId: string) => views.of(tenantId).rules.get(ruleId)?.text.head ?? engine.ruleById(tenantId, ruleId)
  const ruleOf = (tenantId: string, ruleId: string): SigmaRule => {
    const rule = find(tenantId, ruleId)
    if (!rule) throw ruleNotFound()
    return rule
  }
  const readRule = async (tenantId: string, source: string): Promise<SigmaRule> => {
    const { usable, head, problems } = await trials.read(source, 'rule', views.of(tenantId).placeholders)
    if (usable) return head
    const message = problems.map(({ line, reason }) => `Line ${line}: ${reason}.`).join(' ') || 'The text cannot be used as a rule.'
    throw new ContentRefused('invalid', 'RULE_INVALID', message, [{ field: 'source', message }])
  }
  const surroundings = (tenantId: string, ruleId?: string) => {
    const { rules, placeholders } = views.of(tenantId)
    return { placeholders, filters: ruleId === undefined || rules.has(ruleId) ? [] : engine.filters }
  }
  const usableRule = async (tenantId: string, ruleId: string) => readRule(tenantId, ruleOf(tenantId, ruleId).source)

  return {
    load: () => views.load(),
    rules: createOwnRules({ views, trials, store: options.rules, isShared: (ruleId) => engine.rules.some(({ id }) => id === ruleId), now, newId }),
    exceptions: createExceptions({
      views,
      store: options.exceptions,
      trials,
      logsourceOf: (tenantId, ruleId) => find(tenantId, ruleId)?.logsource,
      now,
    }),
    valueLists: createValueLists(views, options.valueLists, now),
    ruleOf,
    usableRule,
    readRule,
    surroundings,
    set: (tenant, ruleId, change) =>
      views.change(tenant, async () => {
        ruleOf(tenant.tenantId, ruleId)
        return options.settings.set(tenant, ruleId, change)
      }),
    tryOn: async (tenantId, asked, events, explain) => {
      const rule = await ('source' in asked ? readRule(tenantId, asked.source) : usableRule(tenantId, asked.ruleId))
      return trials.run(rule.source, surroundings(tenantId, 'source' in asked ? undefined : asked.ruleId), events, explain)
    },
    validate: (tenantId, source) => trials.validate(source, views.of(tenantId).placeholders),
    close: () => {
      views.close()
      return trials.close()
    },
  }
}
