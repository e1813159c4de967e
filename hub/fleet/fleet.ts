import { randomUUID } from 'node:crypto'
import { HOUR_MS, SECOND_MS } from '../../shared/durations.ts'
import type { Logger } from '../../shared/log.ts'
import { signPack } from '../../shared/pack/sign.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import type { Detection } from '../detection/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { Live } from '../live/contract.ts'
import type { PipelineMeter } from '../pipeline/contract.ts'
import type { Authority } from './authority.ts'
import { type ConnectorMemory, clip, connectorState, count, toChecks } from './connector-states.ts'
import { type Fleet, SensorOffline } from './contract.ts'
import { createDuplicateWatch } from './duplicate-watch.ts'
import { enrollSensor, hostFacts, renewSensor } from './enrollment.ts'
import { hashEnrollmentToken, makeEnrollmentToken } from './enrollment-token.ts'
import type { Attachment, SensorGate, SensorLink } from './gate.ts'
import { makePack, packContent, packDigest } from './packs.ts'
import {
  type Connector,
  type ConnectorCheck,
  type ConnectorState,
  type ConnectorStore,
  type EnrollmentStore,
  type FleetStore,
  SENSOR_OFFLINE,
} from './ports.ts'
import { confirmSensor, identifyCertificate, type SensorIdentity, SensorRefused } from './sensor-identity.ts'

/** Changes that come together make one pack. */
const COALESCE_MS = 50
const TEST_TIMEOUT_MS = 15 * SECOND_MS
/** A sensor away for longer has its connectors shown as unhealthy; a reconnect takes a few seconds. */
const OFFLINE_AFTER_MS = 30 * SECOND_MS
/** Tests one sensor may have running. */
const MOST_PENDING_TESTS = 16
/** Connectors of one heartbeat that are looked at; a pack holds no more. */
const MOST_REPORTS = 1_000
const HEARTBEAT_LIMIT_BYTES = 256 * 1024

export interface FleetParts {
  readonly authority: Authority
  readonly enrollment: EnrollmentStore
  readonly store: FleetStore
  readonly connectors: ConnectorStore
  readonly detection: Pick<Detection, 'rulesOf' | 'settings'>
  readonly live: Live
  readonly meter: PipelineMeter
  readonly clock: () => Date
  readonly log: Logger
  /** How long a sensor may be away before its connectors count as unhealthy. Default 30 s. */
  readonly offlineAfterMs?: number
}

export interface RunningFleet extends Fleet, SensorGate {
  /** To be called at the hub's start: of sensors known before that do not come back in time the connectors are marked as of any that went away. */
  awaitReturn(tenants: readonly TenantContext[]): void
  close(): Promise<void>
}

interface Connected {
  readonly identity: SensorIdentity
  readonly link: SensorLink
  heardAt: Date
  /** Version the sensor says it runs; undefined before its hello. */
  runningVersion: number | undefined
  /** Version last offered on this stream: an offer that was refused is not repeated until something changes. */
  offeredVersion: number | undefined
  readonly tests: Map<string, (result: picket.v1.CommandResult.$Properties | undefined) => void>
  /** The heartbeat being stored, and the newest one that waits for it: a slow database sees the newest, not a queue. */
  storing: boolean
  waiting: picket.v1.Heartbeat.$Properties | undefined
}

/** Sensors: enrolment, certificates, packs, commands, health. */
export function createFleet(parts: FleetParts): RunningFleet {
  const { authority, store, connectors, live, meter, clock, log, offlineAfterMs = OFFLINE_AFTER_MS } = parts
  const connected = new Map<string, Connected>()
  const duplicates = createDuplicateWatch()
  const offlineTimers = new Map<string, NodeJS.Timeout>()
  const memories = new Map<string, ConnectorMemory>()
  /** By tenant. Ids are only added: events of a deleted connector may still be on their way. */
  const knownConnectors = new Map<string, Set<string>>()
  const pendingChanges = new Map<string, Promise<void>>()

  const note = (what: string) => (error: unknown) => log.warn({ err: error }, what)

  async function listConnectors(tenant: TenantContext): Promise<Connector[]> {
    const list = await connectors.list(tenant)
    const known = knownConnectors.get(tenant.tenantId) ?? new Set<string>()
    knownConnectors.set(tenant.tenantId, known)
    for (const { id } of list) known.add(id)
    return list
  }

  /** Offers the sensor the pack of the settings as they are now, unless it runs it already or has it on offer. */
  async function offerPack(sensor: Connected): Promise<void> {
    const { tenantId, sensorId } = sensor.identity
    const tenant = { tenantId }
    const [list, filters] = await Promise.all([listConnectors(tenant), store.filters(tenant)])
    // A pack without it would have the sensor stop that source; the pack it runs is better.
    const unreadable = list.filter((connector) => connector.sensorId === sensorId && connector.unreadable)
    if (unreadable.length > 0)
      throw new Error(`secrets of connectors ${unreadable.map(({ id }) => id).join(', ')} do not open: restore secrets.key, or set them anew`)
    const { content, problems } = packContent(tenant, sensorId, { connectors: list, filters, detection: parts.detection })
    for (const problem of problems) log.error({ tenant_id: tenantId, sensor_id: sensorId, ...problem }, 'a setting was left out of the pack')
    const now = clock()
    const { version } = await store.nextPackVersion(tenant, sensorId, packDigest(content, now))
    if (sensor.runningVersion === undefined || sensor.runningVersion === version || sensor.offeredVersion === version) return
    sensor.offeredVersion = version
    sensor.link.send({ pack: { signedPack: signPack(makePack(content, sensorId, version, now), authority.packKey) } })
    log.info({ tenant_id: tenantId, sensor_id: sensorId, version }, 'pack offered')
    await store.packReport(tenant, sensorId, { at: now, offeredVersion: version, state: 'pending' })
  }

  async function offerToAll(tenant: TenantContext): Promise<void> {
    const sensors = [...connected.values()].filter(({ identity }) => identity.tenantId === tenant.tenantId)
    const [, ...offers] = await Promise.allSettled([listConnectors(tenant), ...sensors.map(offerPack)])
    for (const offer of offers)
      if (offer.status === 'rejected') note('a pack could not be offered; the sensor gets it at its next connection')(offer.reason)
  }

  /** The connector's new state, kept and, where its status changed, told to whoever watches. */
  async function keepState(tenant: TenantContext, connectorId: string, state: ConnectorState): Promise<void> {
    const before = await connectors.report(tenant, connectorId, state)
    if (before && before.previous !== state.status) {
      live.publish(tenant.tenantId, { type: 'connector_status', connectorId, from: before.previous, to: state.status, message: state.message })
    }
  }

  async function storeHeartbeat(sensor: Connected, heartbeat: picket.v1.Heartbeat.$Properties): Promise<void> {
    const { tenantId, sensorId } = sensor.identity
    const tenant = { tenantId }
    const now = clock()
    const json = plainJson(heartbeat)
    await store.seen(tenant, sensorId, { at: now, ...(json ? { heartbeat: json } : {}) })
    const reports = (heartbeat.connectors ?? []).slice(0, MOST_REPORTS)
    if (reports.length === 0) return
    // Only connectors of this sensor: a report that names another one's says nothing.
    const own = new Map((await listConnectors(tenant)).filter((connector) => connector.sensorId === sensorId).map((each) => [each.id, each]))
    const copied = duplicates.isFlagged(sensorId, now)
    for (const report of reports) {
      const connector = own.get(report.connectorId ?? '')
      if (!connector) continue
      own.delete(connector.id)
      const state = connectorState(report, now, memories.get(connector.id))
      memories.set(connector.id, { at: now, receivedTotal: state.eventsReceivedTotal, consecutiveFailures: state.consecutiveFailures })
      await keepState(tenant, connector.id, copied && connector.enabled ? { ...state, status: 'degraded', message: DUPLICATE_MESSAGE } : state)
    }
  }

  async function storeHeartbeats(sensor: Connected): Promise<void> {
    if (sensor.storing) return
    sensor.storing = true
    while (sensor.waiting) {
      const heartbeat = sensor.waiting
      sensor.waiting = undefined
      await storeHeartbeat(sensor, heartbeat).catch(note('a heartbeat could not be kept; the next one will be'))
    }
    sensor.storing = false
  }

  async function markOffline({ tenantId, sensorId }: Pick<SensorIdentity, 'tenantId' | 'sensorId'>): Promise<void> {
    const now = clock()
    for (const connector of await listConnectors({ tenantId })) {
      if (connector.sensorId !== sensorId) continue
      memories.delete(connector.id)
      // Marked already, before a restart of the hub.
      if (!connector.enabled || connector.state.message === SENSOR_OFFLINE) continue
      const checks: ConnectorCheck[] = [{ type: 'connectivity', status: 'fail', message: SENSOR_OFFLINE }]
      await keepState({ tenantId }, connector.id, {
        ...connector.state,
        status: 'unhealthy',
        message: SENSOR_OFFLINE,
        lastCheckAt: now,
        consecutiveFailures: connector.state.consecutiveFailures + 1,
        eventsPerSecond: 0,
        checks,
      })
    }
  }

  function wentAway(sensor: Connected): void {
    const { identity } = sensor
    if (connected.get(identity.sensorId) !== sensor) return
    connected.delete(identity.sensorId)
    for (const settle of sensor.tests.values()) settle(undefined)
    meter.disconnected(identity.tenantId, identity.sensorId)
    const timer = setTimeout(() => {
      offlineTimers.delete(identity.sensorId)
      markOffline(identity).catch(note('connectors of an offline sensor could not be marked'))
    }, offlineAfterMs)
    offlineTimers.set(identity.sensorId, timer.unref())
  }

  async function markAbsent(tenants: readonly TenantContext[]): Promise<void> {
    for (const tenant of tenants) {
      for (const { id, lastSeenAt } of await store.list(tenant)) {
        // One that left since the start has a timer of its own; one that never came has reported nothing that could be out of date.
        if (!lastSeenAt || connected.has(id) || offlineTimers.has(id)) continue
        await markOffline({ tenantId: tenant.tenantId, sensorId: id })
      }
    }
  }

  /** @throws {SensorRefused} DUPLICATE */
  function makeRoom(identity: SensorIdentity, now: Date): void {
    const older = connected.get(identity.sensorId)
    if (!older) return
    if (duplicates.newcomer(identity.sensorId, older.heardAt, now) === 'refuse') {
      log.error(
        { tenant_id: identity.tenantId, sensor_id: identity.sensorId },
        'two sensors use one identity: the newcomer is refused; enrol it again',
      )
      throw new SensorRefused('DUPLICATE', DUPLICATE_MESSAGE)
    }
    older.link.end('DUPLICATE', 'a newer stream with this identity took over')
    wentAway(older)
  }

  // Packs age: a stream may stay open for longer than a pack is good for.
  const refresh = setInterval(() => {
    for (const tenantId of new Set([...connected.values()].map(({ identity }) => identity.tenantId))) void offerToAll({ tenantId })
  }, HOUR_MS).unref()
  let returning: NodeJS.Timeout | undefined

  return {
    awaitReturn(tenants) {
      returning = setTimeout(() => {
        markAbsent(tenants).catch(note('connectors of sensors that did not come back could not be marked'))
      }, offlineAfterMs).unref()
    },

    async createEnrollmentToken(tenant, { name, validForMs, createdBy }) {
      const token = makeEnrollmentToken(authority.caDigest)
      const expiresAt = new Date(clock().getTime() + validForMs)
      const { id } = await store.createToken(tenant, { tokenHash: hashEnrollmentToken(token), name, expiresAt, createdBy })
      return { id, token, expiresAt }
    },

    isConnected: (sensorId) => connected.has(sensorId),

    async testSource(tenant, sensorId, { connectorId, kind, config }) {
      const sensor = connected.get(sensorId)
      if (sensor?.identity.tenantId !== tenant.tenantId) throw new SensorOffline('the sensor is not connected')
      if (sensor.tests.size >= MOST_PENDING_TESTS) throw new SensorOffline('the sensor is busy with other tests')
      const id = randomUUID()
      const result = await new Promise<picket.v1.CommandResult.$Properties | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), TEST_TIMEOUT_MS)
        sensor.tests.set(id, (answer) => {
          clearTimeout(timer)
          resolve(answer)
        })
        sensor.link.send({ command: { id, testSource: { connectorId, kind, configJson: JSON.stringify(config) } } })
      })
      sensor.tests.delete(id)
      if (!result) throw new SensorOffline(`the sensor did not answer within ${TEST_TIMEOUT_MS / SECOND_MS} s`)
      const checks = toChecks(result.checks)
      return checks.length > 0 || !result.error ? checks : [{ type: 'connectivity', status: 'fail', message: clip(result.error, 500) }]
    },

    configurationChanged(tenant) {
      const pending = pendingChanges.get(tenant.tenantId)
      if (pending) return pending
      const change = new Promise((resolve) => setTimeout(resolve, COALESCE_MS)).then(() => {
        // A change made from here on is not in what is read below: it starts a round of its own.
        pendingChanges.delete(tenant.tenantId)
        return offerToAll(tenant)
      })
      pendingChanges.set(tenant.tenantId, change)
      return change
    },

    async revoke(tenant, sensorId) {
      const revoked = await store.revoke(tenant, sensorId, clock())
      const sensor = connected.get(sensorId)
      if (revoked && sensor?.identity.tenantId === tenant.tenantId) sensor.link.end('REVOKED', 'this sensor was revoked')
      return revoked
    },

    async identify(certificate) {
      const identity = identifyCertificate(certificate, [authority.ca], clock())
      await confirmSensor(parts.enrollment, identity)
      return identity
    },

    async confirm(identity) {
      const now = clock()
      if (now >= identity.notAfter)
        throw new SensorRefused('EXPIRED', `the certificate of this connection ended at ${identity.notAfter.toISOString()}`)
      await confirmSensor(parts.enrollment, identity)
    },

    attach(identity, link): Attachment {
      const { tenantId, sensorId } = identity
      const tenant = { tenantId }
      makeRoom(identity, clock())
      clearTimeout(offlineTimers.get(sensorId))
      offlineTimers.delete(sensorId)
      const sensor: Connected = {
        identity,
        link,
        heardAt: clock(),
        runningVersion: undefined,
        offeredVersion: undefined,
        tests: new Map(),
        storing: false,
        waiting: undefined,
      }
      connected.set(sensorId, sensor)

      return {
        hello(hello) {
          sensor.runningVersion = count(hello.packVersion)
          store.seen(tenant, sensorId, { at: clock(), host: hostFacts(hello.host) }).catch(note('host facts could not be kept'))
          offerPack(sensor).catch(note('a pack could not be offered; it will be at the next change or connection'))
        },
        heartbeat(heartbeat) {
          sensor.waiting = heartbeat
          void storeHeartbeats(sensor)
          meter.heartbeat(
            tenantId,
            meterReport(sensorId, heartbeat, (id) => knownConnectors.get(tenantId)?.has(id) ?? false),
          )
        },
        packStatus(status) {
          const running = count(status.runningVersion)
          sensor.runningVersion = running
          const refused = status.state === 'refused'
          if (refused)
            log.warn({ tenant_id: tenantId, sensor_id: sensorId, version: status.version, reason: clip(status.reason, 50) }, 'pack refused')
          store
            .packReport(tenant, sensorId, {
              at: clock(),
              runningVersion: running,
              state: refused ? 'refused' : 'active',
              // A pack that runs has no reason; on the wire that is the empty text.
              ...(status.reason ? { reason: clip(status.reason, 50) } : {}),
              ...(status.detail ? { detail: clip(status.detail, 500) } : {}),
            })
            .catch(note('a pack report could not be kept'))
        },
        commandResult: (result) => sensor.tests.get(result.id ?? '')?.(result),
        heard() {
          sensor.heardAt = clock()
        },
        async loadConnectors() {
          await listConnectors(tenant)
        },
        knowsConnector: (connectorId) => knownConnectors.get(tenantId)?.has(connectorId) ?? false,
        detach: () => wentAway(sensor),
      }
    },

    async enroll(request) {
      const { response, tenantId, sensorId } = await enrollSensor(parts, request)
      log.info({ tenant_id: tenantId, sensor_id: sensorId }, 'sensor enrolled')
      return response
    },

    renew: (identity, request) => renewSensor(parts, identity, request),

    async close() {
      clearInterval(refresh)
      clearTimeout(returning)
      for (const timer of offlineTimers.values()) clearTimeout(timer)
      offlineTimers.clear()
      await Promise.allSettled(pendingChanges.values())
    },
  }
}

const DUPLICATE_MESSAGE = 'two sensors use this identity: a copied state directory or machine; enrol the copy again'

function meterReport(
  sensorId: string,
  heartbeat: picket.v1.Heartbeat.$Properties,
  isKnown: (connectorId: string) => boolean,
): Parameters<PipelineMeter['heartbeat']>[1] {
  const { normalizeMs } = heartbeat
  const figure = (value: number | null | undefined) => (Number.isFinite(value) && Number(value) > 0 ? Number(value) : 0)
  return {
    sensorId,
    waiting: (heartbeat.lanes ?? []).reduce((sum, lane) => sum + count(lane.events), 0),
    normalizedTotal: count(heartbeat.normalizedTotal),
    normalizeFailedTotal: count(heartbeat.normalizeFailedTotal),
    normalizeMs: {
      p50: figure(normalizeMs?.p50),
      p95: figure(normalizeMs?.p95),
      p99: figure(normalizeMs?.p99),
      mean: figure(normalizeMs?.mean),
      count: count(normalizeMs?.count),
    },
    connectors: (heartbeat.connectors ?? [])
      .slice(0, MOST_REPORTS)
      .flatMap(({ connectorId, eventsReceivedTotal, eventsFailedTotal, bytesReceivedTotal }) =>
        connectorId && isKnown(connectorId)
          ? [{ connectorId, receivedTotal: count(eventsReceivedTotal), failedTotal: count(eventsFailedTotal), bytesTotal: count(bytesReceivedTotal) }]
          : [],
      ),
  }
}

/** The message as plain JSON, without fields this hub does not know; undefined when it is larger than anything sensible. */
function plainJson(heartbeat: picket.v1.Heartbeat.$Properties): object | undefined {
  // NUL is valid in JSON and refused by PostgreSQL's jsonb.
  const text = JSON.stringify(heartbeat, (key, value: unknown) =>
    key === '$unknowns' ? undefined : typeof value === 'string' ? value.replaceAll('\0', '') : value,
  )
  return text.length > HEARTBEAT_LIMIT_BYTES ? undefined : JSON.parse(text)
}
