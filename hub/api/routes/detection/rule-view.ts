import type { z } from 'zod'
import type { RuleProblem, SigmaRule } from '../../../../shared/sigma/contract.ts'
import type { TestRun } from '../../../detection/content/own-rules.ts'
import type { OwnRule } from '../../../detection/content/tenant-views.ts'
import type { RuleSetting } from '../../../detection/ports.ts'
import type { Parts } from '../../parts.ts'
import type { RuleDetail, RuleProblemView, RuleStats, RuleView } from '../../schemas/views.ts'

const NO_VERDICTS = { matches: 0, truePositives: 0, falsePositives: 0 }

type Stats = z.infer<typeof RuleStats>

/** A rule as one tenant sees it. */
export interface ListedRule {
  readonly rule: SigmaRule
  readonly setting?: RuleSetting | undefined
  /** Undefined: a shared rule. */
  readonly own?: OwnRule | undefined
}

/** Shared rules and the tenant's own, those included that cannot run yet. */
export function listedRules({ detection, ruleContent }: Parts, { tenantId }: { tenantId: string }): ListedRule[] {
  const { settings } = detection.view(tenantId)
  const own = ruleContent.rules.list(tenantId)
  const ids = new Set(own.map(({ stored }) => stored.id))
  return [
    ...detection.rulesOf(tenantId).flatMap((rule) => (ids.has(rule.id) ? [] : { rule, setting: settings.get(rule.id) })),
    ...own.map((each) => ({ rule: each.text.head, own: each, setting: settings.get(each.stored.id) })),
  ]
}

/** @throws {ContentRefused} `RULE_NOT_FOUND` */
export function listedRule({ detection, ruleContent }: Parts, { tenantId }: { tenantId: string }, ruleId: string): ListedRule {
  const own = ruleContent.rules.get(tenantId, ruleId)
  return { rule: ruleContent.ruleOf(tenantId, ruleId), own, setting: detection.view(tenantId).settings.get(ruleId) }
}

/** Every rule's counters for one tenant, from the beginning. */
export async function ruleStats({ ruleStore }: Parts, tenant: { tenantId: string }): Promise<(ruleId: string) => Stats> {
  const [evaluations, verdicts] = await Promise.all([ruleStore.evaluations(tenant), ruleStore.verdicts(tenant)])
  return (ruleId) => {
    const evaluated = evaluations.get(ruleId) ?? 0
    const { matches, truePositives, falsePositives } = verdicts.get(ruleId) ?? NO_VERDICTS
    return {
      evaluations_total: evaluated,
      matches_total: matches,
      true_positives: truePositives,
      false_positives: falsePositives,
      match_rate: evaluated === 0 ? 0 : Math.round((matches / evaluated) * 100_000) / 1_000,
    }
  }
}

const common = ({ rule, own, setting }: ListedRule) => ({
  id: rule.id,
  title: rule.title,
  level: setting?.level ?? rule.level,
  status: rule.status,
  enabled: setting?.enabled ?? true,
  edge: setting?.edge ?? false,
  origin: own ? ('own' as const) : ('shared' as const),
  stage: own?.stored.stage ?? null,
  logsource: toLogsource(rule.logsource),
  mitre: { tactics: [...rule.mitre.tactics], techniques: [...rule.mitre.techniques] },
})

const toLogsource = ({ category, product, service }: SigmaRule['logsource']) => ({
  ...(category === undefined ? {} : { category }),
  ...(product === undefined ? {} : { product }),
  ...(service === undefined ? {} : { service }),
})

/**
 * `created_at` is the rule's own date; `updated_at` the newest of its modification and the tenant's last change of its settings.
 * A rule without a date came with this hub's start, as far as the hub knows. A tenant's own rule has the dates of its making.
 */
export function toRuleView(listed: ListedRule, stats: Stats, loadedAt: Date): z.infer<typeof RuleView> {
  const { rule, own, setting } = listed
  const created = own ? own.stored.createdAt : (dayOf(rule.date) ?? loadedAt)
  const updated = [created, own ? own.stored.updatedAt : dayOf(rule.modified), setting?.updatedAt].flatMap((at) => (at ? [at.getTime()] : []))
  return {
    ...common(listed),
    stats,
    created_at: created.toISOString(),
    updated_at: new Date(Math.max(...updated)).toISOString(),
  }
}

/**
 * @param run - what the kept events of an own rule came to
 * @param original - the rule with the level it has itself
 */
export const toRuleDetail = (
  listed: ListedRule,
  stats: z.infer<typeof RuleDetail>['stats'],
  run: TestRun | undefined,
  original: SigmaRule = listed.rule,
): z.infer<typeof RuleDetail> => {
  const { rule, own } = listed
  return {
    ...common(listed),
    description: rule.description,
    author: rule.author,
    date: rule.date ?? null,
    modified: rule.modified ?? null,
    false_positives: [...rule.falsePositives],
    references: [...rule.references],
    tags: [...rule.tags],
    source: own?.stored.source ?? rule.source,
    stats,
    default_level: original.level,
    own: own && run ? toOwn(own, run) : null,
  }
}

const toOwn = ({ stored }: OwnRule, { tests, problems }: TestRun): NonNullable<z.infer<typeof RuleDetail>['own']> => ({
  version: stored.version,
  revision: stored.revision,
  tests: tests.map((test) => ({ ...test, event: { ...test.event } })),
  problems: problems.map(toProblemView),
  created_at: stored.createdAt.toISOString(),
  created_by: stored.createdBy,
  updated_at: stored.updatedAt.toISOString(),
  updated_by: stored.updatedBy,
})

export const toProblemView = ({ ruleId, title, file, line, code, reason }: RuleProblem): z.infer<typeof RuleProblemView> => ({
  rule_id: ruleId ?? null,
  title: title ?? null,
  file,
  line,
  code,
  reason,
})

function dayOf(date: string | undefined): Date | undefined {
  const at = date === undefined ? undefined : new Date(`${date}T00:00:00Z`)
  return at && !Number.isNaN(at.getTime()) ? at : undefined
}
