/** What a caller can do about a failure. Anything that is not an ExpectedError is a bug and travels up. */
export type ErrorKind = 'invalid' | 'unauthenticated' | 'denied' | 'not_found' | 'conflict' | 'unavailable' | 'rate_limited'

/**
 * A failure the product knows. `code` names it for good and is safe to show, as is `message`;
 * `cause` is for the log alone.
 */
export abstract class ExpectedError extends Error {
  abstract readonly code: string
  abstract readonly kind: ErrorKind

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The message of anything thrown, for a log line or a report. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
