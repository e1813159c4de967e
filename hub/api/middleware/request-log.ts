import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import ipaddr from 'ipaddr.js'
import type { Logger } from '../../../shared/log.ts'
import type { HttpMetrics } from '../metrics.ts'
import type { ConsoleEnv } from '../parts.ts'

/**
 * Gives each request an id and its caller's address, and writes one line when it is answered. The line has the path without its query:
 * a WebSocket's token and what people search for stand there.
 */
export const requestLog = (log: Logger, metrics: HttpMetrics, trustedProxies: readonly string[]) =>
  createMiddleware<ConsoleEnv>(async (c, next) => {
    const began = performance.now()
    c.set('requestId', randomUUID())
    c.set('address', callerOf(c.env.incoming?.socket.remoteAddress ?? '', c.req.header('X-Forwarded-For'), trustedProxies))
    c.header('X-Request-Id', c.var.requestId)
    await next()
    const ms = performance.now() - began
    metrics.answered(c.req.method, c.res.status, ms)
    const line = { requestId: c.var.requestId, method: c.req.method, path: c.req.path, status: c.res.status, ms: Math.round(ms * 10) / 10 }
    log.debug(line, 'request')
  })

/**
 * Who calls: the peer, or where that is a trusted proxy, the last address of `X-Forwarded-For` that is none. What stands before it was written by the
 * caller, who may write anything.
 * @param trusted - addresses and networks in CIDR form
 */
export function callerOf(peer: string, forwardedFor: string | undefined, trusted: readonly string[]): string {
  const isTrusted = (address: string): boolean => {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return trusted.some((each) => {
      const [network, bits] = each.includes('/') ? ipaddr.parseCIDR(each) : [ipaddr.process(each), ipaddr.process(each).kind() === 'ipv4' ? 32 : 128]
      return parsed.kind() === network.kind() && parsed.match(network, bits)
    })
  }
  let caller = peer
  for (const hop of forwardedFor?.split(',').reverse() ?? []) {
    if (!isTrusted(caller) || !ipaddr.isValid(hop.trim())) break
    caller = hop.trim()
  }
  return caller
}

/** What the sign-in limit counts by: an IPv4 address, or the /64 of an IPv6 one, which is what one household has. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed instanceof ipaddr.IPv6 ? `${parsed.parts.slice(0, 4).join(':')}/64` : parsed.toString()
}

export const isLoopback = (address: string): boolean => ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
