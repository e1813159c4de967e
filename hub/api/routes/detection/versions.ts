import { consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import { strictQuery } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import { RuleDiff, RuleVersions } from '../../schemas/views.ts'
import { ruleParams as params } from './one.ts'

const tags = ['Detection']

const listRoute = createRoute({
  method: 'get',
  path: '/detection/rules/{ruleId}/versions',
  tags,
  summary: "The versions of a rule's text",
  description: "Of the tenant's own rules; the newest 100 are kept.",
  ...needs('rules:read'),
  request: { params },
  responses: { 200: json(named('RuleVersions', RuleVersions), 'Newest first'), ...refuses(401, 403, 404) },
})

const diffRoute = createRoute({
  method: 'get',
  path: '/detection/rules/{ruleId}/diff',
  tags,
  summary: 'What changed between two versions of a rule',
  ...needs('rules:read'),
  request: { params, query: strictQuery({ from: z.coerce.number().int().min(1), to: z.coerce.number().int().min(1) }) },
  responses: {
    200: json(named('RuleDiff', RuleDiff), 'The difference of the texts, and which parts of the rule it touches'),
    ...refuses(400, 401, 403, 404),
  },
})

export const ruleVersions = (parts: Parts) =>
  consoleRoutes()
    .openapi(listRoute, async (c) => {
      const { ruleId } = c.req.valid('param')
      const versions = await parts.ruleContent.rules.versions(c.var.session.tenant, ruleId)
      return c.json(
        {
          rule_id: ruleId,
          versions: versions.map(({ version, source, note, createdAt, createdBy }) => ({
            version,
            source,
            note: note ?? null,
            created_at: createdAt.toISOString(),
            created_by: createdBy,
          })),
        },
        200,
      )
    })
    .openapi(diffRoute, async (c) => {
      const { ruleId } = c.req.valid('param')
      const { from, to } = c.req.valid('query')
      const { diff, fields } = await parts.ruleContent.rules.diff(c.var.session.tenant, ruleId, from, to)
      return c.json({ rule_id: ruleId, from, to, diff, fields: [...fields] }, 200)
    })
