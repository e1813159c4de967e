import type { picket } from '../../shared/wire/generated/picket.js'
import type { RefusalKind, SensorIdentity } from './sensor-identity.ts'

/** One sensor's open stream, as the fleet uses it. */
export interface SensorLink {
  send(message: picket.v1.HubMessage.$Properties): void
  /** Says why, then ends the stream. */
  end(reason: RefusalKind, detail: string): void
}

/** What the fleet takes from a sensor's stream. Nothing here throws for what a sensor says: bad input is counted. */
export interface Attachment {
  /** Host facts are kept and a pack is offered where the sensor runs another one. */
  hello(hello: picket.v1.Hello.$Properties): void
  heartbeat(heartbeat: picket.v1.Heartbeat.$Properties): void
  packStatus(status: picket.v1.PackStatus.$Properties): void
  commandResult(result: picket.v1.CommandResult.$Properties): void
  /** Anything was heard: the connection lives. */
  heard(): void
  /** Reads which connectors the tenant has; to be awaited before events are taken. @throws what the database throws */
  loadConnectors(): Promise<void>
  /** Whether the tenant has, or since the hub's start had, a connector of that id. */
  knowsConnector(connectorId: string): boolean
  detach(): void
}

/** The fleet as `hub/ingest` sees it. */
export interface SensorGate {
  /**
   * Who a client certificate names, confirmed against what the hub has on file.
   * @throws {SensorRefused} UNKNOWN, EXPIRED, CLOCK_SKEW, REVOKED
   */
  identify(certificate: Uint8Array | undefined): Promise<SensorIdentity>
  /** @throws {SensorRefused} UNKNOWN, REVOKED, EXPIRED: an open stream is asked again from time to time */
  confirm(identity: SensorIdentity): Promise<void>
  /**
   * Takes a stream in. One stream per sensor: the newest wins, because a sensor that reconnects may have left a dead stream behind;
   * where two that are both alive keep ousting each other, the identity has been copied and newcomers are refused.
   * @throws {SensorRefused} DUPLICATE
   */
  attach(identity: SensorIdentity, link: SensorLink): Attachment
  /** @throws {EnrollmentRefused | BadCertificateRequest} */
  enroll(request: picket.v1.EnrollRequest.$Properties): Promise<picket.v1.EnrollResponse.$Properties>
  /** @throws {BadCertificateRequest} */
  renew(identity: SensorIdentity, request: picket.v1.RenewRequest.$Properties): Promise<picket.v1.EnrollResponse.$Properties>
}
