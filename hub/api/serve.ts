import { once } from 'node:events'
import { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { type AppOptions, createApp } from './app.ts'
import { attachLiveSocket, type LiveSocketOptions } from './live-socket.ts'

export interface ServeOptions extends AppOptions {
  readonly live: LiveSocketOptions['live']
  /** 0 takes a free one. */
  readonly port: number
  readonly host: string
  readonly metricsMs?: number | undefined
}

/** How long answers under way may take when the hub stops. */
const GRACE_MS = 5_000

/** Serves the API, the console and the WebSocket. @throws where the port is taken */
export async function serveHttp({ live, port, host, metricsMs, ...options }: ServeOptions): Promise<{ port: number; close(): Promise<void> }> {
  const { parts, metrics } = options
  const app = createApp(options)
  const server = createAdaptorServer({ fetch: app.fetch })
  if (!(server instanceof Server)) throw new Error('expected an HTTP/1.1 server')
  const socket = attachLiveSocket(server, {
    identity: parts.identity,
    live,
    meter: parts.meter,
    metrics,
    now: parts.now,
    log: parts.log,
    publicUrl: parts.site.publicUrl,
    metricsMs,
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the HTTP server has no port')

  return {
    port: address.port,
    async close() {
      socket.close()
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      await closed
      clearTimeout(cut)
    },
  }
}
