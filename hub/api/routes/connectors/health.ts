import { consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { ConnectorHealth, ConnectorMetrics, ConnectorTestRequest, ConnectorTestResult } from '../../schemas/views.ts'
import { intervalStarts, readSeries, seriesQuery } from '../../series.ts'
import { toCheckView } from './connector-view.ts'

const HISTORY = 288
const params = z.object({ connectorId: z.uuid() })
const tags = ['Connectors']

const healthRoute = createRoute({
  method: 'get',
  path: '/connectors/{connectorId}/health',
  tags,
  summary: "A connector's checks and the history of its status",
  description: `The status is the worst of the checks. The history is newest first, one entry each five minutes and each change, at most ${HISTORY}.`,
  ...needs('connectors:read'),
  request: { params },
  responses: { 200: json(named('ConnectorHealth', ConnectorHealth), 'Its health'), ...refuses(401, 403, 404) },
})

const metricsRoute = createRoute({
  method: 'get',
  path: '/connectors/{connectorId}/metrics',
  tags,
  summary: "A connector's time series",
  description:
    'Events received are counted at the hub, when they are stored; events failed are those its sensor could not take in. A point says what happened from its timestamp to the next one; `throughput_eps` is that number divided by the seconds of the interval.',
  ...needs('connectors:read'),
  request: { params, query: seriesQuery },
  responses: { 200: json(named('ConnectorMetrics', ConnectorMetrics), 'Points, oldest first'), ...refuses(400, 401, 403, 404) },
})

const testRoute = createRoute({
  method: 'post',
  path: '/connectors/{connectorId}/test',
  tags,
  summary: 'Test settings before they are saved',
  description:
    'The sensor tries them; nothing is kept. With the id `new`, `type` and `config` are tested; with the id of a connector, its settings with those of the body over them.',
  ...needs('connectors:write'),
  request: {
    params: z.object({ connectorId: z.union([z.uuid(), z.literal('new')]) }),
    body: { content: { 'application/json': { schema: named('ConnectorTestRequest', ConnectorTestRequest) } } },
  },
  responses: { 200: json(named('ConnectorTestResult', ConnectorTestResult), 'The checks'), ...refuses(400, 401, 403, 404, 503) },
})

export const connectorHealthRoutes = (parts: Parts) =>
  consoleRoutes()
    .openapi(healthRoute, async (c) => {
      const { tenant } = c.var.session
      const { connectorId } = c.req.valid('param')
      const { connector, status, checks } = await parts.connectors.get(tenant, connectorId)
      const history = await parts.connectors.history(tenant, connectorId, HISTORY)
      return c.json(
        {
          connector_id: connectorId,
          status,
          last_check: connector.state.lastCheckAt?.toISOString() ?? null,
          checks: checks.map(toCheckView),
          history: history.map(({ at, status: then }) => ({ timestamp: at.toISOString(), status: then })),
        },
        200,
      )
    })
    .openapi(metricsRoute, async (c) => {
      const { tenant } = c.var.session
      const { connectorId } = c.req.valid('param')
      await parts.connectors.get(tenant, connectorId)
      const range = readSeries(c.req.valid('query'), parts.now())
      const minutes = await parts.pipelineStore.series(tenant, { ...range, connectorId })
      const byStart = new Map(minutes.map((each) => [each.minute.getTime(), each]))
      const points = (read: (minute: { received: number; failed: number }) => number) =>
        intervalStarts(range).map((at) => ({ timestamp: at.toISOString(), value: read(byStart.get(at.getTime()) ?? { received: 0, failed: 0 }) }))
      return c.json(
        {
          connector_id: connectorId,
          metrics: {
            events_received: points(({ received }) => received),
            events_failed: points(({ failed }) => failed),
            throughput_eps: points(({ received }) => received / range.intervalSeconds),
          },
        },
        200,
      )
    })
    .openapi(testRoute, async (c) => {
      const { connectorId } = c.req.valid('param')
      // Without a content type the body is not looked at, and the saved settings are what is tested.
      const { type, sensor_id, config } = c.req.valid('json') ?? {}
      const checks = await parts.connectors.test(c.var.session.tenant, connectorId === 'new' ? undefined : connectorId, {
        type,
        sensorId: sensor_id,
        config,
      })
      const status = checks.some((check) => check.status === 'fail') ? 'fail' : checks.some((check) => check.status === 'pass') ? 'pass' : 'unknown'
      return c.json({ status, checks: checks.map(toCheckView) } as const, 200)
    })
