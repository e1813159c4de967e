import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { createSecureContext, createServer as createTlsServer } from 'node:tls'
import type { SyslogConfig } from '../../../shared/connectors/syslog.ts'
import { messageOf } from '../../../shared/errors.ts'
import type { ConnectorCheck } from '../../check.ts'
import type { Source, SourceContext } from '../../source.ts'
import { createFault } from '../until-stopped.ts'
import { readDatagrams } from './datagrams.ts'
import { readStreams } from './streams.ts'

const RECEIVE_BUFFER_BYTES = 8_388_608

/**
 * Syslog over UDP, TCP and TLS. Plain syslog has no acknowledgement: what a peer sent and this process had not read when it died is
 * lost, as it is for every receiver. What was read is stored before more is read.
 */
export const syslogSource: Source<SyslogConfig> = {
  kind: 'syslog',
  async run(context) {
    const startedAtMs = performance.now()
    const stops: (() => Promise<void>)[] = []
    const names: string[] = []
    const fault = createFault()
    try {
      await bindAll(context.config, (bound) => {
        names.push(bound.name)
        stops.push(read(bound, context, fault.raise))
      })
      const latencyMs = performance.now() - startedAtMs
      context.report({ type: 'connectivity', status: 'pass', message: `listening on ${names.join(', ')}`, latencyMs })
      context.report(authentication(context.config))
      await fault.untilStopped(context.signal)
    } finally {
      await Promise.all(stops.map((stop) => stop()))
    }
  },
  async test(config) {
    const startedAtMs = performance.now()
    const bound: Bound[] = []
    const answer = (status: 'pass' | 'fail', message: string): ConnectorCheck[] => [
      { type: 'connectivity', status, message, latencyMs: performance.now() - startedAtMs },
      authentication(config),
    ]
    try {
      await bindAll(config, (each) => bound.push(each))
      return answer('pass', `can listen on ${bound.map((each) => each.name).join(', ')}`)
    } catch (error) {
      return answer('fail', messageOf(error))
    } finally {
      await Promise.all(bound.map(({ listener }) => new Promise<void>((resolve) => listener.close(() => resolve()))))
    }
  },
}

type Bound = { readonly name: string } & (
  | { readonly transport: 'udp'; readonly listener: Socket }
  | { readonly transport: 'tcp' | 'tls'; readonly listener: Server }
)

const read = (bound: Bound, context: SourceContext<SyslogConfig>, onFault: (error: unknown) => void): (() => Promise<void>) => {
  if (bound.transport === 'udp') return readDatagrams(bound.listener, context, onFault)
  bound.listener.on('tlsClientError', () => context.rejected(1))
  return readStreams(bound.listener, bound.transport === 'tls' ? 'secureConnection' : 'connection', context, onFault)
}

/**
 * Listens on every port of the config. `onBound` is called as soon as each listens, before anything can have arrived, and from then on owns
 * it, also where a later port fails.
 */
const bindAll = async (config: SyslogConfig, onBound: (bound: Bound) => void): Promise<void> => {
  if (config.udp_port !== undefined) {
    const listener = createSocket({ type: config.bind.includes(':') ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
    try {
      listener.bind(config.udp_port, config.bind)
      await once(listener, 'listening')
    } catch (error) {
      listener.close()
      throw error
    }
    onBound({ name: `udp ${config.bind}:${listener.address().port}`, transport: 'udp', listener })
  }
  if (config.tcp_port !== undefined) {
    const listener = createServer({ allowHalfOpen: true })
    onBound({ name: `tcp ${config.bind}:${await bindServer(listener, config.tcp_port, config)}`, transport: 'tcp', listener })
  }
  if (config.tls_port !== undefined) {
    const clientCa = config.tls_client_ca
    const listener = createTlsServer({
      cert: config.tls_certificate,
      key: config.tls_key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
      allowHalfOpen: true,
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
    })
    onBound({ name: `tls ${config.bind}:${await bindServer(listener, config.tls_port, config)}`, transport: 'tls', listener })
  }
}

const bindServer = async (server: Server, port: number, config: SyslogConfig): Promise<number> => {
  // Connections still shaking hands count here; those that are read are bounded by their reader.
  server.maxConnections = config.max_connections * 2
  server.listen(port, config.bind)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

const authentication = ({ tls_port, tls_certificate, tls_key, tls_client_ca }: SyslogConfig): ConnectorCheck => {
  if (tls_port === undefined)
    return { type: 'authentication', status: 'pass', message: 'syslog without TLS has no authentication: any peer that can reach it may send' }
  const startedAtMs = performance.now()
  try {
    createSecureContext({ cert: tls_certificate, key: tls_key, ...(tls_client_ca === undefined ? {} : { ca: tls_client_ca }) })
  } catch (error) {
    return { type: 'authentication', status: 'fail', message: `the TLS certificate cannot be used: ${messageOf(error)}` }
  }
  const message =
    tls_client_ca === undefined ? 'the certificate loads; any client may connect' : 'the certificate loads; clients need one of the given CA'
  return { type: 'authentication', status: 'pass', message, latencyMs: performance.now() - startedAtMs }
}
