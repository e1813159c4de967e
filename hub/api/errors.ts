import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'
import { type ErrorKind, ExpectedError } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { TooManySignIns } from '../identity/sign-in-limits.ts'
import { errorType } from './error-codes.ts'
import type { ConsoleEnv } from './parts.ts'
import type { Problem as ProblemSchema } from './schemas/views.ts'

type Problem = z.infer<typeof ProblemSchema>

const STATUS: Readonly<Record<ErrorKind, ContentfulStatusCode>> = {
  invalid: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  unavailable: 503,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Not JSON',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
}

/** A refusal the API itself decides on. */
export class ApiError extends ExpectedError {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly errors?: Problem['errors'],
  ) {
    super(message)
  }
}

/**
 * Everything thrown becomes one shape here, a problem document (RFC 9457). What is not an expected failure is a bug: the caller
 * learns the request id and nothing else, the log has the rest.
 */
export function toProblemResponse(
  error: unknown,
  c: Context<ConsoleEnv>,
  log: Logger,
  current?: (error: ExpectedError) => object | undefined,
): Response {
  if (error instanceof TooManySignIns) {
    c.header('Retry-After', String(error.retryAfterSeconds))
    c.header('RateLimit-Policy', `"sign-in";q=${error.limit};w=${error.windowSeconds}`)
    c.header('RateLimit', `"sign-in";r=0;t=${error.retryAfterSeconds}`)
  }
  if (error instanceof ExpectedError) {
    const status = error.code === 'VERSION_CONFLICT' ? 412 : STATUS[error.kind]
    if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="picket"')
    if (error.cause !== undefined) log.warn({ requestId: c.var.requestId, code: error.code, err: error.cause }, 'a request failed')
    const errors: Problem['errors'] = Reflect.get(error, 'errors')
    return problem(c, status, error.code, error.message, { ...(errors ? { errors } : {}), ...current?.(error) })
  }
  if (error instanceof HTTPException) {
    if (error.status === 413) return problem(c, 413, 'BODY_TOO_LARGE', 'The body is larger than this route takes.')
    if (error.status === 400) return problem(c, 400, 'MALFORMED_BODY', 'The body is not valid JSON.')
    if (error.status === 415) return problem(c, 415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON, with `Content-Type: application/json`.')
    return problem(c, error.status, 'REQUEST_REFUSED', 'The request was refused.')
  }
  if (databaseIsAway(error)) {
    log.warn({ requestId: c.var.requestId, path: c.req.path, err: error }, 'a request failed because the database cannot be reached')
    return problem(c, 503, 'DATABASE_UNAVAILABLE', 'The database cannot be reached; try again in a moment.')
  }
  log.error({ requestId: c.var.requestId, method: c.req.method, path: c.req.path, err: error }, 'a request failed unexpectedly')
  return problem(c, 500, 'INTERNAL', 'Something went wrong here. The request id finds it in the log.')
}

/** Class 08 and 57P0x say that the server is not there or going away (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
function databaseIsAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code: unknown = Reflect.get(error, 'code')
  const away = typeof code === 'string' && /^(08\w{3}|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(code)
  return away || /connection terminated|timeout exceeded when trying to connect/i.test(error.message) || databaseIsAway(error.cause)
}

export function problem(c: Context<ConsoleEnv>, status: ContentfulStatusCode, code: string, detail: string, more: object = {}): Response {
  const document: Problem = {
    type: errorType(code),
    title: TITLES[status] ?? 'Refused',
    status,
    detail,
    instance: c.req.path,
    code,
    request_id: c.var.requestId,
    ...more,
  }
  return c.body(JSON.stringify(document), status, { 'Content-Type': 'application/problem+json' })
}
