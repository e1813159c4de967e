import { RULE_LEVELS } from '../../../../shared/sigma/contract.ts'
import { ALERT_STATUSES } from '../../../alerts/ports.ts'
import { consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import { checkRange, instant, pagingQuery, readPaging, several, strictQuery, tookMs } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import { AlertList } from '../../schemas/views.ts'
import { toAlertView } from './alert-view.ts'

const SORTABLE = ['created_at', 'updated_at', 'severity', 'status'] as const
const MOST = 200

const route = createRoute({
  method: 'get',
  path: '/alerts',
  tags: ['Alerts'],
  summary: 'List alerts',
  ...needs('alerts:read'),
  request: {
    query: strictQuery({
      severity: several(RULE_LEVELS).optional(),
      status: several(ALERT_STATUSES).optional(),
      rule_id: z.string().max(200).optional(),
      q: z
        .string()
        .max(500)
        .optional()
        .openapi({ description: "A part of the rule's title, the host, the user or the entity; case does not matter." }),
      from: instant.optional().openapi({ description: 'Made at or after.' }),
      to: instant.optional().openapi({ description: 'Made before.' }),
      ...pagingQuery,
    }),
  },
  responses: { 200: json(named('AlertList', AlertList), 'Alerts, newest first unless sorted otherwise; at most 200'), ...refuses(400, 401, 403) },
})

export const listAlerts = (parts: Parts) =>
  consoleRoutes().openapi(route, async (c) => {
    const began = performance.now()
    const { severity, status, rule_id, q, from, to, ...rest } = c.req.valid('query')
    checkRange(from, to)
    const paging = readPaging(rest, { sortable: SORTABLE, defaultSort: [{ field: 'created_at', descending: true }], most: MOST })
    const { tenant } = c.var.session
    const scope = [tenant.tenantId, 'alerts', paging.sort, severity, status, rule_id, q, from, to]
    const { alerts, total, next } = await parts.alerts.list(tenant, {
      severity,
      status,
      ruleId: rule_id,
      q,
      from,
      to,
      sort: paging.sort,
      limit: paging.limit,
      offset: paging.page?.offset,
      after: paging.cursor === undefined ? undefined : parts.cursors.open(scope, paging.cursor),
    })
    return c.json(
      {
        alerts: alerts.map(toAlertView),
        ...(paging.page ? { pagination: { page: paging.page.page, size: paging.page.size, total } } : {}),
        next_cursor: next ? parts.cursors.seal(scope, next) : null,
        took_ms: tookMs(began),
        total_estimate: total,
        truncated: next !== undefined,
        query_warnings: paging.warnings,
      },
      200,
    )
  })
