import type { RuleLevel, SigmaRule } from '../../shared/sigma/contract.ts'
import { createEvaluations, type Evaluations, groupRules, regroup } from './evaluations.ts'
import type { OwnContent } from './own-content.ts'
import type { RuleStage, TenantView } from './ports.ts'
import type { RuleSet } from './rule-set.ts'

export const EMPTY_VIEW: TenantView = { settings: new Map(), exceptions: [], rules: [], valueLists: new Map() }

/** One rule set as one tenant sees it: the choices of its view applied, once, so that a batch is judged by nothing that changes under it. */
export interface EffectiveView {
  readonly set: RuleSet
  readonly view: TenantView
  readonly own: OwnContent | undefined
  /** Shared and own rules, with the tenant's levels. */
  readonly rules: readonly SigmaRule[]
  readonly byId: ReadonlyMap<string, SigmaRule>
  readonly evaluations: Evaluations
  /** The shared rule of that index, where it is enabled. */
  shared(index: number): SigmaRule | undefined
  /** The own rule as it alerts, where it is enabled. */
  ownRule(rule: SigmaRule): SigmaRule | undefined
  isEnabled(ruleId: string): boolean
  /** Whether its matches raise no alert. */
  isSilent(ruleId: string): boolean
}

export function effectiveView(set: RuleSet, view: TenantView, own: OwnContent | undefined): EffectiveView {
  const stages = new Map<string, RuleStage>(view.rules.map(({ id, stage }) => [id, stage]))
  const isSwitchedOn = (ruleId: string) => view.settings.get(ruleId)?.enabled ?? true
  const ownIds = new Set(own?.running.map(({ id }) => id))
  // A rule that has the tenant's level is made once: matches share it.
  const levelled = new Map<SigmaRule, SigmaRule>()
  for (const rule of [...set.rules, ...(own?.rules ?? [])]) {
    const level: RuleLevel | undefined = view.settings.get(rule.id)?.level
    if (level !== undefined && level !== rule.level) levelled.set(rule, { ...rule, level })
  }
  const asSeen = (rule: SigmaRule) => levelled.get(rule) ?? rule
  const rules = own || levelled.size > 0 ? [...set.rules, ...(own?.rules ?? [])].map(asSeen) : set.rules
  const byId = rules === set.rules ? set.byId : new Map(rules.map((rule) => [rule.id, rule]))
  const isUntouched = ownIds.size === 0 && ![...view.settings.values()].some(({ enabled, ruleId }) => !enabled && set.byId.has(ruleId))
  const evaluated = () => regroup(set.head.groups, isSwitchedOn, groupRules((own?.running ?? []).filter(({ id }) => isSwitchedOn(id))))

  return {
    ...{ set, view, own, rules, byId },
    evaluations: isUntouched ? set.evaluations : createEvaluations(evaluated()),
    shared: (index) => {
      const rule = set.rules[index]
      return rule && isSwitchedOn(rule.id) ? asSeen(rule) : undefined
    },
    ownRule: (rule) => (isSwitchedOn(rule.id) ? asSeen(rule) : undefined),
    isEnabled: (ruleId) => isSwitchedOn(ruleId) && (!stages.has(ruleId) || ownIds.has(ruleId)),
    isSilent: (ruleId) => stages.get(ruleId) === 'staging',
  }
}
