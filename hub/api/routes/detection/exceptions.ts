import { etagOf, expectedVersion, ifMatch } from '../../etag.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import { strictQuery } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import { ExceptionCreate, ExceptionList, ExceptionPreview, ExceptionPreviewRequest, ExceptionUpdate, ExceptionView } from '../../schemas/views.ts'
import { toExceptionView } from './content-view.ts'

const tags = ['Detection']
const params = z.object({ exceptionId: z.uuid() })
const View = named('RuleException', ExceptionView)

const listRoute = createRoute({
  method: 'get',
  path: '/detection/exceptions',
  tags,
  summary: 'List the exceptions of this tenant',
  ...needs('rules:read'),
  request: {
    query: strictQuery({ rule_id: z.string().max(200).optional().openapi({ description: 'Those for this rule, and those for every rule.' }) }),
  },
  responses: { 200: json(named('RuleExceptionList', ExceptionList), 'Oldest first, those that are over too'), ...refuses(400, 401, 403) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/detection/exceptions/{exceptionId}',
  tags,
  summary: 'Read an exception',
  ...needs('rules:read'),
  request: { params },
  responses: { 200: json(View, 'The exception; its ETag is its revision'), ...refuses(401, 403, 404) },
})

const createExceptionRoute = createRoute({
  method: 'post',
  path: '/detection/exceptions',
  tags,
  summary: 'Keep a rule, or every rule, from firing on certain events',
  description:
    "`detection` is a Sigma detection section over Sigma's field names: an object, or YAML text. A match it fits is neither kept nor does it raise an " +
    'alert. In force with the next batch, until `expires_at`: 30 days from now unless given, 366 at most.',
  ...needs('rules:write'),
  request: { body: body(named('RuleExceptionCreate', ExceptionCreate)) },
  responses: { 201: json(View, 'The exception'), ...refuses(400, 401, 403, 409) },
})

const putRoute = createRoute({
  method: 'put',
  path: '/detection/exceptions/{exceptionId}',
  tags,
  summary: 'Change an exception',
  description: 'What is left out stays. Which rule it is for does not change.',
  ...needs('rules:write'),
  request: { params, headers: ifMatch, body: body(named('RuleExceptionUpdate', ExceptionUpdate)) },
  responses: { 200: json(View, 'The exception'), ...refuses(400, 401, 403, 404, 412) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/detection/exceptions/{exceptionId}',
  tags,
  summary: 'Delete an exception',
  ...needs('rules:write'),
  request: { params },
  responses: { 204: { description: 'Gone' }, ...refuses(401, 403, 404) },
})

const previewRoute = createRoute({
  method: 'post',
  path: '/detection/exceptions/preview',
  tags,
  summary: 'What an exception would have hidden',
  description: 'Puts it to the stored matches of the last 30 days, the newest 20,000 of them. Changes nothing.',
  ...needs('rules:test'),
  request: { body: body(named('RuleExceptionPreviewRequest', ExceptionPreviewRequest)) },
  responses: { 200: json(named('RuleExceptionPreview', ExceptionPreview), 'Matches and alerts that would not be there'), ...refuses(400, 401, 403) },
})

export const exceptionRoutes = (parts: Parts) => {
  const exceptions = () => parts.ruleContent.exceptions
  const heldBack = (tenantId: string, id: string) => parts.detection.suppressed(tenantId).get(id) ?? 0

  return consoleRoutes()
    .openapi(listRoute, (c) => {
      const { tenantId } = c.var.session.tenant
      const { rule_id: ruleId } = c.req.valid('query')
      const wanted = exceptions()
        .list(tenantId)
        .filter((each) => ruleId === undefined || each.ruleId === undefined || each.ruleId === ruleId)
      return c.json({ exceptions: wanted.map((each) => toExceptionView(each, parts, heldBack(tenantId, each.id))) }, 200)
    })
    .openapi(readRoute, (c) => {
      const { tenantId } = c.var.session.tenant
      const exception = exceptions().get(tenantId, c.req.valid('param').exceptionId)
      c.header('ETag', etagOf(exception.revision))
      return c.json(toExceptionView(exception, parts, heldBack(tenantId, exception.id)), 200)
    })
    .openapi(createExceptionRoute, async (c) => {
      const { tenant, email } = c.var.session
      const { rule_id, reason, detection, expires_at } = c.req.valid('json')
      const draft = {
        ruleId: rule_id ?? undefined,
        reason,
        detection: asText(detection),
        expiresAt: expires_at === undefined ? undefined : new Date(expires_at),
      }
      const made = await exceptions().create(tenant, email, draft)
      c.header('ETag', etagOf(made.revision))
      return c.json(toExceptionView(made, parts), 201)
    })
    .openapi(putRoute, async (c) => {
      const { tenant } = c.var.session
      const { reason, detection, expires_at } = c.req.valid('json')
      const changed = await exceptions().change(
        tenant,
        c.req.valid('param').exceptionId,
        {
          reason,
          detection: detection === undefined ? undefined : asText(detection),
          expiresAt: expires_at === undefined ? undefined : new Date(expires_at),
        },
        expectedVersion(c.req.header('If-Match')),
      )
      c.header('ETag', etagOf(changed.revision))
      return c.json(toExceptionView(changed, parts, heldBack(tenant.tenantId, changed.id)), 200)
    })
    .openapi(deleteRoute, async (c) => {
      await exceptions().remove(c.var.session.tenant, c.req.valid('param').exceptionId)
      return c.body(null, 204)
    })
    .openapi(previewRoute, async (c) => {
      const { rule_id, detection } = c.req.valid('json')
      const found = await exceptions().preview(c.var.session.tenant, { ruleId: rule_id ?? undefined, detection: asText(detection) })
      return c.json(
        {
          days: found.days,
          matches_examined: found.matchesExamined,
          matches_hidden: found.matchesHidden,
          alerts_hidden: found.alertsHidden,
          true_positives_hidden: found.truePositivesHidden,
          true_positive_alerts: [...found.truePositiveAlerts],
          hidden_alerts: [...found.hiddenAlerts],
          events_gone: found.eventsGone,
          truncated: found.truncated,
        },
        200,
      )
    })
}

/** JSON is YAML: both are kept as text, in the author's own writing where there is one. */
const asText = (detection: string | object): string => (typeof detection === 'string' ? detection : JSON.stringify(detection, null, 2))
