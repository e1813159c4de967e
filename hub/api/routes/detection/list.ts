import type { z as zod } from 'zod'
import { RULE_LEVELS } from '../../../../shared/sigma/contract.ts'
import { RULE_STAGES } from '../../../detection/ports.ts'
import { InvalidCursor } from '../../cursors.ts'
import { consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import { pagingQuery, readPaging, type SortKey, several, strictQuery, tookMs } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import { RuleList, RuleOrigin, type RuleView } from '../../schemas/views.ts'
import { listedRules, ruleStats, toRuleView } from './rule-view.ts'

const SORTABLE = ['title', 'level', 'status', 'updated_at', 'matches_total'] as const
const MOST = 500

const route = createRoute({
  method: 'get',
  path: '/detection/rules',
  tags: ['Detection'],
  summary: 'List detection rules',
  ...needs('rules:read'),
  request: {
    query: strictQuery({
      level: several(RULE_LEVELS).optional(),
      enabled: z.enum(['true', 'false']).optional(),
      edge: z.enum(['true', 'false']).optional(),
      origin: several(RuleOrigin.options).optional(),
      stage: several(RULE_STAGES).optional(),
      tactic: z.string().max(100).optional().openapi({ description: 'An ATT&CK tactic, `defense_evasion`.' }),
      technique: z.string().max(20).optional().openapi({ description: 'An ATT&CK technique, `T1059.001`; `T1059` includes its sub-techniques.' }),
      q: z.string().max(200).optional().openapi({ description: 'A part of the title, the description or the id; case does not matter.' }),
      ...pagingQuery,
    }),
  },
  responses: { 200: json(named('RuleList', RuleList), 'Rules, by title unless sorted otherwise; at most 500'), ...refuses(400, 401, 403) },
})

type View = zod.infer<typeof RuleView>
const VALUES: Readonly<Record<(typeof SORTABLE)[number], (rule: View) => string | number>> = {
  title: (rule) => rule.title,
  level: (rule) => RULE_LEVELS.indexOf(rule.level),
  status: (rule) => rule.status,
  updated_at: (rule) => rule.updated_at,
  matches_total: (rule) => rule.stats.matches_total,
}

export const listRules = (parts: Parts) =>
  consoleRoutes().openapi(route, async (c) => {
    const began = performance.now()
    const { level, enabled, edge, origin, stage, tactic, technique, q, ...rest } = c.req.valid('query')
    const paging = readPaging(rest, { sortable: SORTABLE, defaultSort: [{ field: 'title', descending: false }], most: MOST })
    const { tenant } = c.var.session
    const scope = [tenant.tenantId, 'rules', paging.sort, level, enabled, edge, origin, stage, tactic, technique, q]
    const needle = q?.toLowerCase()
    const wanted = technique?.toUpperCase()
    const stats = await ruleStats(parts, tenant)
    const views = listedRules(parts, tenant)
      .filter(({ rule }) => needle === undefined || [rule.title, rule.description, rule.id].some((text) => text.toLowerCase().includes(needle)))
      .map((listed) => toRuleView(listed, stats(listed.rule.id), parts.startedAt))
      .filter(
        (rule) =>
          (level === undefined || level.includes(rule.level)) &&
          (enabled === undefined || rule.enabled === (enabled === 'true')) &&
          (edge === undefined || rule.edge === (edge === 'true')) &&
          (origin === undefined || origin.includes(rule.origin)) &&
          (stage === undefined || (rule.stage !== null && stage.includes(rule.stage))) &&
          (tactic === undefined || rule.mitre.tactics.includes(tactic)) &&
          (wanted === undefined || rule.mitre.techniques.some((each) => each === wanted || each.startsWith(`${wanted}.`))),
      )
      .sort((one, other) => compare(keyOf(one, paging.sort), keyOf(other, paging.sort), paging.sort))

    const after = paging.cursor === undefined ? undefined : parts.cursors.open(scope, paging.cursor)
    if (after && after.length !== paging.sort.length + 1) throw new InvalidCursor()
    const first = after ? views.findIndex((view) => compare(keyOf(view, paging.sort), after, paging.sort) > 0) : (paging.page?.offset ?? 0)
    const page = first < 0 ? [] : views.slice(first, first + paging.limit)
    const last = page.at(-1)
    const more = last !== undefined && first + paging.limit < views.length
    return c.json(
      {
        rules: page,
        pagination: { page: paging.page?.page ?? 1, size: paging.limit, total: views.length },
        next_cursor: more ? parts.cursors.seal(scope, keyOf(last, paging.sort)) : null,
        took_ms: tookMs(began),
        total_estimate: views.length,
        truncated: more,
        query_warnings: paging.warnings,
      },
      200,
    )
  })

/** A rule's place in the order: the values it is sorted by, and its id, which no other rule has. */
const keyOf = (rule: View, sort: readonly SortKey<(typeof SORTABLE)[number]>[]): (string | number)[] => [
  ...sort.map(({ field }) => VALUES[field](rule)),
  rule.id,
]

function compare(one: readonly (string | number)[], other: readonly (string | number)[], sort: readonly SortKey<string>[]): number {
  for (const [index, value] of one.entries()) {
    const against = other[index]
    if (against === undefined || value === against) continue
    return (value < against ? -1 : 1) * (sort[index]?.descending ? -1 : 1)
  }
  return 0
}
