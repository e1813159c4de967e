import type { ConnectorConfig } from '../../shared/connectors/contract.ts'
import type { TenantContext } from '../identity/ports.ts'

/** A sensor as the hub knows it. Live figures come from its last heartbeat and are absent before the first. */
export interface Sensor {
  readonly id: string
  readonly name: string
  readonly hostname?: string | undefined
  readonly os?: string | undefined
  readonly arch?: string | undefined
  readonly version?: string | undefined
  readonly addresses: readonly string[]
  readonly enrolledAt: Date
  readonly lastSeenAt?: Date | undefined
  readonly revokedAt?: Date | undefined
  readonly certificateNotAfter?: Date | undefined
  /** SHA-256 of the current certificate, hex. */
  readonly certificateFingerprint?: string | undefined
  readonly pack: {
    readonly runningVersion?: number | undefined
    readonly offeredVersion?: number | undefined
    readonly state?: 'active' | 'refused' | 'pending' | undefined
    readonly reason?: string | undefined
    readonly detail?: string | undefined
    readonly reportedAt?: Date | undefined
  }
  /** The last heartbeat, as plain JSON of proto Heartbeat. */
  readonly heartbeat?: { readonly [key: string]: unknown } | undefined
}

export interface EnrollmentToken {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly usedAt?: Date | undefined
}

/** Enrolment happens before a tenant is known: a token's hash leads to the tenant. In plain sight, apart from FleetStore. */
export interface EnrollmentStore {
  /**
   * Spends the token in one statement: of 50 at once, one wins. Undefined for an unknown, used or expired token.
   * @param tokenHash - SHA-256 of the token, hex; the token itself is never stored
   */
  spendToken(tokenHash: string, now: Date): Promise<{ tenantId: string; tokenId: string; name: string } | undefined>
  /** The tenant and state of the sensor a verified certificate names; undefined when unknown. */
  findSensor(sensorId: string): Promise<{ tenantId: string; revokedAt?: Date | undefined } | undefined>
}

export interface FleetStore {
  createToken(tenant: TenantContext, token: { tokenHash: string; name: string; expiresAt: Date; createdBy: string }): Promise<EnrollmentToken>
  addSensor(
    tenant: TenantContext,
    sensor: {
      id: string
      name: string
      hostname: string
      os: string
      arch: string
      version: string
      addresses: readonly string[]
      fingerprint: string
      notAfter: Date
      tokenId: string
    },
  ): Promise<Sensor>
  list(tenant: TenantContext): Promise<Sensor[]>
  get(tenant: TenantContext, sensorId: string): Promise<Sensor | undefined>
  rename(tenant: TenantContext, sensorId: string, name: string): Promise<Sensor | undefined>
  revoke(tenant: TenantContext, sensorId: string, at: Date): Promise<boolean>
  setCertificate(tenant: TenantContext, sensorId: string, fingerprint: string, notAfter: Date): Promise<void>
  seen(
    tenant: TenantContext,
    sensorId: string,
    report: { at: Date; host?: { hostname: string; os: string; arch: string; version: string; addresses: readonly string[] }; heartbeat?: object },
  ): Promise<void>
  packReport(
    tenant: TenantContext,
    sensorId: string,
    report: {
      at: Date
      offeredVersion?: number
      runningVersion?: number
      state?: 'active' | 'refused' | 'pending'
      reason?: string
      detail?: string
    },
  ): Promise<void>

  /** Pre-filters of the tenant, as they go into packs. */
  filters(tenant: TenantContext): Promise<PreFilterRow[]>
  saveFilter(tenant: TenantContext, filter: { id?: string; name: string; enabled: boolean; definition: object }): Promise<PreFilterRow>
  deleteFilter(tenant: TenantContext, filterId: string): Promise<boolean>
  /**
   * The tenant's pack number: the highest ever given out. A pack that differs from the last one built for a sensor gets the next number;
   * `digest` is the hash of its content.
   */
  nextPackVersion(tenant: TenantContext, sensorId: string, digest: string): Promise<{ version: number; changed: boolean }>
}

export interface PreFilterRow {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  /** shared/pack PreFilter without id, name, enabled. */
  readonly definition: { readonly [key: string]: unknown }
  readonly updatedAt: Date
}

/** A connector: the tenant's view of one source on one sensor. */
export interface Connector {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly sensorId?: string | undefined
  readonly enabled: boolean
  /** Secrets already opened; only the pack builder and the test call see this. */
  readonly config: ConnectorConfig
  /** Stored secrets that do not open, because the hub's key is another one now. `config` is without them. */
  readonly unreadable?: readonly string[]
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly version: number
  readonly state: ConnectorState
}

/** What a connector's state says once its sensor has been away for too long. */
export const SENSOR_OFFLINE = 'sensor offline'

export interface ConnectorState {
  readonly status: 'healthy' | 'degraded' | 'unhealthy' | 'unknown' | 'disabled'
  readonly message: string
  readonly lastCheckAt?: Date | undefined
  readonly consecutiveFailures: number
  readonly eventsReceivedTotal: number
  readonly eventsFailedTotal: number
  readonly bytesReceivedTotal: number
  readonly eventsPerSecond: number
  readonly lastEventAt?: Date | undefined
  readonly checks: readonly ConnectorCheck[]
}

export interface ConnectorCheck {
  readonly type: 'connectivity' | 'authentication' | 'data_flow'
  readonly status: 'pass' | 'fail' | 'unknown'
  readonly message: string
  readonly latencyMs?: number | undefined
  readonly eventsInLastMinute?: number | undefined
}

export interface ConnectorStore {
  list(tenant: TenantContext): Promise<Connector[]>
  get(tenant: TenantContext, connectorId: string): Promise<Connector | undefined>
  create(
    tenant: TenantContext,
    connector: { name: string; type: string; sensorId?: string | undefined; enabled: boolean; config: ConnectorConfig },
  ): Promise<Connector>
  update(
    tenant: TenantContext,
    connectorId: string,
    change: { name?: string; sensorId?: string | undefined; enabled?: boolean; config?: ConnectorConfig },
  ): Promise<Connector | undefined>
  delete(tenant: TenantContext, connectorId: string): Promise<boolean>
  /** Keeps the newest state, appends to the status history when five minutes have passed or the status changed. Returns the status before. */
  report(tenant: TenantContext, connectorId: string, state: ConnectorState): Promise<{ previous: ConnectorState['status'] } | undefined>
  history(tenant: TenantContext, connectorId: string, limit: number): Promise<{ at: Date; status: string }[]>
}
