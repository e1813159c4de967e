import { consoleRoutes, createRoute, json, named, refuses } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { Health } from '../../schemas/views.ts'

const route = createRoute({
  method: 'get',
  path: '/health',
  tags: ['Health'],
  summary: "The system's status, as this tenant sees it",
  description: [
    "connector-service and normalizer-service run in the tenant's sensors: their replicas are the sensors that are not revoked, healthy where connected.",
    "detection-service: the hub's detection workers. enrichment-service: no enrichment runs in this version, so it has no replica and is down; it does not count for the status.",
    'The status is unhealthy where a service with replicas is down, degraded where some replicas are, or where an enabled connector is unhealthy or degraded.',
  ].join(' '),
  security: [{ bearer: [] }],
  responses: { 200: json(named('Health', Health), 'The status'), ...refuses(401) },
})

export const healthRoutes = (parts: Parts) =>
  consoleRoutes().openapi(route, async (c) => {
    const { tenant } = c.var.session
    const [sensors, connectors] = await Promise.all([parts.fleetStore.list(tenant), parts.connectors.list(tenant)])
    const enrolled = sensors.filter((sensor) => !sensor.revokedAt)
    const connected = enrolled.filter((sensor) => parts.fleet.isConnected(sensor.id)).length
    const workers = parts.detection.health
    const atSensors = service(enrolled.length, connected)
    const detection = service(workers.size, workers.alive)
    const ailing = connectors.some(({ status }) => status === 'unhealthy' || status === 'degraded')
    const all = [atSensors, detection]
    const down = all.some((each) => each.status === 'down')
    const partly = all.some((each) => each.healthy_replicas < each.replicas)
    return c.json(
      {
        status: down ? ('unhealthy' as const) : partly || ailing ? ('degraded' as const) : ('healthy' as const),
        timestamp: parts.now().toISOString(),
        services: {
          'connector-service': atSensors,
          'normalizer-service': atSensors,
          'detection-service': detection,
          'enrichment-service': { status: 'down' as const, replicas: 0, healthy_replicas: 0 },
        },
      },
      200,
    )
  })

/** Down where all of its replicas are; with none yet, nothing is broken. */
const service = (replicas: number, healthy: number) => ({
  status: replicas > 0 && healthy === 0 ? ('down' as const) : ('up' as const),
  replicas,
  healthy_replicas: healthy,
})
