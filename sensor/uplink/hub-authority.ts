import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { ExpectedError, messageOf } from '../../shared/errors.ts'
import { HUB_SERVER_NAME } from '../../shared/wire/limits.ts'

const TIMEOUT_MS = 10_000
/** A hub shows its certificate and its CA; a longer chain is looked at no further than this. */
const CHAIN_LIMIT = 8

export class HubUnreachable extends ExpectedError {
  readonly code = 'hub_unreachable'
  readonly kind = 'unavailable'
}

/** Something answers, but it is not the hub that made the token. Nothing was sent to it. */
export class WrongHub extends ExpectedError {
  readonly code = 'wrong_hub'
  readonly kind = 'denied'
}

/**
 * Fetches the hub's CA certificate and checks it against the fingerprint inside the enrolment token, so that the first contact needs no trust.
 * Nothing but a TLS handshake is sent. The caller then dials again with this CA as the only root, which proves that the server's own
 * certificate was issued by it.
 *
 * @param fingerprint - SHA-256 of the CA certificate's DER
 * @returns the CA certificate, PEM
 * @throws {HubUnreachable}
 * @throws {WrongHub}
 */
export async function fetchHubAuthority(address: { host: string; port: number }, fingerprint: Uint8Array): Promise<string> {
  const chain = await presentedChain(address)
  const found = chain.find((der) => {
    const digest = createHash('sha256').update(der).digest()
    return digest.length === fingerprint.length && timingSafeEqual(digest, fingerprint)
  })
  if (!found) {
    throw new WrongHub(
      `the server at ${address.host}:${address.port} is not the hub this token was made for (its CA fingerprint differs); check the address, or that nothing intercepts TLS in between`,
    )
  }
  return new X509Certificate(found).toString()
}

function presentedChain({ host, port }: { host: string; port: number }): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    // The chain is checked by its fingerprint, before anything is said to the server.
    const socket = connect({ host, port, servername: HUB_SERVER_NAME, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    const fail = (reason: string, cause?: Error) => {
      socket.destroy()
      reject(new HubUnreachable(`cannot reach the hub at ${host}:${port}: ${reason}`, { cause }))
    }
    socket.setTimeout(TIMEOUT_MS, () => fail(`no answer within ${TIMEOUT_MS / 1_000} s`))
    socket.once('error', (error) => fail(messageOf(error), error))
    socket.once('secureConnect', () => {
      const chain = chainOf(socket.getPeerCertificate(true))
      socket.destroy()
      resolve(chain)
    })
  })
}

function chainOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = []
  let current: DetailedPeerCertificate | undefined = leaf
  while (current?.raw && chain.length < CHAIN_LIMIT) {
    chain.push(current.raw)
    // A self-signed certificate is its own issuer.
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate
  }
  return chain
}
