import { randomUUID } from 'node:crypto'
import type { ConnectorConfig } from '../../shared/connectors/contract.ts'
import { ExpectedError } from '../../shared/errors.ts'
import type { Fleet } from '../fleet/contract.ts'
import type { Connector, ConnectorCheck, ConnectorStore, FleetStore } from '../fleet/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { PipelineMeter } from '../pipeline/contract.ts'
import { checkConfig, InvalidConnector, kindOf, mergeConfig } from './connector-config.ts'
import { type ConnectorSight, lookAt } from './connector-sight.ts'

export interface ConnectorChange {
  readonly name?: string | undefined
  readonly enabled?: boolean | undefined
  readonly sensorId?: string | undefined
  readonly config?: ConnectorConfig | undefined
}

/** A tenant's connectors: each is one source on one of its sensors. Every change goes out to the sensors at once. */
export interface Connectors {
  list(tenant: TenantContext): Promise<ConnectorSight[]>
  /** @throws {ConnectorNotFound} */
  get(tenant: TenantContext, connectorId: string): Promise<ConnectorSight>
  /** @throws {InvalidConnector} */
  create(
    tenant: TenantContext,
    connector: { name: string; type: string; sensorId?: string | undefined; enabled: boolean; config: ConnectorConfig },
  ): Promise<ConnectorSight>
  /**
   * @param mergeSettings - whether settings left out of `config` stay (PATCH) or go back to their defaults (PUT); secrets left out stay either way
   * @param expectedVersion - the version the caller saw; undefined takes whatever is there
   * @throws {ConnectorNotFound} {InvalidConnector} {ConnectorChanged}
   */
  update(
    tenant: TenantContext,
    connectorId: string,
    change: ConnectorChange,
    mergeSettings: boolean,
    expectedVersion?: number,
  ): Promise<ConnectorSight>
  /** @throws {ConnectorNotFound} {ConnectorChanged} */
  delete(tenant: TenantContext, connectorId: string, expectedVersion?: number): Promise<void>
  /** Newest first, at most `limit`. */
  history(tenant: TenantContext, connectorId: string, limit: number): ReturnType<ConnectorStore['history']>
  /**
   * Has the sensor try the settings; nothing is kept.
   * @param connectorId - a stored connector, whose settings the request may override; undefined for settings not saved yet
   * @throws {ConnectorNotFound} {InvalidConnector}; SensorOffline from the fleet
   */
  test(
    tenant: TenantContext,
    connectorId: string | undefined,
    request: { type?: string | undefined; sensorId?: string | undefined; config?: ConnectorConfig | undefined },
  ): Promise<readonly ConnectorCheck[]>
}

export class ConnectorNotFound extends ExpectedError {
  readonly code = 'CONNECTOR_NOT_FOUND'
  readonly kind = 'not_found'
  constructor() {
    super('There is no such connector.')
  }
}

export class ConnectorChanged extends ExpectedError {
  readonly code = 'VERSION_CONFLICT'
  readonly kind = 'conflict'
  constructor(readonly current: ConnectorSight) {
    super('The connector has changed since it was read.')
  }
}

export interface ConnectorsOptions {
  readonly store: ConnectorStore
  readonly sensors: Pick<FleetStore, 'list' | 'get'>
  readonly fleet: Fleet
  readonly meter: Pick<PipelineMeter, 'snapshot'>
}

export function createConnectors({ store, sensors, fleet, meter }: ConnectorsOptions): Connectors {
  const sight = (tenant: TenantContext, connector: Connector): ConnectorSight =>
    lookAt(connector, connector.sensorId !== undefined && fleet.isConnected(connector.sensorId), meter.snapshot(tenant.tenantId))

  const stored = async (tenant: TenantContext, connectorId: string): Promise<Connector> => {
    const connector = await store.get(tenant, connectorId)
    if (!connector) throw new ConnectorNotFound()
    return connector
  }

  /** Another tenant's sensor and one that does not exist are the same answer. */
  const checkSensor = async (tenant: TenantContext, sensorId: string): Promise<string> => {
    const sensor = UUID.test(sensorId) ? await sensors.get(tenant, sensorId) : undefined
    if (!sensor || sensor.revokedAt) throw new InvalidConnector([{ field: 'sensor_id', message: 'There is no such sensor.' }])
    return sensorId
  }

  /** The tenant's only sensor where there is just one; none where there is none yet. */
  const onlySensor = async (tenant: TenantContext): Promise<string | undefined> => {
    const usable = (await sensors.list(tenant)).filter((sensor) => !sensor.revokedAt)
    if (usable.length > 1) throw new InvalidConnector([{ field: 'sensor_id', message: 'There are several sensors; say which one runs it.' }])
    return usable[0]?.id
  }

  const guard = (tenant: TenantContext, connector: Connector, expectedVersion: number | undefined): void => {
    if (expectedVersion !== undefined && expectedVersion !== connector.version) throw new ConnectorChanged(sight(tenant, connector))
  }

  return {
    list: async (tenant) => (await store.list(tenant)).map((connector) => sight(tenant, connector)),
    get: async (tenant, connectorId) => sight(tenant, await stored(tenant, connectorId)),

    async create(tenant, { name, type, sensorId, enabled, config }) {
      const kind = kindOf(type)
      const checked = checkConfig(kind, mergeConfig(kind, {}, config, false))
      const runsOn = sensorId === undefined ? await onlySensor(tenant) : await checkSensor(tenant, sensorId)
      const connector = await store.create(tenant, { name, type, sensorId: runsOn, enabled, config: checked })
      await fleet.configurationChanged(tenant)
      return sight(tenant, connector)
    },

    async update(tenant, connectorId, { name, enabled, sensorId, config }, mergeSettings, expectedVersion) {
      const connector = await stored(tenant, connectorId)
      guard(tenant, connector, expectedVersion)
      const kind = kindOf(connector.type)
      const updated = await store.update(tenant, connectorId, {
        ...(name === undefined ? {} : { name }),
        ...(enabled === undefined ? {} : { enabled }),
        ...(sensorId === undefined ? {} : { sensorId: await checkSensor(tenant, sensorId) }),
        ...(config === undefined ? {} : { config: checkConfig(kind, mergeConfig(kind, connector.config, config, mergeSettings)) }),
      })
      if (!updated) throw new ConnectorNotFound()
      await fleet.configurationChanged(tenant)
      return sight(tenant, updated)
    },

    async delete(tenant, connectorId, expectedVersion) {
      guard(tenant, await stored(tenant, connectorId), expectedVersion)
      if (!(await store.delete(tenant, connectorId))) throw new ConnectorNotFound()
      await fleet.configurationChanged(tenant)
    },

    async history(tenant, connectorId, limit) {
      await stored(tenant, connectorId)
      return store.history(tenant, connectorId, limit)
    },

    async test(tenant, connectorId, { type, sensorId, config }) {
      const connector = connectorId === undefined ? undefined : await stored(tenant, connectorId)
      if (connector && type !== undefined && type !== connector.type)
        throw new InvalidConnector([{ field: 'type', message: 'A connector keeps its type; test another one as "new".' }])
      const wanted = type ?? connector?.type
      if (wanted === undefined) throw new InvalidConnector([{ field: 'type', message: 'Needed to test settings that are not saved.' }])
      const kind = kindOf(wanted)
      const checked = checkConfig(kind, mergeConfig(kind, connector?.config ?? {}, config ?? connector?.config ?? {}, false))
      const runsOn = sensorId === undefined ? (connector?.sensorId ?? (await onlySensor(tenant))) : await checkSensor(tenant, sensorId)
      if (runsOn === undefined) throw new InvalidConnector([{ field: 'sensor_id', message: 'There is no sensor yet that could try it.' }])
      return fleet.testSource(tenant, runsOn, { connectorId: connector?.id ?? randomUUID(), kind: kind.kind, config: checked })
    },
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
