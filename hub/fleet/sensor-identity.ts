import { X509Certificate } from 'node:crypto'
import { ExpectedError } from '../../shared/errors.ts'
import type { EnrollmentStore } from './ports.ts'

/** Who speaks on a connection: read from a verified certificate, never from a message. */
export interface SensorIdentity {
  readonly tenantId: string
  readonly sensorId: string
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string
  readonly notAfter: Date
}

export type RefusalKind = 'UNKNOWN' | 'REVOKED' | 'EXPIRED' | 'CLOCK_SKEW' | 'DUPLICATE' | 'BAD_BATCH'

/** A sensor that is not let in, or a stream that is ended. `reason` travels to the sensor as `Refusal.kind`. */
export class SensorRefused extends ExpectedError {
  readonly code = 'SENSOR_REFUSED'
  readonly kind = 'denied'
  constructor(
    readonly reason: RefusalKind,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options)
  }
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
/** The subject alternative name as Node prints it. It must be the only one. */
const SENSOR_NAME = new RegExp(`^URI:spiffe://picket/t/(${UUID})/s/(${UUID})$`)

/**
 * What a client certificate proves. Signature first, then purpose and name, then time, so that a stranger learns nothing
 * but UNKNOWN.
 *
 * @param raw - DER of the peer's certificate; undefined when it sent none
 * @param authorities - the CAs in force, a set, so that one can be replaced with overlap
 * @throws {SensorRefused} UNKNOWN, EXPIRED, or CLOCK_SKEW where the certificate is not valid yet: one of the two clocks is wrong
 */
export function identifyCertificate(raw: Uint8Array | undefined, authorities: readonly X509Certificate[], now: Date): SensorIdentity {
  if (!raw || raw.length === 0) throw new SensorRefused('UNKNOWN', 'a client certificate is needed here')
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(raw)
  } catch (cause) {
    throw new SensorRefused('UNKNOWN', 'the client certificate cannot be read', { cause })
  }
  if (!authorities.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey)))
    throw new SensorRefused('UNKNOWN', 'the client certificate was not issued by this hub')
  const names = SENSOR_NAME.exec(certificate.subjectAltName ?? '')
  const [, tenantId, sensorId] = names ?? []
  if (certificate.ca || !certificate.keyUsage?.includes(CLIENT_AUTH) || !tenantId || !sensorId)
    throw new SensorRefused('UNKNOWN', 'the client certificate is not a sensor certificate')

  const notBefore = new Date(certificate.validFrom)
  const notAfter = new Date(certificate.validTo)
  if (now < notBefore)
    throw new SensorRefused('CLOCK_SKEW', `the certificate is valid from ${notBefore.toISOString()}, the hub's clock says ${now.toISOString()}`)
  if (now >= notAfter)
    throw new SensorRefused('EXPIRED', `the certificate ended at ${notAfter.toISOString()}, the hub's clock says ${now.toISOString()}`)
  return { tenantId, sensorId, fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(), notAfter }
}

/**
 * Confirms a verified certificate against what the hub has on file.
 * @throws {SensorRefused} UNKNOWN, REVOKED
 */
export async function confirmSensor(store: EnrollmentStore, identity: SensorIdentity): Promise<void> {
  const sensor = await store.findSensor(identity.sensorId)
  // A deleted sensor, or a certificate whose two names do not belong together.
  if (sensor?.tenantId !== identity.tenantId) throw new SensorRefused('UNKNOWN', 'this sensor is not known here')
  if (sensor.revokedAt) throw new SensorRefused('REVOKED', `this sensor was revoked at ${sensor.revokedAt.toISOString()}`)
}
