import { randomUUID } from 'node:crypto'
import { ExpectedError } from '../../shared/errors.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import type { Authority, SensorCertificate } from './authority.ts'
import { hashEnrollmentToken, looksLikeEnrollmentToken } from './enrollment-token.ts'
import type { EnrollmentStore, FleetStore } from './ports.ts'
import type { SensorIdentity } from './sensor-identity.ts'

/** One answer for unknown, used and expired tokens: a guesser learns nothing. */
export class EnrollmentRefused extends ExpectedError {
  readonly code = 'ENROLLMENT_REFUSED'
  readonly kind = 'unauthenticated'
}

export interface EnrollmentParts {
  readonly authority: Authority
  readonly enrollment: EnrollmentStore
  readonly store: FleetStore
  readonly clock: () => Date
}

/**
 * Spends the token and issues the sensor's first certificate. The request is checked before the token is spent, so that a broken sensor
 * does not burn it.
 *
 * @throws {EnrollmentRefused} unknown, used or expired token
 * @throws {BadCertificateRequest}
 */
export async function enrollSensor(
  { authority, enrollment, store, clock }: EnrollmentParts,
  request: picket.v1.EnrollRequest.$Properties,
): Promise<{ response: picket.v1.EnrollResponse.$Properties; tenantId: string; sensorId: string }> {
  const token = request.token ?? ''
  if (!looksLikeEnrollmentToken(token)) throw new EnrollmentRefused('the enrolment token is unknown, used or expired')
  const csr = request.csr ?? new Uint8Array()
  await authority.checkCertificateRequest(csr)
  const now = clock()
  const spent = await enrollment.spendToken(hashEnrollmentToken(token), now)
  if (!spent) throw new EnrollmentRefused('the enrolment token is unknown, used or expired')

  const sensorId = randomUUID()
  const { tenantId, tokenId } = spent
  const host = hostFacts(request.host)
  const certificate = await authority.issueSensorCertificate({ csr, tenantId, sensorId, now })
  await store.addSensor(
    { tenantId },
    {
      id: sensorId,
      name: spent.name || host.hostname || sensorId,
      ...host,
      fingerprint: certificate.fingerprint,
      notAfter: certificate.notAfter,
      tokenId,
    },
  )
  return { response: toResponse(authority, sensorId, certificate), tenantId, sensorId }
}

/** A new certificate for a sensor that has proved itself with the one about to end. @throws {BadCertificateRequest} */
export async function renewSensor(
  { authority, store, clock }: EnrollmentParts,
  { tenantId, sensorId }: SensorIdentity,
  request: picket.v1.RenewRequest.$Properties,
): Promise<picket.v1.EnrollResponse.$Properties> {
  const certificate = await authority.issueSensorCertificate({ csr: request.csr ?? new Uint8Array(), tenantId, sensorId, now: clock() })
  await store.setCertificate({ tenantId }, sensorId, certificate.fingerprint, certificate.notAfter)
  return toResponse(authority, sensorId, certificate)
}

const toResponse = (authority: Authority, sensorId: string, { pem, notAfter }: SensorCertificate): picket.v1.EnrollResponse.$Properties => ({
  certificatePem: pem,
  caPem: authority.caPem,
  sensorId,
  packKeysPem: [authority.packPublicPem],
  notAfterMs: notAfter.getTime(),
})

/** What a sensor says of its host, cut to what a column may hold; PostgreSQL takes no NUL. */
export function hostFacts(host: picket.v1.HostInfo.$Properties | null | undefined) {
  const text = (value: string | null | undefined, limit: number) => (value ?? '').replaceAll('\0', '').slice(0, limit)
  return {
    hostname: text(host?.hostname, 255),
    os: text(host?.os, 100),
    arch: text(host?.arch, 50),
    version: text(host?.sensorVersion, 50),
    addresses: (host?.addresses ?? []).slice(0, 32).map((address) => text(address, 64)),
  }
}
