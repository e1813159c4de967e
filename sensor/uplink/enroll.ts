import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { type ServiceError, status } from '@grpc/grpc-js'
import { ExpectedError } from '../../shared/errors.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { enrollmentService } from '../../shared/wire/service.ts'
import { openChannel } from './channel.ts'
import { createCertificateRequest } from './csr.ts'
import { fetchHubAuthority, HubUnreachable } from './hub-authority.ts'
import type { Identity } from './identity.ts'

const DEADLINE_MS = 20_000

export class BadEnrollmentToken extends ExpectedError {
  readonly code = 'bad_token'
  readonly kind = 'invalid'
}

export class EnrollmentRefused extends ExpectedError {
  readonly code = 'enrollment_refused'
  readonly kind = 'denied'
}

export class BadHubAddress extends ExpectedError {
  readonly code = 'bad_hub_address'
  readonly kind = 'invalid'
}

/** Reads `host:port`, `host` (port 8443) or `[::1]:8443`. @throws {BadHubAddress} */
export function parseHubAddress(text: string): { host: string; port: number; text: string } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? 8443)
  if (!host || port < 1 || port > 65_535) throw new BadHubAddress(`"${text}" is not a hub address; write HOST:PORT, such as hub.example.com:8443`)
  return { host, port, text: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}` }
}

export interface EnrollRequest {
  readonly hubAddress: string
  /** `pkt1.<secret>.<SHA-256 of the hub CA's DER>`, both base64url. */
  readonly token: string
  readonly host: picket.v1.HostInfo.$Properties
}

/**
 * Spends a one-time token: the key pair is made here, the hub signs a certificate for it.
 *
 * @throws {BadHubAddress}
 * @throws {BadEnrollmentToken} not a token at all; nothing was sent
 * @throws {WrongHub} the server is not the one that made the token; nothing was sent
 * @throws {EnrollmentRefused} unknown, used or expired token, in the hub's words
 * @throws {HubUnreachable}
 */
export async function enroll({ hubAddress, token, host }: EnrollRequest): Promise<Identity> {
  const address = parseHubAddress(hubAddress)
  const caPem = await fetchHubAuthority(address, fingerprintOf(token))
  const { csr, keyPem } = makeCertificateRequest()
  const response = await new Promise<picket.v1.EnrollResponse.$Properties>((resolve, reject) => {
    const client = openChannel(address.text, { caPem })
    const { path, requestSerialize, responseDeserialize } = enrollmentService.enroll
    const options = { deadline: Date.now() + DEADLINE_MS }
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { token, csr, host }, options, (error, answer) => {
      client.close()
      if (answer) resolve(answer)
      else reject(refusalOf(error, address.text))
    })
  })
  return checkIssued({
    sensorId: response.sensorId ?? '',
    hubAddress: address.text,
    keyPem,
    certificatePem: response.certificatePem ?? '',
    caPem: response.caPem || caPem,
    packKeysPem: response.packKeysPem ?? [],
  })
}

/** A new P-256 key pair, and the request for its certificate. */
export function makeCertificateRequest(): { csr: Buffer; keyPem: string } {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    csr: createCertificateRequest(keys, 'picket-sensor'),
    keyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/**
 * An identity the hub just issued, once it is certain to work: written over a working one it must not be half a pair.
 * @throws {EnrollmentRefused} the certificate is for another key, or something is missing
 */
export function checkIssued(identity: Identity): Identity {
  try {
    const certificate = new X509Certificate(identity.certificatePem)
    const ourKey = createPublicKey(identity.keyPem).export({ type: 'spki', format: 'der' })
    if (!identity.sensorId || !certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(ourKey)) {
      throw new EnrollmentRefused('the hub answered with a certificate for another key')
    }
    new X509Certificate(identity.caPem)
    return identity
  } catch (cause) {
    if (cause instanceof EnrollmentRefused) throw cause
    throw new EnrollmentRefused('the hub answered with a certificate that cannot be read', { cause })
  }
}

function fingerprintOf(token: string): Buffer {
  const match = /^pkt1\.[\w-]{43}\.([\w-]{43})$/.exec(token)
  if (!match?.[1]) throw new BadEnrollmentToken('this is not an enrolment token; a token starts with "pkt1." and has three parts, copy it whole')
  return Buffer.from(match[1], 'base64url')
}

/** What a failed call means, in words for whoever installs the sensor. */
function refusalOf(error: ServiceError | null, address: string): ExpectedError {
  const detail = error?.details || 'no reason given'
  switch (error?.code) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
      return new HubUnreachable(`cannot reach the hub at ${address}: ${detail}`, { cause: error })
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.NOT_FOUND:
      return new EnrollmentRefused(
        `the hub refused the token (${detail}); a token works once and for a limited time, make a new one in the console under Sensors`,
        {
          cause: error,
        },
      )
    default:
      return new EnrollmentRefused(`the hub could not enrol this sensor: ${detail}`, { cause: error ?? undefined })
  }
}
