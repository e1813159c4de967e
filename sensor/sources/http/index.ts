import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { HttpConfig } from '../../../shared/connectors/http.ts'
import { messageOf } from '../../../shared/errors.ts'
import type { ConnectorCheck } from '../../check.ts'
import type { Source } from '../../source.ts'
import { createFault } from '../until-stopped.ts'
import { createHandler } from './handler.ts'

const MAX_CONNECTIONS = 1_000
const STOP_MS = 5_000

/** HTTP push: Splunk HEC, and lines. A reply says that the events are on this sensor's disk. */
export const httpSource: Source<HttpConfig> = {
  kind: 'http',
  async run(context) {
    const startedAtMs = performance.now()
    const handle = createHandler(context)
    const fault = createFault()
    const inFlight = new Set<Promise<void>>()
    const server = createListener(context.config, (request, response) => {
      const answered = handle(request, response)
        .catch((error: unknown) => {
          response.destroy()
          fault.raise(error)
        })
        .finally(() => inFlight.delete(answered))
      inFlight.add(answered)
    })
    const port = await listen(server, context.config)
    // A connection that could not be accepted (no descriptors left): the others go on.
    server.on('error', () => context.rejected(1))
    const address = `${context.config.tls_key ? 'https' : 'http'} ${context.config.bind}:${port}`
    context.report({ type: 'connectivity', status: 'pass', message: `listening on ${address}`, latencyMs: performance.now() - startedAtMs })
    context.report({ type: 'authentication', status: 'pass', message: 'clients must present the token' })
    try {
      await fault.untilStopped(context.signal)
    } finally {
      // Requests under way are answered; idle connections are closed.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const deadline = setTimeout(() => server.closeAllConnections(), STOP_MS)
      await Promise.all([...inFlight])
      server.closeIdleConnections()
      await closed
      clearTimeout(deadline)
    }
  },
  async test(config) {
    const startedAtMs = performance.now()
    const server = createListenerOrError(config)
    const token: ConnectorCheck = { type: 'authentication', status: 'pass', message: 'a token is set' }
    if (server instanceof Error) {
      const certificate: ConnectorCheck = { type: 'authentication', status: 'fail', message: `the TLS certificate cannot be used: ${server.message}` }
      return [{ type: 'connectivity', status: 'unknown', message: 'not tried without a certificate' }, certificate]
    }
    try {
      const port = await listen(server, config)
      const latencyMs = performance.now() - startedAtMs
      return [{ type: 'connectivity', status: 'pass', message: `can listen on ${config.bind}:${port}`, latencyMs }, token]
    } catch (error) {
      return [{ type: 'connectivity', status: 'fail', message: messageOf(error), latencyMs: performance.now() - startedAtMs }, token]
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  },
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

const createListener = (config: HttpConfig, onRequest: Listener): Server => {
  const limits = {
    maxHeaderSize: 16_384,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
  }
  const server: Server =
    config.tls_certificate && config.tls_key
      ? createTlsServer({ ...limits, cert: config.tls_certificate, key: config.tls_key, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, onRequest)
      : createServer(limits, onRequest)
  server.maxConnections = MAX_CONNECTIONS
  server.maxRequestsPerSocket = 0
  return server
}

const createListenerOrError = (config: HttpConfig): Server | Error => {
  try {
    return createListener(config, (_, response) => response.writeHead(503).end())
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}

const listen = async (server: Server, config: HttpConfig): Promise<number> => {
  server.listen(config.port, config.bind)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : config.port
}
