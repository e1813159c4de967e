import type { Context } from 'hono'
import { CONNECTOR_KINDS } from '../../../../shared/connectors/kinds.ts'
import { configSchema } from '../../../connectors/connector-config.ts'
import type { ConnectorSight } from '../../../connectors/connector-sight.ts'
import { etagOf, expectedVersion, ifMatch } from '../../etag.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import type { ConsoleEnv, Parts } from '../../parts.ts'
import { ConnectorCreate, ConnectorList, ConnectorTypes, ConnectorUpdate, ConnectorView } from '../../schemas/views.ts'
import { toConnectorView } from './connector-view.ts'

const params = z.object({ connectorId: z.uuid() })
const tags = ['Connectors']
const View = named('Connector', ConnectorView)

const typesRoute = createRoute({
  method: 'get',
  path: '/connector-types',
  tags,
  summary: 'The types of connectors, with the JSON Schema of their settings',
  ...needs('connectors:read'),
  responses: { 200: json(named('ConnectorTypes', ConnectorTypes), 'All types'), ...refuses(401, 403) },
})

const listRoute = createRoute({
  method: 'get',
  path: '/connectors',
  tags,
  summary: 'List all connectors',
  ...needs('connectors:read'),
  responses: { 200: json(named('ConnectorList', ConnectorList), 'Every connector of the tenant'), ...refuses(401, 403) },
})

const createConnector = createRoute({
  method: 'post',
  path: '/connectors',
  tags,
  summary: 'Create a connector',
  description: 'Configures a source on a sensor, at once where it is connected. Secrets are taken and never given back.',
  ...needs('connectors:write'),
  request: { body: body(named('ConnectorCreate', ConnectorCreate)) },
  responses: { 201: json(View, 'The connector'), ...refuses(400, 401, 403) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/connectors/{connectorId}',
  tags,
  summary: 'Read a connector',
  ...needs('connectors:read'),
  request: { params },
  responses: { 200: json(View, 'The connector; its ETag is its version'), ...refuses(401, 403, 404) },
})

const update = {
  path: '/connectors/{connectorId}',
  tags,
  ...needs('connectors:write'),
  request: { params, headers: ifMatch, body: body(named('ConnectorUpdate', ConnectorUpdate)) },
  responses: { 200: json(View, 'The connector after the change'), ...refuses(400, 401, 403, 404, 412) },
} as const
const putRoute = createRoute({
  ...update,
  method: 'put',
  summary: 'Update a connector',
  description: '`config` replaces the settings, except that secrets left out stay. Other keys left out stay as they are.',
})
const patchRoute = createRoute({
  ...update,
  method: 'patch',
  summary: 'Change some of a connector',
  description: 'Settings left out of `config` stay too; null takes one back to its default.',
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/connectors/{connectorId}',
  tags,
  summary: 'Delete a connector',
  ...needs('connectors:write'),
  request: { params, headers: ifMatch },
  responses: { 204: { description: 'Gone; its events stay' }, ...refuses(401, 403, 404, 412) },
})

export const connectorRoutes = (parts: Parts) => {
  const answer = (c: Context<ConsoleEnv>, seen: ConnectorSight) => {
    c.header('ETag', etagOf(seen.connector.version))
    return toConnectorView(seen)
  }
  const change = (c: Context<ConsoleEnv>, connectorId: string, { sensor_id, ...fields }: z.infer<typeof ConnectorUpdate>, merge: boolean) =>
    parts.connectors.update(c.var.session.tenant, connectorId, { ...fields, sensorId: sensor_id }, merge, expectedVersion(c.req.header('If-Match')))

  return consoleRoutes()
    .openapi(typesRoute, (c) =>
      c.json(
        {
          types: CONNECTOR_KINDS.map((kind) => ({
            type: kind.kind,
            title: kind.title,
            description: kind.description,
            config_schema: configSchema(kind),
            secrets: [...kind.secrets],
          })),
        },
        200,
      ),
    )
    .openapi(listRoute, async (c) => c.json({ connectors: (await parts.connectors.list(c.var.session.tenant)).map(toConnectorView) }, 200))
    .openapi(createConnector, async (c) => {
      const { sensor_id, ...fields } = c.req.valid('json')
      const made = await parts.connectors.create(c.var.session.tenant, { ...fields, sensorId: sensor_id })
      c.header('Location', `/v1/connectors/${made.connector.id}`)
      return c.json(answer(c, made), 201)
    })
    .openapi(readRoute, async (c) => c.json(answer(c, await parts.connectors.get(c.var.session.tenant, c.req.valid('param').connectorId)), 200))
    .openapi(putRoute, async (c) => c.json(answer(c, await change(c, c.req.valid('param').connectorId, c.req.valid('json'), false)), 200))
    .openapi(patchRoute, async (c) => c.json(answer(c, await change(c, c.req.valid('param').connectorId, c.req.valid('json'), true)), 200))
    .openapi(deleteRoute, async (c) => {
      await parts.connectors.delete(c.var.session.tenant, c.req.valid('param').connectorId, expectedVersion(c.req.header('If-Match')))
      return c.body(null, 204)
    })
}
