import { createRoute, type Hook, OpenAPIHono, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import type { Permission } from '../identity/permissions.ts'
import { ApiError } from './errors.ts'
import { InvalidQuery } from './paging.ts'
import type { ConsoleEnv } from './parts.ts'
import { Problem } from './schemas/views.ts'

export { createRoute, type Hook, z }

/** A group of routes whose invalid input becomes a problem document. */
export const consoleRoutes = (refuse: Hook<unknown, ConsoleEnv, string, undefined> = refuseInvalid) =>
  new OpenAPIHono<ConsoleEnv>({ defaultHook: refuse })

/** A schema under a name of its own in the OpenAPI document. */
export const named = <Schema extends z.ZodType>(name: string, schema: Schema): Schema => {
  // A schema made before zod-openapi was loaded has no `openapi` of its own; its copy has.
  const copy = schema.clone()
  return copy.openapi(name)
}

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

/** A body that must be there and be JSON: without `required` one of another content type would pass unchecked. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({ required: true, content: { 'application/json': { schema } } })

/** The permission a route needs: checked before its input is looked at, and told in the OpenAPI document. */
export const needs = (permission: Permission) => ({
  middleware: createMiddleware<ConsoleEnv>(async (c, next) => {
    if (!c.var.session.permissions.includes(permission)) throw new ApiError('denied', 'FORBIDDEN', `This needs the permission ${permission}.`)
    await next()
  }),
  security: [{ bearer: [] }],
  'x-permission': permission,
})

const ProblemDocument = named('Problem', Problem)
const REFUSALS = {
  400: 'The input is not valid; `errors` says where.',
  401: 'No valid access token.',
  403: 'The role lacks the permission.',
  404: 'There is no such thing in this tenant.',
  409: 'It stands against something else that is there; `code` says what.',
  412: 'It has changed since it was read; `current` is what it is now.',
  413: 'The body is too large.',
  429: 'Too many; `Retry-After` says when again.',
  503: 'Cannot be done right now.',
} as const

/** The refusals of a route, each a problem document. */
export const refuses = <const Status extends keyof typeof REFUSALS>(...statuses: readonly Status[]) => {
  const response = (status: Status) => ({ description: REFUSALS[status], content: { 'application/problem+json': { schema: ProblemDocument } } })
  return Object.fromEntries(statuses.map((status) => [status, response(status)])) as { [Key in Status]: ReturnType<typeof response> }
}

/** Turns input that does not fit its schema into a problem document. */
export const refuseInvalid: Hook<unknown, ConsoleEnv, string, undefined> = (result) => {
  if (result.success) return undefined
  const issues = result.error.issues
  if (result.target === 'param') throw new ApiError('not_found', 'NOT_FOUND', 'There is no such thing.')
  if (result.target === 'query') {
    const unknown = issues.filter((issue) => issue.code === 'custom' && issue.params?.['allowed'] !== undefined)
    const errors = (unknown.length > 0 ? unknown : issues).map((issue) => ({
      parameter: String(issue.path[0] ?? ''),
      ...(issue.code === 'custom' ? { field: String(issue.path[0] ?? '') } : {}),
      message: issue.message,
      ...allowedBy(issue),
    }))
    const code = unknown.length > 0 ? 'INVALID_QUERY_FIELD' : 'INVALID_QUERY_VALUE'
    throw new InvalidQuery(code, errors.map(({ parameter, message }) => `${parameter}: ${message}`).join(' '), errors)
  }
  const errors = issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message, ...allowedBy(issue) }))
  throw new ApiError('invalid', 'INVALID_BODY', errors.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; '), errors)
}

function allowedBy(issue: z.core.$ZodIssue): { allowed?: string[] } {
  if (issue.code === 'custom' && Array.isArray(issue.params?.['allowed'])) return { allowed: issue.params['allowed'].map(String) }
  return issue.code === 'invalid_value' ? { allowed: issue.values.map(String) } : {}
}
