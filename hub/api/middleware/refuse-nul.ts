import { createMiddleware } from 'hono/factory'
import { ApiError } from '../errors.ts'
import type { ConsoleEnv } from '../parts.ts'

/** A NUL written as JSON writes it, and not a backslash that happens to stand before `u0000`. */
const NUL_IN_JSON = /(?<!\\)(?:\\\\)*\\u0000/

/** PostgreSQL's text and jsonb take every character but NUL; nothing a person means to say has one. */
export const refuseNul = createMiddleware<ConsoleEnv>(async (c, next) => {
  const hasBody = c.req.header('Content-Type')?.includes('json') ?? false
  if (/%00/.test(c.req.url) || (hasBody && NUL_IN_JSON.test(await c.req.text())))
    throw new ApiError('invalid', 'INVALID_CHARACTER', 'Text may not contain the NUL character.')
  await next()
})
