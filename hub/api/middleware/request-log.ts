import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import ipaddr from 'ipaddr.js'
import type { Logger } from '../../../shared/log.ts'
import type { HttpMetrics } from '../metrics.ts'
import type { ConsoleEnv } from '../parts.ts'

/**
 * Gives each request an id and the peer's address, and writes one line when it is answered. The line has the path without its query:
 * a WebSocket's token and what people search for stand there.
 */
export const requestLog = (log: Logger, metrics: HttpMetrics) =>
  createMiddleware<ConsoleEnv>(async (c, next) => {
    const began = performance.now()
    c.set('requestId', randomUUID())
    c.set('address', c.env.incoming?.socket.remoteAddress ?? '')
    c.header('X-Request-Id', c.var.requestId)
    await next()
    const ms = performance.now() - began
    metrics.answered(c.req.method, c.res.status, ms)
    const line = { requestId: c.var.requestId, method: c.req.method, path: c.req.path, status: c.res.status, ms: Math.round(ms * 10) / 10 }
    log.debug(line, 'request')
  })

/** What the sign-in limit counts by: an IPv4 address, or the /64 of an IPv6 one, which is what one household has. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? `${parsed.parts.slice(0, 4).join(':')}/64` : parsed.toString()
}

export const isLoopback = (address: string): boolean => ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
