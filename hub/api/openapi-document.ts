import { consoleRoutes } from './openapi.ts'
import type { Parts } from './parts.ts'
import { signInRoutes } from './routes/auth/auth.ts'
import { tenantRoutes } from './routes/routes.ts'

export type OpenApiDocument = ReturnType<ReturnType<typeof consoleRoutes>['getOpenAPI31Document']>

/** The API as OpenAPI 3.1, from the routes' own declarations. Needs no running hub. */
export function openApiDocument(): OpenApiDocument {
  // Routes touch their parts when they are called, which these never are.
  const parts = new Proxy(
    {},
    {
      get: () => {
        throw new Error('the routes of the OpenAPI document serve nothing')
      },
    },
  ) as Parts
  const routes = consoleRoutes().route('/v1', signInRoutes(parts)).route('/v1', tenantRoutes(parts))
  routes.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'From POST /v1/auth/login. The tenant is the one in the token.',
  })
  return routes.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Picket console API',
      version: '1.0.0',
      description: [
        'Times are ISO 8601 in UTC. Errors are problem documents (RFC 9457) with a stable `code`. Ids of another tenant are unknown ids.',
        'Lists take `page`,`size` or `cursor`,`limit`, not both; a size over the most of a list is reduced, with a warning in `query_warnings`. `truncated` says that more rows follow.',
        'Alerts and connectors carry an `ETag`; a change with `If-Match` is made only where it still holds.',
        '`GET /ws/monitoring?token=` is a WebSocket (token: an access token or a ticket): it pushes `metrics_update` every 5 s, `new_alert`, `alert_updated` and `connector_status_change`; clients send `{"action":"subscribe","topics":["metrics","connector_health","alerts"]}`.',
      ].join('\n\n'),
    },
  })
}
