import { endSession, sessionToken } from './session.ts'
import type { Problem } from './types.ts'

/** A request that did not succeed, in the words of the hub's problem document. `status` 0: the hub could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | undefined,
    readonly errors: NonNullable<Problem['errors']>,
    /** How long the hub asked to wait before trying again. */
    readonly retryAfterMs?: number | undefined,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

export type QueryValue = string | number | boolean | readonly string[] | undefined
export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly body?: unknown
  /** The version that was read: the hub refuses the change with 412 where it is no longer that. */
  readonly ifVersion?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Query string of the values that are set; lists are joined with commas. Empty for none, else begins with `?`. */
export function queryString(query: Readonly<Record<string, QueryValue>> = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(',') : value === undefined ? '' : String(value)
    if (text !== '') search.set(name, text)
  }
  return search.size === 0 ? '' : `?${search}`
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after'))
  const text = await response.text()
  let problem: Partial<Problem> = {}
  try {
    problem = JSON.parse(text)
  } catch {
    // A proxy's HTML page, not the hub's answer: the status is all there is to say.
  }
  return new ApiError(
    response.status,
    problem.code ?? `HTTP_${response.status}`,
    problem.detail ?? problem.title ?? `The hub answered ${response.status}.`,
    problem.request_id ?? response.headers.get('x-request-id') ?? undefined,
    problem.errors ?? [],
    retryAfter > 0 ? retryAfter * 1000 : undefined,
  )
}

/**
 * Calls the hub's API with the session's token.
 *
 * @param path - below `/v1`, with its leading slash
 * @throws {ApiError} for any answer but 2xx; a 401 also ends the session, which leads to the sign-in page and back
 */
export async function api<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: RequestOptions = {}): Promise<T> {
  const token = sessionToken()
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  if (options.ifVersion !== undefined) headers['if-match'] = `"${options.ifVersion}"`
  let response: Response
  try {
    response = await fetch(`/v1${path}${queryString(options.query)}`, {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'HUB_UNREACHABLE', 'The hub cannot be reached. Check the network; this page keeps trying.', undefined, [])
  }
  if (!response.ok) {
    const problem = await problemOf(response)
    if (response.status === 401 && token !== undefined) endSession('expired')
    throw problem
  }
  return (response.status === 204 ? undefined : await response.json()) as T
}
