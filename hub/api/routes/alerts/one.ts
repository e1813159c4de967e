import type { Context } from 'hono'
import type { AlertDetail as Alert } from '../../../alerts/ports.ts'
import { etagOf, expectedVersion, ifMatch } from '../../etag.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import type { ConsoleEnv, Parts } from '../../parts.ts'
import { AlertDetail, AlertUpdate } from '../../schemas/views.ts'
import { toAlertDetail } from './alert-view.ts'

const params = z.object({ alertId: z.string().regex(/^[\w.:-]{1,200}$/) })
const tags = ['Alerts']
const Detail = named('AlertDetail', AlertDetail)

const readRoute = createRoute({
  method: 'get',
  path: '/alerts/{alertId}',
  tags,
  summary: 'Read an alert with its event, rule and activity',
  ...needs('alerts:read'),
  request: { params },
  responses: { 200: json(Detail, 'The alert; its ETag is its version'), ...refuses(401, 403, 404) },
})

const triage = {
  path: '/alerts/{alertId}',
  tags,
  description: 'What is left out stays as it is. `notes` is added to the activity. `assignee: null` takes the alert from whoever had it.',
  ...needs('alerts:triage'),
  request: { params, headers: ifMatch, body: body(named('AlertUpdate', AlertUpdate)) },
  responses: { 200: json(Detail, 'The alert after the change'), ...refuses(400, 401, 403, 404, 409, 412) },
} as const
const putRoute = createRoute({ ...triage, method: 'put', summary: 'Triage an alert' })
const patchRoute = createRoute({ ...triage, method: 'patch', summary: 'Triage an alert (the same as PUT)' })

export const oneAlert = (parts: Parts) => {
  const answer = (c: Context<ConsoleEnv>, alert: Alert) => {
    c.header('ETag', etagOf(alert.version))
    return toAlertDetail(alert, parts.detection.ruleById(c.var.session.tenant.tenantId, alert.ruleId))
  }
  const change = (c: Context<ConsoleEnv>, alertId: string, { notes, ...fields }: z.infer<typeof AlertUpdate>) =>
    parts.alerts.triage(c.var.session.tenant, alertId, { ...fields, note: notes }, c.var.session.email, expectedVersion(c.req.header('If-Match')))

  return consoleRoutes()
    .openapi(readRoute, async (c) => c.json(answer(c, await parts.alerts.get(c.var.session.tenant, c.req.valid('param').alertId)), 200))
    .openapi(putRoute, async (c) => c.json(answer(c, await change(c, c.req.valid('param').alertId, c.req.valid('json'))), 200))
    .openapi(patchRoute, async (c) => c.json(answer(c, await change(c, c.req.valid('param').alertId, c.req.valid('json'))), 200))
}
