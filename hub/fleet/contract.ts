import { ExpectedError } from '../../shared/errors.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { ConnectorCheck } from './ports.ts'

/** What the rest of the hub asks of the fleet. */
export interface Fleet {
  /** @returns the token in clear: shown once, only its hash is kept */
  createEnrollmentToken(
    tenant: TenantContext,
    request: { name: string; validForMs: number; createdBy: string },
  ): Promise<{ id: string; token: string; expiresAt: Date }>
  isConnected(sensorId: string): boolean
  /**
   * Has the sensor try a source's settings; nothing is kept. Bounded to 15 s.
   * @throws {SensorOffline} kind `unavailable`
   */
  testSource(
    tenant: TenantContext,
    sensorId: string,
    source: { connectorId: string; kind: string; config: object },
  ): Promise<readonly ConnectorCheck[]>
  /** Connectors, filters or rule settings of the tenant changed: builds the packs anew and offers those that differ to connected sensors. */
  configurationChanged(tenant: TenantContext): Promise<void>
  /** Ends the sensor's stream and refuses its certificate from now on. */
  revoke(tenant: TenantContext, sensorId: string): Promise<boolean>
}

export class SensorOffline extends ExpectedError {
  readonly code = 'SENSOR_OFFLINE'
  readonly kind = 'unavailable'
}
