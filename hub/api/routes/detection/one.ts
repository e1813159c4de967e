import { DAY_MS } from '../../../../shared/durations.ts'
import { ApiError } from '../../errors.ts'
import { etagOf, expectedVersion, ifMatch } from '../../etag.ts'
import { body, consoleRoutes, createRoute, type Hook, json, named, needs, refuseInvalid, refuses, z } from '../../openapi.ts'
import { checkRange, instant, pagingQuery, readPaging, strictQuery } from '../../paging.ts'
import type { ConsoleEnv, Parts } from '../../parts.ts'
import { RuleCreate, RuleDetail, RuleMatches, RuleUpdate } from '../../schemas/views.ts'
import { listedRule, toRuleDetail } from './rule-view.ts'

const MOST_MATCHES = 200
export const ruleParams = z.object({ ruleId: z.string().regex(/^[\w.:-]{1,200}$/) })
const params = ruleParams
const tags = ['Detection']
const Detail = named('RuleDetail', RuleDetail)
const OWN_ONLY = ['source', 'stage', 'tests', 'note'] as const
const SHARED_CHANGES = ['enabled', 'edge', 'level']

const readRoute = createRoute({
  method: 'get',
  path: '/detection/rules/{ruleId}',
  tags,
  summary: 'Read a rule',
  ...needs('rules:read'),
  request: { params },
  responses: { 200: json(Detail, "The rule; the ETag of a tenant's own rule is its revision"), ...refuses(401, 403, 404) },
})

const createRuleRoute = createRoute({
  method: 'post',
  path: '/detection/rules',
  tags,
  summary: 'Create a rule of this tenant',
  description: 'It starts in `development` and runs on nothing until it is moved on. A text that cannot be used yet is kept as a draft and says why.',
  ...needs('rules:write'),
  request: { body: body(named('RuleCreate', RuleCreate)) },
  responses: { 201: json(Detail, 'The rule'), ...refuses(400, 401, 403, 409) },
})

const copyRoute = createRoute({
  method: 'post',
  path: '/detection/rules/{ruleId}/copy',
  tags,
  summary: 'Make a rule of this tenant from another one',
  description: 'With a new id, in `development`. A shared rule can then be disabled in its favour.',
  ...needs('rules:write'),
  request: { params },
  responses: { 201: json(Detail, 'The copy'), ...refuses(400, 401, 403, 404, 409) },
})

const putRoute = createRoute({
  method: 'put',
  path: '/detection/rules/{ruleId}',
  tags,
  summary: 'Change a rule for this tenant',
  description:
    'In force with the next batch of events. Every rule takes `enabled`, `edge` and `level`. A rule of the tenant also takes `source` (each change is a ' +
    'new version), `tests` (events it must fire on, and must not), `stage` and a `note` on the change. From `development` it goes to `testing` once it ' +
    'compiles, to `staging` (matches are kept, no alert is raised) once its test events, at least one of each kind, all come out right, and from there to ' +
    '`production`; it can be `deprecated`, and taken back to `development`, at any time. What a stage asks must also hold after a later change, or the ' +
    'change is refused with `RULE_STAGE_REFUSED`. What a shared rule detects cannot be changed (`RULE_DEFINITION_FIXED`): copy it.',
  ...needs('rules:write'),
  request: { params, headers: ifMatch, body: body(named('RuleUpdate', RuleUpdate)) },
  responses: { 200: json(Detail, 'The rule'), ...refuses(400, 401, 403, 404, 409, 412) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/detection/rules/{ruleId}',
  tags,
  summary: 'Delete a rule of this tenant',
  description: 'With its versions. Its matches and alerts stay. A shared rule cannot be deleted, but disabled.',
  ...needs('rules:write'),
  request: { params, headers: ifMatch },
  responses: { 204: { description: 'Gone' }, ...refuses(400, 401, 403, 404, 412) },
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

export const oneRule = (parts: Parts) => {
  const detailOf = async (tenant: { tenantId: string }, ruleId: string) => {
    const listed = listedRule(parts, tenant, ruleId)
    const now = parts.now().getTime()
    const [run, evaluations, day, week] = await Promise.all([
      listed.own && parts.ruleContent.rules.outcomes(tenant.tenantId, listed.own),
      parts.ruleStore.evaluations(tenant, new Date(now - DAY_MS)),
      parts.ruleStore.verdicts(tenant, new Date(now - DAY_MS)),
      parts.ruleStore.verdicts(tenant, new Date(now - 7 * DAY_MS)),
    ])
    return toRuleDetail(
      listed,
      {
        evaluations_last_24h: evaluations.get(ruleId) ?? 0,
        matches_last_24h: day.get(ruleId)?.matches ?? 0,
        true_positives_last_7d: week.get(ruleId)?.truePositives ?? 0,
        false_positives_last_7d: week.get(ruleId)?.falsePositives ?? 0,
      },
      run,
      parts.detection.rules.find(({ id }) => id === ruleId),
    )
  }

  const changes = consoleRoutes(refuseUnknown).openapi(putRoute, async (c) => {
    const { tenant, email } = c.var.session
    const { ruleId } = c.req.valid('param')
    const { enabled, edge, level, ...definition } = c.req.valid('json')
    parts.ruleContent.ruleOf(tenant.tenantId, ruleId)
    const asked = OWN_ONLY.filter((key) => definition[key] !== undefined)
    let dropped: readonly number[] = []
    if (asked.length > 0) {
      if (!parts.ruleContent.rules.get(tenant.tenantId, ruleId)) throw definitionFixed(asked)
      const changed = await parts.ruleContent.rules.change(tenant, email, ruleId, definition, expectedVersion(c.req.header('If-Match')))
      dropped = changed.dropped
    }
    if (enabled !== undefined || edge !== undefined || level !== undefined) await parts.ruleContent.set(tenant, ruleId, { enabled, edge, level })
    await parts.fleet.configurationChanged(tenant)
    const detail = await detailOf(tenant, ruleId)
    if (detail.own) c.header('ETag', etagOf(detail.own.revision))
    return c.json(dropped.length > 0 ? { ...detail, dropped_versions: [...dropped] } : detail, 200)
  })

  return consoleRoutes()
    .route('/', changes)
    .openapi(readRoute, async (c) => {
      const detail = await detailOf(c.var.session.tenant, c.req.valid('param').ruleId)
      if (detail.own) c.header('ETag', etagOf(detail.own.revision))
      return c.json(detail, 200)
    })
    .openapi(createRuleRoute, async (c) => {
      const { tenant, email } = c.var.session
      const { stored } = await parts.ruleContent.rules.create(tenant, email, c.req.valid('json'))
      c.header('ETag', etagOf(stored.revision))
      return c.json(await detailOf(tenant, stored.id), 201)
    })
    .openapi(copyRoute, async (c) => {
      const { tenant, email } = c.var.session
      const original = parts.ruleContent.ruleOf(tenant.tenantId, c.req.valid('param').ruleId)
      const { stored } = await parts.ruleContent.rules.copy(tenant, email, original)
      c.header('ETag', etagOf(stored.revision))
      return c.json(await detailOf(tenant, stored.id), 201)
    })
    .openapi(deleteRoute, async (c) => {
      const { tenant } = c.var.session
      const { ruleId } = c.req.valid('param')
      parts.ruleContent.ruleOf(tenant.tenantId, ruleId)
      if (!parts.ruleContent.rules.get(tenant.tenantId, ruleId))
        throw new ApiError('invalid', 'RULE_DEFINITION_FIXED', 'A shared rule cannot be deleted; disable it for this tenant with {"enabled": false}.')
      await parts.ruleContent.rules.remove(tenant, ruleId, expectedVersion(c.req.header('If-Match')))
      await parts.fleet.configurationChanged(tenant)
      return c.body(null, 204)
    })
    .openapi(matchesRoute, async (c) => {
      const { id } = parts.ruleContent.ruleOf(c.var.session.tenant.tenantId, c.req.valid('param').ruleId)
      const { from, to, page, size } = c.req.valid('query')
      checkRange(from, to)
      const paging = readPaging({ page, size: size ?? 20 }, { sortable: [], defaultSort: [], most: MOST_MATCHES })
      const { rows, total } = await parts.ruleStore.matches(c.var.session.tenant, id, {
        from,
        to,
        limit: paging.limit,
        offset: paging.page?.offset ?? 0,
      })
      return c.json(
        {
          rule_id: id,
          matches: rows.map((row) => ({
            match_id: row.alertId ?? null,
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
}

const definitionFixed = (fields: readonly string[]) =>
  new ApiError(
    'invalid',
    'RULE_DEFINITION_FIXED',
    `Of a shared rule ${SHARED_CHANGES.join(', ')} change, not ${fields.join(', ')}. To change what it detects, copy it (POST to its /copy), change the copy and disable this one.`,
    fields.map((field) => ({ field, message: 'Cannot be changed here.', allowed: SHARED_CHANGES })),
  )

/** Says what cannot be changed, where "unrecognised" would read as a typing error. */
const refuseUnknown: Hook<unknown, ConsoleEnv, string, undefined> = (result, c) => {
  const unknown = result.success ? [] : result.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  if (unknown.length === 0) return refuseInvalid(result, c)
  throw definitionFixed(unknown)
}
