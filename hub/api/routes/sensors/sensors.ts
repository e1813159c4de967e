import { ApiError } from '../../errors.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { SensorList, SensorUpdate, SensorView } from '../../schemas/views.ts'
import { toSensorView } from './sensor-view.ts'

const params = z.object({ sensorId: z.uuid() })
const tags = ['Sensors']
const View = named('Sensor', SensorView)

const listRoute = createRoute({
  method: 'get',
  path: '/sensors',
  tags,
  summary: 'List all sensors',
  ...needs('sensors:read'),
  responses: { 200: json(named('SensorList', SensorList), 'Every sensor of the tenant'), ...refuses(401, 403) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/sensors/{sensorId}',
  tags,
  summary: 'Read a sensor: what it runs, holds and has delivered',
  ...needs('sensors:read'),
  request: { params },
  responses: { 200: json(View, 'The sensor'), ...refuses(401, 403, 404) },
})

const renameRoute = createRoute({
  method: 'patch',
  path: '/sensors/{sensorId}',
  tags,
  summary: 'Rename a sensor',
  ...needs('sensors:write'),
  request: { params, body: body(named('SensorUpdate', SensorUpdate)) },
  responses: { 200: json(View, 'The sensor'), ...refuses(400, 401, 403, 404) },
})

const revokeRoute = createRoute({
  method: 'delete',
  path: '/sensors/{sensorId}',
  tags,
  summary: 'Revoke a sensor',
  description: 'Ends its stream and refuses its certificate from now on. It stays in the list, as revoked.',
  ...needs('sensors:write'),
  request: { params },
  responses: { 204: { description: 'Revoked' }, ...refuses(401, 403, 404) },
})

export const sensorRoutes = (parts: Parts) => {
  const notFound = () => new ApiError('not_found', 'SENSOR_NOT_FOUND', 'There is no such sensor.')
  const viewsOf = async (tenant: { tenantId: string }, sensors: Awaited<ReturnType<Parts['fleetStore']['list']>>) => {
    const connectors = await parts.connectors.list(tenant)
    return sensors.map((sensor) =>
      toSensorView(sensor, parts.fleet.isConnected(sensor.id), connectors.filter(({ connector }) => connector.sensorId === sensor.id).length),
    )
  }
  const viewOf = async (tenant: { tenantId: string }, sensor: Awaited<ReturnType<Parts['fleetStore']['get']>>) => {
    const [view] = sensor ? await viewsOf(tenant, [sensor]) : []
    if (!view) throw notFound()
    return view
  }

  return consoleRoutes()
    .openapi(listRoute, async (c) => {
      const { tenant } = c.var.session
      return c.json({ sensors: await viewsOf(tenant, await parts.fleetStore.list(tenant)) }, 200)
    })
    .openapi(readRoute, async (c) => {
      const { tenant } = c.var.session
      return c.json(await viewOf(tenant, await parts.fleetStore.get(tenant, c.req.valid('param').sensorId)), 200)
    })
    .openapi(renameRoute, async (c) => {
      const { tenant } = c.var.session
      return c.json(await viewOf(tenant, await parts.fleetStore.rename(tenant, c.req.valid('param').sensorId, c.req.valid('json').name)), 200)
    })
    .openapi(revokeRoute, async (c) => {
      if (!(await parts.fleet.revoke(c.var.session.tenant, c.req.valid('param').sensorId))) throw notFound()
      return c.body(null, 204)
    })
}
