import { afterAll, beforeAll, expect, test } from 'vitest'
import { packContent } from '../../../hub/fleet/packs.ts'
import { createEdgeRules } from '../../../sensor/prefilter/edge-rules.ts'
import { verifyPack } from '../../../shared/pack/verify.ts'
import { sigmaRule, wordRule } from '../../support/detection-rules.ts'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { openUplink } from '../../support/sensor-client.ts'

let hub: Awaited<ReturnType<typeof startIngestHub>>
beforeAll(async () => {
  hub = await startIngestHub({ offlineAfterMs: 50 })
})
afterAll(() => hub.stop())

const dropNoise = { action: 'drop', detection: { selection: { 'event.code': 1 }, condition: 'selection' } }
const eventOf = (message: string) => ({ document: { message }, logsource: { product: 'linux', categories: [] } }) as never
const opened = (signedPack: Uint8Array, sensorId: string) =>
  verifyPack(signedPack, { trustedKeys: [hub.authority.packPublicPem], sensorId, runningVersion: 0, now: new Date() })

async function connected(packVersion = 0) {
  const sensor = await hub.enrolled()
  const tenant = { tenantId: sensor.tenantId }
  const connector = await hub.connectors.store.create(tenant, {
    name: 'edge syslog',
    type: 'syslog',
    sensorId: sensor.sensorId,
    enabled: true,
    config: { udp_port: 5514, tls_key: undefined },
  })
  const uplink = openUplink(hub.port, sensor)
  await uplink.hello({ packVersion })
  return { sensor, tenant, connector, uplink }
}

test('a sensor is offered a signed pack of its own connectors, enabled filters and edge rules', async () => {
  const { sensor, tenant, connector, uplink } = await connected()
  const first = opened((await uplink.until(({ pack }) => pack)).signedPack ?? new Uint8Array(), sensor.sensorId)
  expect(first.connectors).toEqual([{ id: connector.id, kind: 'syslog', name: 'edge syslog', enabled: true, config: { udp_port: 5514 } }])
  expect(first).toMatchObject({ filters: [], edge_rules: [] })

  await hub.connectors.store.create(tenant, { name: 'elsewhere', type: 'file', sensorId: undefined, enabled: true, config: {} })
  await hub.fleetStore.store.saveFilter(tenant, { name: 'noise', enabled: true, definition: dropNoise })
  await hub.fleetStore.store.saveFilter(tenant, { name: 'off', enabled: false, definition: dropNoise })
  await hub.fleetStore.store.saveFilter(tenant, { name: 'broken', enabled: true, definition: { action: 'explode' } })
  hub.edgeRules.add('a0000000-0000-4000-8000-000000000001')
  await hub.fleet.configurationChanged(tenant)
  const second = await uplink.until(
    ({ pack }) => pack?.signedPack && opened(pack.signedPack, sensor.sensorId).version > first.version && opened(pack.signedPack, sensor.sensorId),
  )
  hub.edgeRules.clear()
  expect(second.connectors.map(({ name }) => name)).toEqual(['edge syslog'])
  expect(second.filters.map(({ name }) => name)).toEqual(['noise'])
  expect(second.edge_rules).toEqual([{ id: 'a0000000-0000-4000-8000-000000000001', source: 'title: Evil\n' }])
  expect(hub.lines.some((line) => line.includes('a setting was left out of the pack'))).toBe(true)
  uplink.close()
})

test("a pack takes shared rules and the tenant's own, and leaves out what a sensor could not take", () => {
  const own = { id: 'own', source: wordRule('own', 'x') }
  const listed = { id: 'listed', source: sigmaRule('listed', { sel: { 'user.name|expand': '%admins%' }, condition: 'sel' }) }
  const large = { id: 'zzz', source: `${wordRule('zzz', 'x')}# ${'x'.repeat(1024 * 1024)}` }
  const rules = new Map([['a', [own, listed, large, { id: 'central', source: wordRule('central', 'x') }]]])
  const detection = {
    rulesOf: (tenantId: string) => (rules.get(tenantId) ?? []) as never,
    settings: () => ({ enabled: () => true, edge: (ruleId: string) => ruleId !== 'central' }),
  }
  const packOf = (tenantId: string) => packContent({ tenantId }, 'sensor', { connectors: [], filters: [], detection })
  const { content, problems } = packOf('a')
  expect(content.edge_rules).toEqual([own])
  expect(problems).toEqual([
    { what: 'rule', id: 'listed', reason: expect.stringContaining('value list') },
    { what: 'rule', id: 'zzz', reason: expect.stringContaining('1024 KB') },
  ])
  expect(createEdgeRules(content.edge_rules).fired(eventOf('x'))).toEqual(['own'])
  expect(packOf('b').content.edge_rules).toEqual([])
})

test('changes that come together make one pack, and none when nothing differs', async () => {
  const { sensor, tenant, uplink } = await connected()
  await uplink.until(({ pack }) => pack)
  await hub.fleetStore.store.saveFilter(tenant, { name: 'noise', enabled: true, definition: dropNoise })
  await Promise.all(Array.from({ length: 20 }, () => hub.fleet.configurationChanged(tenant)))
  await hub.fleet.configurationChanged(tenant)
  // A test command is answered after anything offered before it.
  void hub.fleet.testSource(tenant, sensor.sensorId, { connectorId: 'new', kind: 'syslog', config: {} }).catch(() => undefined)
  const command = await uplink.until(({ command: sent }) => sent)
  uplink.send({ commandResult: { id: command.id ?? '', ok: true, checks: [] } })
  expect(uplink.received.filter(({ pack }) => pack)).toHaveLength(2)
  uplink.close()
})

test('a sensor that runs the current pack is not offered it again; one that was offline gets the change at its next connection', async () => {
  const { sensor, tenant, uplink } = await connected()
  const { version } = opened((await uplink.until(({ pack }) => pack)).signedPack ?? new Uint8Array(), sensor.sensorId)
  uplink.send({ packStatus: { version, state: 'active', runningVersion: version } })
  await expect.poll(() => hub.fleetStore.sensors.get(sensor.sensorId)?.pack).toMatchObject({ state: 'active', runningVersion: version })
  // On the wire "none" is the empty text; kept, it would be shown as a reason.
  const { reason, detail } = hub.fleetStore.sensors.get(sensor.sensorId)?.pack ?? {}
  expect([reason, detail]).toEqual([undefined, undefined])
  uplink.close()
  await expect.poll(() => hub.fleet.isConnected(sensor.sensorId)).toBe(false)
  await hub.fleetStore.store.saveFilter(tenant, { name: 'noise', enabled: true, definition: dropNoise })
  await hub.fleet.configurationChanged(tenant)

  const again = openUplink(hub.port, sensor)
  await again.hello({ packVersion: version })
  const next = opened((await again.until(({ pack }) => pack)).signedPack ?? new Uint8Array(), sensor.sensorId)
  expect(next.version).toBeGreaterThan(version)
  again.close()
  await expect.poll(() => hub.fleet.isConnected(sensor.sensorId)).toBe(false)

  const third = openUplink(hub.port, sensor)
  await third.hello({ packVersion: next.version })
  void hub.fleet.testSource(tenant, sensor.sensorId, { connectorId: 'new', kind: 'syslog', config: {} }).catch(() => undefined)
  await third.until(({ command }) => command)
  expect(third.received.filter(({ pack }) => pack)).toHaveLength(0)
  third.close()
})

test('a refused pack shows its reason, and the offer is not repeated', async () => {
  const { sensor, uplink } = await connected()
  const { version } = opened((await uplink.until(({ pack }) => pack)).signedPack ?? new Uint8Array(), sensor.sensorId)
  uplink.send({ packStatus: { version, state: 'refused', reason: 'unknown_key', detail: 'signed by somebody', runningVersion: 0 } })
  await expect
    .poll(() => hub.fleetStore.sensors.get(sensor.sensorId)?.pack)
    .toMatchObject({ state: 'refused', reason: 'unknown_key', offeredVersion: version, runningVersion: 0 })
  uplink.close()
})

test('a source is tried on the sensor and its checks come back', async () => {
  const { sensor, tenant, uplink } = await connected()
  const answer = hub.fleet.testSource(tenant, sensor.sensorId, { connectorId: 'c1', kind: 'syslog', config: { udp_port: 1 } })
  const command = await uplink.until(({ command: sent }) => sent)
  expect(JSON.parse(command.testSource?.configJson ?? '')).toEqual({ udp_port: 1 })
  uplink.send({
    commandResult: {
      id: command.id ?? '',
      ok: false,
      checks: [
        { type: 'connectivity', status: 'fail', message: 'port in use', latencyMs: 3 },
        { type: 'made up', status: 'pass' },
      ],
    },
  })
  expect(await answer).toEqual([{ type: 'connectivity', status: 'fail', message: 'port in use', latencyMs: 3 }])
  await expect(
    hub.fleet.testSource({ tenantId: 'someone else' }, sensor.sensorId, { connectorId: 'c1', kind: 'syslog', config: {} }),
  ).rejects.toMatchObject({ code: 'SENSOR_OFFLINE' })
  const unanswered = hub.fleet.testSource(tenant, sensor.sensorId, { connectorId: 'c1', kind: 'syslog', config: {} })
  uplink.close()
  await expect(unanswered).rejects.toMatchObject({ code: 'SENSOR_OFFLINE' })
})

test('heartbeats become connector states; a change of status is told, and a sensor that goes away takes its connectors with it', async () => {
  const { sensor, tenant, connector, uplink } = await connected()
  const changes: string[] = []
  hub.live.subscribe(tenant.tenantId, (event) => event.type === 'connector_status' && changes.push(`${event.from} > ${event.to}: ${event.message}`))
  uplink.send({
    heartbeat: { clockMs: Date.now(), connectors: [{ connectorId: connector.id, status: 'healthy', message: 'listening', eventsReceivedTotal: 10 }] },
  })
  await expect.poll(() => hub.connectors.rows.get(connector.id)?.state).toMatchObject({ status: 'healthy', eventsReceivedTotal: 10 })
  uplink.send({ heartbeat: { connectors: [{ connectorId: connector.id, status: 'no such status', eventsReceivedTotal: -5 }] } })
  await expect
    .poll(() => hub.connectors.rows.get(connector.id)?.state)
    .toMatchObject({ status: 'unknown', eventsReceivedTotal: 0, eventsPerSecond: 0 })
  expect(hub.fleetStore.sensors.get(sensor.sensorId)?.heartbeat).toBeDefined()
  uplink.close()
  await expect.poll(() => hub.connectors.rows.get(connector.id)?.state.status).toBe('unhealthy')
  expect(changes).toEqual(['unknown > healthy: listening', 'healthy > unknown: ', 'unknown > unhealthy: sensor offline'])
})

test('after a restart of the hub, connectors of a sensor that does not come back are marked once; of one that comes back they are not', async () => {
  const { sensor, tenant, connector, uplink } = await connected()
  uplink.send({ heartbeat: { connectors: [{ connectorId: connector.id, status: 'healthy', message: 'listening' }] } })
  await expect.poll(() => hub.connectors.rows.get(connector.id)?.state.status).toBe('healthy')
  uplink.close()
  await expect.poll(() => hub.connectors.rows.get(connector.id)?.state.message).toBe('sensor offline')
  const stateOf = (id: string) => hub.connectors.rows.get(id)?.state
  // What the database holds after a kill: the sensor was connected, nobody marked anything.
  const before = stateOf(connector.id)
  if (!before) throw new Error('no state')
  await hub.connectors.store.report(tenant, connector.id, { ...before, status: 'healthy', message: 'listening', consecutiveFailures: 0 })
  const unreported = await hub.connectors.store.create(tenant, {
    ...{ name: 'elsewhere', type: 'file', sensorId: (await hub.enrolled(tenant.tenantId)).sensorId, enabled: true, config: {} },
  })
  const changes: string[] = []
  hub.live.subscribe(tenant.tenantId, (event) => event.type === 'connector_status' && changes.push(`${event.from} > ${event.to}: ${event.message}`))

  hub.fleet.awaitReturn([tenant])
  await expect
    .poll(() => stateOf(connector.id))
    .toMatchObject({ status: 'unhealthy', message: 'sensor offline', consecutiveFailures: 1, eventsPerSecond: 0 })
  hub.fleet.awaitReturn([tenant])
  const back = openUplink(hub.port, sensor)
  await back.hello({})
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(stateOf(connector.id)?.consecutiveFailures).toBe(1)
  expect(stateOf(unreported.id)?.status).toBe('unknown')
  expect(changes).toEqual(['healthy > unhealthy: sensor offline'])
  back.close()
})
