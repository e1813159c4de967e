import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { SECOND_MS } from '../../shared/durations.ts'
import type { ServerCertificate } from '../fleet/authority.ts'

/** Connections in all; a file descriptor each. */
const MOST_CONNECTIONS = 8_000
/** Connections without a sensor certificate: enrolments, health checks, strangers. They can never crowd out sensors. */
const MOST_STRANGERS = 512
const MOST_STRANGERS_PER_ADDRESS = 64
const HANDSHAKE_TIMEOUT_MS = 10 * SECOND_MS
/** A stranger that says nothing for so long is let go. */
const STRANGER_IDLE_MS = 60 * SECOND_MS

export interface TlsListenerOptions {
  readonly host: string
  readonly port: number
  readonly caPem: string
  readonly certificate: ServerCertificate
  /** Whether a peer certificate (DER) was issued by this hub; bounds only, calls are judged one by one. */
  readonly isSensor: (certificate: Uint8Array) => boolean
  readonly onConnection: (socket: TLSSocket) => void
}

export interface TlsListener {
  readonly port: number
  /** DER of the certificate the peer at this address (`ip:port`) showed; undefined when it showed none. */
  peerCertificate(peer: string): Uint8Array | undefined
  /** New connections see this certificate; open ones go on. */
  setCertificate(certificate: ServerCertificate): void
  close(): Promise<void>
}

/**
 * Takes TLS connections for the gRPC server. TLS is ended here and not in grpc-js because a client certificate is to be asked for and not demanded (an
 * enrolling sensor has none yet, on the same port), and because grpc-js hides a certificate that OpenSSL does not accept, so that an expired one could not be
 * told from a stranger's. Every call checks the certificate itself; see `identifyCertificate`.
 */
export async function listenTls(options: TlsListenerOptions): Promise<TlsListener> {
  const peers = new Map<string, Uint8Array>()
  const strangers = new Map<string, number>()
  let strangerCount = 0

  const context = ({ certificatePem, keyPem }: ServerCertificate) => ({
    // The CA goes along: an enrolling sensor knows it by its fingerprint.
    cert: certificatePem + options.caPem,
    key: keyPem,
    ca: options.caPem,
    minVersion: 'TLSv1.3' as const,
  })

  const server = createServer({
    ...context(options.certificate),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  })
  server.maxConnections = MOST_CONNECTIONS

  server.on('secureConnection', (socket) => {
    const { remoteAddress, remotePort } = socket
    socket.on('error', () => socket.destroy())
    if (!remoteAddress || socket.alpnProtocol !== 'h2') return socket.destroy()
    const peer = `${remoteAddress}:${remotePort}`
    const certificate: Uint8Array | undefined = socket.getPeerCertificate().raw
    if (certificate) peers.set(peer, certificate)
    socket.once('close', () => peers.delete(peer))
    if (!certificate || !options.isSensor(certificate)) {
      const fromThere = strangers.get(remoteAddress) ?? 0
      if (strangerCount >= MOST_STRANGERS || fromThere >= MOST_STRANGERS_PER_ADDRESS) return socket.destroy()
      strangerCount += 1
      strangers.set(remoteAddress, fromThere + 1)
      socket.setTimeout(STRANGER_IDLE_MS, () => socket.destroy())
      socket.once('close', () => {
        strangerCount -= 1
        const left = (strangers.get(remoteAddress) ?? 1) - 1
        if (left === 0) strangers.delete(remoteAddress)
        else strangers.set(remoteAddress, left)
      })
    }
    socket.setNoDelay(true)
    options.onConnection(socket)
  })
  // A handshake that fails is the peer's affair.
  server.on('tlsClientError', (_error, socket) => socket.destroy())

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })

  return {
    port: (server.address() as AddressInfo).port,
    peerCertificate: (peer) => peers.get(peer),
    setCertificate: (certificate) => server.setSecureContext(context(certificate)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
