import { createMiddleware } from 'hono/factory'
import type { Identity } from '../../identity/identity.ts'
import { ApiError } from '../errors.ts'
import type { ConsoleEnv } from '../parts.ts'

/** Lets only requests with a valid bearer token through. The tenant comes from the token and from nowhere else. */
export const authenticate = (identity: Pick<Identity, 'authenticate'>) =>
  createMiddleware<ConsoleEnv>(async (c, next) => {
    const token = /^Bearer ([\w.-]{1,4096})$/i.exec(c.req.header('Authorization') ?? '')?.[1]
    const session = token === undefined ? undefined : await identity.authenticate(token)
    if (!session) throw new ApiError('unauthenticated', 'UNAUTHENTICATED', 'This needs a valid access token: Authorization: Bearer …')
    c.set('session', session)
    await next()
  })
