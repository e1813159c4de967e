import { etagOf, expectedVersion, ifMatch } from '../../etag.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { ValueListCreate, ValueListDetail, ValueLists, ValueListUpdate } from '../../schemas/views.ts'
import { toValueListDetail, toValueListView } from './content-view.ts'

const tags = ['Detection']
const params = z.object({ name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/) })
const Detail = named('ValueList', ValueListDetail)

const listRoute = createRoute({
  method: 'get',
  path: '/detection/value-lists',
  tags,
  summary: 'List the value lists of this tenant',
  ...needs('rules:read'),
  responses: { 200: json(named('ValueLists', ValueLists), 'By name, without their values'), ...refuses(401, 403) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/detection/value-lists/{name}',
  tags,
  summary: 'Read a value list',
  ...needs('rules:read'),
  request: { params },
  responses: { 200: json(Detail, 'The list; its ETag is its revision'), ...refuses(401, 403, 404) },
})

const createListRoute = createRoute({
  method: 'post',
  path: '/detection/value-lists',
  tags,
  summary: 'Make a value list',
  description: 'What `%name%` stands for in rules that use the modifier `expand`. Rules that name it are compiled anew before the answer.',
  ...needs('rules:write'),
  request: { body: body(named('ValueListCreate', ValueListCreate)) },
  responses: { 201: json(Detail, 'The list'), ...refuses(400, 401, 403, 409) },
})

const putRoute = createRoute({
  method: 'put',
  path: '/detection/value-lists/{name}',
  tags,
  summary: 'Change a value list',
  description: 'Values are replaced as a whole; what is left out of the body stays.',
  ...needs('rules:write'),
  request: { params, headers: ifMatch, body: body(named('ValueListUpdate', ValueListUpdate)) },
  responses: { 200: json(Detail, 'The list'), ...refuses(400, 401, 403, 404, 409, 412) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/detection/value-lists/{name}',
  tags,
  summary: 'Delete a value list',
  ...needs('rules:write'),
  request: { params },
  responses: { 204: { description: 'Gone' }, ...refuses(401, 403, 404, 409) },
})

export const valueListRoutes = (parts: Parts) => {
  const lists = () => parts.ruleContent.valueLists
  return consoleRoutes()
    .openapi(listRoute, (c) => {
      const { tenantId } = c.var.session.tenant
      return c.json(
        {
          value_lists: lists()
            .list(tenantId)
            .map((list) => toValueListView(list, lists().usedBy(tenantId, list.name))),
        },
        200,
      )
    })
    .openapi(readRoute, (c) => {
      const { tenantId } = c.var.session.tenant
      const list = lists().get(tenantId, c.req.valid('param').name)
      c.header('ETag', etagOf(list.revision))
      return c.json(toValueListDetail(list, lists().usedBy(tenantId, list.name)), 200)
    })
    .openapi(createListRoute, async (c) => {
      const { tenant, email } = c.var.session
      const list = await lists().create(tenant, email, c.req.valid('json'))
      c.header('ETag', etagOf(list.revision))
      return c.json(toValueListDetail(list, lists().usedBy(tenant.tenantId, list.name)), 201)
    })
    .openapi(putRoute, async (c) => {
      const { tenant, email } = c.var.session
      const expected = expectedVersion(c.req.header('If-Match'))
      const list = await lists().change(tenant, email, c.req.valid('param').name, c.req.valid('json'), expected)
      c.header('ETag', etagOf(list.revision))
      return c.json(toValueListDetail(list, lists().usedBy(tenant.tenantId, list.name)), 200)
    })
    .openapi(deleteRoute, async (c) => {
      await lists().remove(c.var.session.tenant, c.req.valid('param').name)
      return c.body(null, 204)
    })
}
