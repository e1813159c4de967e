import { DAY_MS } from '../../../../shared/durations.ts'
import type { SigmaRule } from '../../../../shared/sigma/contract.ts'
import { ApiError } from '../../errors.ts'
import { body, consoleRoutes, createRoute, type Hook, json, named, needs, refuseInvalid, refuses, z } from '../../openapi.ts'
import { checkRange, instant, pagingQuery, readPaging, strictQuery } from '../../paging.ts'
import type { ConsoleEnv, Parts } from '../../parts.ts'
import { RuleDetail, RuleMatches, RuleTestRequest, RuleTestResult, RuleUpdate } from '../../schemas/views.ts'
import { toRuleDetail } from './rule-view.ts'

const MOST_MATCHES = 200
const params = z.object({ ruleId: z.string().regex(/^[\w.:-]{1,200}$/) })
const tags = ['Detection']
const Detail = named('RuleDetail', RuleDetail)

const readRoute = createRoute({
  method: 'get',
  path: '/detection/rules/{ruleId}',
  tags,
  summary: 'Read a rule',
  ...needs('rules:read'),
  request: { params },
  responses: { 200: json(Detail, 'The rule'), ...refuses(401, 403, 404) },
})

const putRoute = createRoute({
  method: 'put',
  path: '/detection/rules/{ruleId}',
  tags,
  summary: 'Enable or disable a rule for this tenant, or have sensors run it too',
  description:
    'In force with the next batch of events. The definition cannot be changed here: a body that carries anything else is refused with `RULE_DEFINITION_FIXED`.',
  ...needs('rules:write'),
  request: { params, body: body(named('RuleUpdate', RuleUpdate)) },
  responses: { 200: json(Detail, 'The rule'), ...refuses(400, 401, 403, 404) },
})

const matchesRoute = createRoute({
  method: 'get',
  path: '/detection/rules/{ruleId}/matches',
  tags,
  summary: "A rule's recent matches",
  ...needs('rules:read'),
  request: {
    params,
    query: strictQuery({
      from: instant.optional().openapi({ description: 'At or after.' }),
      to: instant.optional().openapi({ description: 'Before.' }),
      page: pagingQuery.page,
      size: pagingQuery.size,
    }),
  },
  responses: {
    200: json(named('RuleMatches', RuleMatches), 'Newest first; 20 per page unless asked otherwise, at most 200'),
    ...refuses(400, 401, 403, 404),
  },
})

const testRoute = createRoute({
  method: 'post',
  path: '/detection/rules/{ruleId}/test',
  tags,
  summary: 'Try a rule on sample events',
  description: 'Events are normalised documents, or flat objects with Sigma field names. Nothing is stored.',
  ...needs('rules:test'),
  request: { params, body: body(named('RuleTestRequest', RuleTestRequest)) },
  responses: { 200: json(named('RuleTestResult', RuleTestResult), 'One result per event, in order'), ...refuses(400, 401, 403, 404) },
})

export const oneRule = (parts: Parts) => {
  const ruleOf = (tenant: { tenantId: string }, ruleId: string): SigmaRule => {
    const rule = parts.detection.ruleById(tenant.tenantId, ruleId)
    if (!rule) throw new ApiError('not_found', 'RULE_NOT_FOUND', 'There is no such rule.')
    return rule
  }

  const detailOf = async (tenant: { tenantId: string }, rule: SigmaRule) => {
    const now = parts.now().getTime()
    const [evaluations, day, week] = await Promise.all([
      parts.ruleStore.evaluations(tenant, new Date(now - DAY_MS)),
      parts.ruleStore.verdicts(tenant, new Date(now - DAY_MS)),
      parts.ruleStore.verdicts(tenant, new Date(now - 7 * DAY_MS)),
    ])
    return toRuleDetail(rule, parts.detection.settings(tenant.tenantId), {
      evaluations_last_24h: evaluations.get(rule.id) ?? 0,
      matches_last_24h: day.get(rule.id)?.matches ?? 0,
      true_positives_last_7d: week.get(rule.id)?.truePositives ?? 0,
      false_positives_last_7d: week.get(rule.id)?.falsePositives ?? 0,
    })
  }

  const changes = consoleRoutes(refuseDefinition).openapi(putRoute, async (c) => {
    const { tenant } = c.var.session
    const rule = ruleOf(tenant, c.req.valid('param').ruleId)
    const { enabled, edge } = c.req.valid('json')
    const setting = await parts.ruleStore.set(tenant, rule.id, {
      ...(enabled === undefined ? {} : { enabled }),
      ...(edge === undefined ? {} : { edge }),
    })
    await parts.detection.applySetting(tenant.tenantId, setting)
    await parts.fleet.configurationChanged(tenant)
    return c.json(await detailOf(tenant, rule), 200)
  })

  return consoleRoutes()
    .route('/', changes)
    .openapi(readRoute, async (c) => c.json(await detailOf(c.var.session.tenant, ruleOf(c.var.session.tenant, c.req.valid('param').ruleId)), 200))
    .openapi(matchesRoute, async (c) => {
      const rule = ruleOf(c.var.session.tenant, c.req.valid('param').ruleId)
      const { from, to, page, size } = c.req.valid('query')
      checkRange(from, to)
      const paging = readPaging({ page, size: size ?? 20 }, { sortable: [], defaultSort: [], most: MOST_MATCHES })
      const { rows, total } = await parts.ruleStore.matches(c.var.session.tenant, rule.id, {
        from,
        to,
        limit: paging.limit,
        offset: paging.page?.offset ?? 0,
      })
      return c.json(
        {
          rule_id: rule.id,
          matches: rows.map((row) => ({
            match_id: row.alertId,
            timestamp: row.at.toISOString(),
            event: { process_name: row.process ?? null, command_line: row.commandLine ?? null, user: row.user ?? null, host: row.host ?? null },
            verdict: row.verdict ?? null,
            reviewed_by: row.reviewedBy ?? null,
            reviewed_at: row.reviewedAt?.toISOString() ?? null,
          })),
          pagination: { page: paging.page?.page ?? 1, size: paging.limit, total },
        },
        200,
      )
    })
    .openapi(testRoute, async (c) => {
      const { tenant } = c.var.session
      const rule = ruleOf(tenant, c.req.valid('param').ruleId)
      const results = await parts.detection.test(tenant.tenantId, rule.id, c.req.valid('json').events)
      return c.json(
        {
          results: results.map(({ matched, matchedConditions }, index) => ({
            event_index: index,
            matched,
            matched_conditions: [...matchedConditions],
          })),
        },
        200,
      )
    })
}

/** Says what cannot be changed, where "unrecognised" would read as a typing error. */
const refuseDefinition: Hook<unknown, ConsoleEnv, string, undefined> = (result, c) => {
  const fixed = result.success ? [] : result.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  if (fixed.length === 0) return refuseInvalid(result, c)
  throw new ApiError(
    'invalid',
    'RULE_DEFINITION_FIXED',
    `Over the API only enabled and edge of a rule change, not ${fixed.join(', ')}: what it detects stands in its file.`,
    fixed.map((field) => ({ field, message: 'Cannot be changed here.', allowed: ['enabled', 'edge'] })),
  )
}
