import type { z } from 'zod'
import type { SigmaRule } from '../../../../shared/sigma/contract.ts'
import type { RuleSetting } from '../../../detection/ports.ts'
import type { Parts } from '../../parts.ts'
import type { RuleDetail, RuleStats, RuleView } from '../../schemas/views.ts'

const NO_VERDICTS = { matches: 0, truePositives: 0, falsePositives: 0 }

type Stats = z.infer<typeof RuleStats>

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

const common = (rule: SigmaRule, settings: { enabled(ruleId: string): boolean; edge(ruleId: string): boolean }) => ({
  id: rule.id,
  title: rule.title,
  level: rule.level,
  status: rule.status,
  enabled: settings.enabled(rule.id),
  edge: settings.edge(rule.id),
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
 * A rule without a date came with this hub's start, as far as the hub knows.
 */
export function toRuleView(
  rule: SigmaRule,
  { settings, stats, setting, loadedAt }: { settings: Parameters<typeof common>[1]; stats: Stats; setting: RuleSetting | undefined; loadedAt: Date },
): z.infer<typeof RuleView> {
  const created = dayOf(rule.date) ?? loadedAt
  const updated = [created, dayOf(rule.modified), setting?.updatedAt].flatMap((at) => (at ? [at.getTime()] : []))
  return {
    ...common(rule, settings),
    stats,
    created_at: created.toISOString(),
    updated_at: new Date(Math.max(...updated)).toISOString(),
  }
}

export const toRuleDetail = (
  rule: SigmaRule,
  settings: Parameters<typeof common>[1],
  stats: z.infer<typeof RuleDetail>['stats'],
): z.infer<typeof RuleDetail> => ({
  ...common(rule, settings),
  description: rule.description,
  author: rule.author,
  date: rule.date ?? null,
  modified: rule.modified ?? null,
  false_positives: [...rule.falsePositives],
  references: [...rule.references],
  tags: [...rule.tags],
  source: rule.source,
  stats,
})

function dayOf(date: string | undefined): Date | undefined {
  const at = date === undefined ? undefined : new Date(`${date}T00:00:00Z`)
  return at && !Number.isNaN(at.getTime()) ? at : undefined
}
