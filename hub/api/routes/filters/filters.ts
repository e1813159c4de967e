import * as plain from 'zod'
import type { PreFilterRow } from '../../../fleet/ports.ts'
import { ApiError } from '../../errors.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { Logsource, PreFilterList, PreFilterView, PreFilterWrite } from '../../schemas/views.ts'
import { readHeartbeat, sumOf } from '../sensors/heartbeat.ts'
import { checkDetection } from './check-detection.ts'

const params = z.object({ filterId: z.uuid() })
const tags = ['Filters']
const View = named('PreFilter', PreFilterView)
const Write = named('PreFilterWrite', PreFilterWrite)

const listRoute = createRoute({
  method: 'get',
  path: '/filters',
  tags,
  summary: 'List the pre-filters of all sensors',
  ...needs('filters:read'),
  responses: { 200: json(named('PreFilterList', PreFilterList), 'Every filter; its counters come from the connected sensors'), ...refuses(401, 403) },
})

const createFilter = createRoute({
  method: 'post',
  path: '/filters',
  tags,
  summary: 'Create a pre-filter',
  description: 'In force on connected sensors at once. `detection` is a Sigma detection section over the normalised event.',
  ...needs('filters:write'),
  request: { body: body(Write) },
  responses: { 201: json(View, 'The filter'), ...refuses(400, 401, 403) },
})

const putRoute = createRoute({
  method: 'put',
  path: '/filters/{filterId}',
  tags,
  summary: 'Replace a pre-filter',
  ...needs('filters:write'),
  request: { params, body: body(Write) },
  responses: { 200: json(View, 'The filter'), ...refuses(400, 401, 403, 404) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/filters/{filterId}',
  tags,
  summary: 'Delete a pre-filter',
  ...needs('filters:write'),
  request: { params },
  responses: { 204: { description: 'Gone' }, ...refuses(401, 403, 404) },
})

const Definition = plain.object({
  action: plain.enum(['drop', 'keep', 'sample']),
  one_in: plain.number().optional(),
  detection: plain.record(plain.string(), plain.unknown()),
  logsource: Logsource.default({}),
})

export const filterRoutes = (parts: Parts) => {
  const notFound = () => new ApiError('not_found', 'FILTER_NOT_FOUND', 'There is no such filter.')

  /** Totals over the tenant's sensors, each counting since its start. */
  const countsOf = async (tenant: { tenantId: string }) => {
    const reports = (await parts.fleetStore.list(tenant)).flatMap((sensor) => readHeartbeat(sensor.heartbeat)?.filters ?? [])
    return (filterId: string) => {
      const own = reports.filter((report) => report.filterId === filterId)
      return { checked_total: sumOf(own, (report) => report.checkedTotal), hit_total: sumOf(own, (report) => report.hitTotal) }
    }
  }

  const toView = (row: PreFilterRow, stats: z.infer<typeof PreFilterView>['stats']): z.infer<typeof PreFilterView> => {
    const { one_in, ...definition } = Definition.parse(row.definition)
    return { id: row.id, name: row.name, enabled: row.enabled, ...definition, one_in: one_in ?? null, stats, updated_at: row.updatedAt.toISOString() }
  }

  const save = async (tenant: { tenantId: string }, { name, enabled, ...definition }: z.infer<typeof PreFilterWrite>, id?: string) => {
    if ((definition.action === 'sample') !== (definition.one_in !== undefined))
      throw new ApiError('invalid', 'INVALID_FILTER', 'one_in belongs to the action sample, and is needed there.', [
        { field: 'one_in', message: 'Needed with sample, and only there.' },
      ])
    checkDetection(definition)
    const row = await parts.fleetStore.saveFilter(tenant, { ...(id === undefined ? {} : { id }), name, enabled, definition })
    await parts.fleet.configurationChanged(tenant)
    return toView(row, (await countsOf(tenant))(row.id))
  }

  return consoleRoutes()
    .openapi(listRoute, async (c) => {
      const { tenant } = c.var.session
      const counts = await countsOf(tenant)
      return c.json({ filters: (await parts.fleetStore.filters(tenant)).map((row) => toView(row, counts(row.id))) }, 200)
    })
    .openapi(createFilter, async (c) => c.json(await save(c.var.session.tenant, c.req.valid('json')), 201))
    .openapi(putRoute, async (c) => {
      const { tenant } = c.var.session
      const { filterId } = c.req.valid('param')
      if (!(await parts.fleetStore.filters(tenant)).some((row) => row.id === filterId)) throw notFound()
      return c.json(await save(tenant, c.req.valid('json'), filterId), 200)
    })
    .openapi(deleteRoute, async (c) => {
      const { tenant } = c.var.session
      if (!(await parts.fleetStore.deleteFilter(tenant, c.req.valid('param').filterId))) throw notFound()
      await parts.fleet.configurationChanged(tenant)
      return c.body(null, 204)
    })
}
