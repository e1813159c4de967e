import { DrizzleQueryError } from 'drizzle-orm'
import { ExpectedError } from '../../shared/errors.ts'

/** What is to be stored exists already, under a name only one may have. */
export class AlreadyExists extends ExpectedError {
  readonly code = 'ALREADY_EXISTS'
  readonly kind = 'conflict'
}

/** What is to be stored refers to something the tenant does not have. Another tenant's id gets the same answer. */
export class UnknownReference extends ExpectedError {
  readonly code = 'UNKNOWN_REFERENCE'
  readonly kind = 'invalid'
}

/** PostgreSQL's code for an error, through the wrapper drizzle puts around it. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function sqlState(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if ('code' in at && typeof at.code === 'string' && /^[0-9A-Z]{5}$/.test(at.code)) return at.code
  return undefined
}

/** The database cannot be reached, is starting, or went away in the middle. Nothing was stored; worth a retry. */
export class DatabaseUnavailable extends ExpectedError {
  readonly code = 'DATABASE_UNAVAILABLE'
  readonly kind = 'unavailable'
}

/** The statement took longer than it may. A narrower question may be answered. */
export class QueryTimeout extends ExpectedError {
  readonly code = 'QUERY_TIMEOUT'
  readonly kind = 'unavailable'
}

/** Connection exceptions, shut down or starting, too many connections, and what the driver says when the socket closes. */
const GONE = /^(08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)$/
const GONE_MESSAGE = /connection terminated|timeout exceeded when trying to connect|not queryable|connection ended/i

/**
 * The error the rest of the hub should see. Drizzle's own carries every parameter in its message, which is events, password hashes and
 * more, and would end up in a log; the driver's does not.
 */
export function translateError(error: unknown): unknown {
  let at: unknown = error
  while (at instanceof DrizzleQueryError && at.cause) at = at.cause
  if (!(at instanceof Error) || at instanceof ExpectedError) return at
  const code = 'code' in at && typeof at.code === 'string' ? at.code : ''
  if (code === '57014') return new QueryTimeout('the query took too long', { cause: at })
  if (GONE.test(code) || GONE_MESSAGE.test(at.message)) return new DatabaseUnavailable('the database is not available', { cause: at })
  return at
}
