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
