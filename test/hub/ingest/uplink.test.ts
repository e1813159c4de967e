import { afterAll, beforeAll, expect, test } from 'vitest'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { makeBatch, makeEvent, newEpoch, openUplink } from '../../support/sensor-client.ts'

let hub: Awaited<ReturnType<typeof startIngestHub>>
beforeAll(async () => {
  hub = await startIngestHub()
})
afterAll(() => hub.stop())

const eventsOf = (epoch: string) => [...hub.ingest.events.values()].filter((event) => event.epoch === epoch).sort((a, b) => a.seq - b.seq)
const lane = (epoch: string, firstUnacked = 1) => ({ epoch, lane: 'bulk', firstUnacked, nextSeq: 1_000 })

test('a batch is stored for the tenant of the certificate, then acknowledged with credits', async () => {
  const sensor = await hub.enrolled()
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  const welcome = await uplink.hello({ lanes: [lane(epoch)] })
  expect(welcome.marks).toMatchObject([{ epoch, through: 0 }])
  expect(welcome.creditBytes).toBeGreaterThan(0)
  await uplink.sendBatch({ epoch, first: 1, last: 500 })
  const ack = await uplink.acked(epoch, 500)
  expect(ack.creditBytes).toBeGreaterThan(0)
  const stored = eventsOf(epoch)
  expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
  expect(new Set(stored.map(({ tenantId, sensorId }) => `${tenantId} ${sensorId}`))).toEqual(new Set([`${sensor.tenantId} ${sensor.sensorId}`]))
  uplink.close()
})

test('the very first events keep their connector, those of a deleted one too', async () => {
  const sensor = await hub.enrolled()
  const tenant = { tenantId: sensor.tenantId }
  const connector = await hub.connectors.store.create(tenant, { name: 'c', type: 'syslog', sensorId: sensor.sensorId, enabled: true, config: {} })
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  void uplink.hello({ lanes: [lane(epoch)] })
  const entry = (seq: number) => ({ seq, event: makeEvent('x', { connectorId: connector.id }) })
  await uplink.sendBatch({ epoch, first: 1, last: 1, entry })
  await uplink.acked(epoch, 1)
  await hub.connectors.store.delete(tenant, connector.id)
  await hub.fleet.configurationChanged(tenant)
  await uplink.sendBatch({ epoch, first: 2, last: 2, entry })
  await uplink.acked(epoch, 2)
  expect(eventsOf(epoch).map(({ connectorId }) => connectorId)).toEqual([connector.id, connector.id])
  uplink.close()
})

test('a sensor that says goodbye gets its last acknowledgement, then the stream ends well', async () => {
  const sensor = await hub.enrolled()
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  await uplink.sendBatch({ epoch, first: 1, last: 50 })
  uplink.call.end()
  expect((await uplink.ended).code).toBe(0)
  expect(uplink.received.at(-1)?.ack).toMatchObject({ epoch, through: 50 })
  await expect.poll(() => hub.fleet.isConnected(sensor.sensorId)).toBe(false)
})

test('the priority lane is acknowledged while the bulk lane waits', async () => {
  const uplink = openUplink(hub.port, await hub.enrolled())
  const [bulk, priority] = [newEpoch(), newEpoch()]
  await uplink.hello({ lanes: [lane(bulk), { ...lane(priority), lane: 'priority' }] })
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  hub.ingest.hooks.beforeCommit = (batch) => (batch.epoch === bulk ? gate : undefined)
  await uplink.sendBatch({ epoch: bulk, first: 1, last: 5 })
  await uplink.sendBatch({ epoch: priority, first: 1, last: 5, lane: 'priority' })
  await uplink.acked(priority, 5)
  expect(uplink.received.some(({ ack }) => ack?.epoch === bulk && (ack.through ?? 0) > 0)).toBe(false)
  open()
  await uplink.acked(bulk, 5)
  hub.ingest.hooks.beforeCommit = () => undefined
  uplink.close()
})

test('T14 every batch resent three times, shuffled, changes nothing', async () => {
  const sensor = await hub.enrolled()
  const epoch = newEpoch()
  const batches = await Promise.all(
    [0, 1, 2, 3, 4].map((n) =>
      makeBatch({ epoch, first: n * 20 + 1, last: n * 20 + 20, entry: (seq) => ({ seq, event: makeEvent(seq % 7 === 0 ? 'evil' : 'good') }) }),
    ),
  )
  const first = openUplink(hub.port, sensor)
  await first.hello({ lanes: [lane(epoch)] })
  for (const batch of batches) first.send({ batch })
  await first.acked(epoch, 100)
  const before = { events: eventsOf(epoch), alerts: structuredClone([...hub.ingest.alerts]), resent: hub.counters.resentBatches }
  expect(before.events).toHaveLength(100)

  const shuffled = [...batches, ...batches, ...batches].map((batch, index) => ({ batch, key: (index * 7) % 15 })).sort((a, b) => a.key - b.key)
  for (const { batch } of shuffled) first.send({ batch })
  first.close()
  const second = openUplink(hub.port, sensor)
  const welcome = await second.hello({ lanes: [lane(epoch)] })
  expect(welcome.marks).toMatchObject([{ epoch, through: 100 }])
  for (const { batch } of shuffled) second.send({ batch })
  // Its answer comes after those of all that were sent before it.
  await second.sendBatch({ epoch, first: 101, last: 101 })
  await second.acked(epoch, 101)
  expect(eventsOf(epoch).slice(0, 100)).toEqual(before.events)
  expect([...hub.ingest.alerts]).toEqual(before.alerts)
  expect(hub.counters.resentBatches).toBeGreaterThanOrEqual(before.resent + 15)
  second.close()
})

test('T13 a batch that overlaps the mark stores only what is new', async () => {
  const uplink = openUplink(hub.port, await hub.enrolled())
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  await uplink.sendBatch({ epoch, first: 1, last: 10 })
  await uplink.sendBatch({ epoch, first: 6, last: 15 })
  await uplink.acked(epoch, 15)
  expect(eventsOf(epoch)).toHaveLength(15)
  uplink.close()
})

test('A1 a sensor that names another tenant in any message gets nothing but its own', async () => {
  const own = await hub.enrolled()
  const other = await hub.enrolled()
  const foreign = await hub.connectors.store.create(
    { tenantId: other.tenantId },
    { name: 'theirs', type: 'syslog', sensorId: other.sensorId, enabled: true, config: {} },
  )
  const theirs = openUplink(hub.port, other)
  const theirEpoch = newEpoch()
  await theirs.hello({ lanes: [lane(theirEpoch)] })
  await theirs.sendBatch({ epoch: theirEpoch, first: 1, last: 3 })
  await theirs.acked(theirEpoch, 3)

  const uplink = openUplink(hub.port, own)
  const welcome = await uplink.hello({ lanes: [lane(theirEpoch)], host: { hostname: other.sensorId } })
  expect(welcome.marks).toMatchObject([{ epoch: theirEpoch, through: 0 }])
  await uplink.sendBatch({
    epoch: theirEpoch,
    first: 1,
    last: 2,
    entry: (seq) => ({ seq, event: makeEvent(other.tenantId, { connectorId: foreign.id }) }),
  })
  uplink.send({ heartbeat: { connectors: [{ connectorId: foreign.id, status: 'unhealthy', message: 'not yours' }] } })
  uplink.send({ packStatus: { version: 99, state: 'active', runningVersion: 99 } })
  uplink.send({ commandResult: { id: other.sensorId, ok: true } })
  await uplink.acked(theirEpoch, 2)

  const mine = [...hub.ingest.events.values()].filter(({ tenantId }) => tenantId === own.tenantId)
  expect(mine).toHaveLength(2)
  expect(mine.every(({ connectorId }) => connectorId === undefined)).toBe(true)
  expect([...hub.ingest.events.values()].filter(({ tenantId }) => tenantId === other.tenantId)).toHaveLength(3)
  expect(hub.connectors.rows.get(foreign.id)?.state.status).toBe('unknown')
  expect(hub.fleetStore.sensors.get(other.sensorId)?.pack.runningVersion).not.toBe(99)
  expect(hub.fleetStore.sensors.get(other.sensorId)?.hostname).toBe('test-host')
  theirs.close()
  uplink.close()
})

test('T7 poison documents cost themselves only', async () => {
  const uplink = openUplink(hub.port, await hub.enrolled())
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  const poison = new Map([
    [17, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    [40, Buffer.from('{"a":"\0"}')],
    [41, Buffer.from('[1]')],
    [42, Buffer.alloc(0)],
    [499, Buffer.alloc(3 * 1024 * 1024, 0x7b)],
  ])
  const strange = new Map([
    [50, '{"__proto__":{"polluted":true}}'],
    [51, '{"lone":"\\ud800"}'],
    [52, '{"year":"9999-12-31T00:00:00Z"}'],
  ])
  await uplink.sendBatch({
    epoch,
    first: 1,
    last: 500,
    entry: (seq) => ({
      seq,
      event: makeEvent('x', {
        document: poison.get(seq) ?? Buffer.from(strange.get(seq) ?? '{"a":1}'),
        timeMs: seq === 52 ? 253_402_214_400_000 : 1,
      }),
    }),
  })
  await uplink.acked(epoch, 500)
  expect(eventsOf(epoch)).toHaveLength(495)
  const tombstones = hub.ingest.tombstones.filter((tombstone) => tombstone.epoch === epoch)
  expect(tombstones.map(({ first, reason, count }) => [first, reason, count])).toEqual([...poison.keys()].map((seq) => [seq, 'poison', 1]))
  expect(
    eventsOf(epoch)
      .find(({ seq }) => seq === 52)
      ?.time.getUTCFullYear(),
  ).toBe(2026)
  await uplink.sendBatch({ epoch, first: 501, last: 501 })
  await uplink.acked(epoch, 501)
  uplink.close()
})

test('T7 an event that only the database refuses is found and given up, the rest is stored', async () => {
  const uplink = openUplink(hub.port, await hub.enrolled())
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  hub.ingest.hooks.beforeCommit = (batch) => {
    if (batch.events.some(({ document }) => document.includes('refuse me')))
      throw Object.assign(new Error('invalid input syntax for type json'), { code: '22P02' })
  }
  await uplink.sendBatch({
    epoch,
    first: 1,
    last: 100,
    entry: (seq) => ({ seq, event: makeEvent(seq === 33 ? 'refuse me' : seq === 66 ? 'evil' : 'fine') }),
  })
  await uplink.acked(epoch, 100)
  hub.ingest.hooks.beforeCommit = () => undefined
  expect(eventsOf(epoch).map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1).filter((seq) => seq !== 33))
  expect(hub.ingest.tombstones.filter((tombstone) => tombstone.epoch === epoch)).toMatchObject([{ first: 33, last: 33, reason: 'poison', count: 1 }])
  expect(hub.ingest.commits.flatMap(({ matches, epoch: of }) => (of === epoch ? matches : [])).map(({ seq }) => seq)).toEqual([66])
  uplink.close()
})

test('while the database is away nothing is acknowledged, the stream stays, and everything is stored when it returns', async () => {
  const uplink = openUplink(hub.port, await hub.enrolled())
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  let failures = 0
  hub.ingest.hooks.beforeCommit = () => {
    if (failures++ < 4) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  }
  await uplink.sendBatch({ epoch, first: 1, last: 10 })
  await uplink.sendBatch({ epoch, first: 11, last: 20 })
  await uplink.acked(epoch, 20)
  hub.ingest.hooks.beforeCommit = () => undefined
  expect(failures).toBeGreaterThan(4)
  expect(eventsOf(epoch)).toHaveLength(20)
  uplink.close()
})

test('tombstones account for their range; a missing seq does not pass', async () => {
  const sensor = await hub.enrolled()
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  const entries = (seq: number) =>
    seq === 2 ? { seq, tombstone: { first: 2, last: 900, reason: 'buffer_full', count: 899, atMs: Date.now() } } : { seq, event: makeEvent('x') }
  const batch = await makeBatch({ epoch, first: 1, last: 2, entry: entries })
  uplink.send({ batch: { ...batch, last: 900 } })
  await uplink.acked(epoch, 900)
  expect(hub.ingest.tombstones.filter((tombstone) => tombstone.epoch === epoch)).toMatchObject([
    { first: 2, last: 900, reason: 'buffer_full', count: 899 },
  ])

  const holed = await makeBatch({ epoch, first: 901, last: 903, entry: (seq) => ({ seq: seq === 902 ? 903 : seq, event: makeEvent('x') }) })
  uplink.send({ batch: holed })
  expect(await uplink.refused()).toMatchObject({ kind: 'BAD_BATCH' })
  expect(eventsOf(epoch)).toHaveLength(1)
})

test('a gap in the sequence is refused and the sensor resumes from the mark', async () => {
  const sensor = await hub.enrolled()
  const epoch = newEpoch()
  const uplink = openUplink(hub.port, sensor)
  await uplink.hello({ lanes: [lane(epoch)] })
  await uplink.sendBatch({ epoch, first: 1, last: 5 })
  await uplink.acked(epoch, 5)
  await uplink.sendBatch({ epoch, first: 8, last: 9 })
  expect(await uplink.refused()).toMatchObject({ kind: 'BAD_BATCH', detail: expect.stringContaining('6 was due') })
  expect(await uplink.ended).toMatchObject({ details: expect.stringMatching(/^BAD_BATCH/) })
  const again = openUplink(hub.port, sensor)
  expect((await again.hello({ lanes: [lane(epoch)] })).marks).toMatchObject([{ epoch, through: 5 }])
  again.close()
})

test('events the hub lost after acknowledging them become a tombstone and the stream goes on', async () => {
  const sensor = await hub.enrolled()
  const epoch = newEpoch()
  const uplink = openUplink(hub.port, sensor)
  await uplink.hello({ lanes: [lane(epoch)] })
  await uplink.sendBatch({ epoch, first: 1, last: 5 })
  await uplink.acked(epoch, 5)
  uplink.close()
  const again = openUplink(hub.port, sensor)
  await again.hello({ lanes: [lane(epoch, 9)] })
  await again.sendBatch({ epoch, first: 9, last: 9 })
  await again.acked(epoch, 9)
  expect(hub.ingest.tombstones.filter((tombstone) => tombstone.epoch === epoch)).toMatchObject([{ first: 6, last: 8, reason: 'hub_lost', count: 3 }])
  again.close()
})

test('a match becomes one alert per rule and entity, told to viewers of that tenant only', async () => {
  const sensor = await hub.enrolled()
  const heard: string[] = []
  const elsewhere: string[] = []
  hub.live.subscribe(sensor.tenantId, (event) => heard.push(event.type))
  hub.live.subscribe('another tenant', (event) => elsewhere.push(event.type))
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  await uplink.hello({ lanes: [lane(epoch)] })
  await uplink.sendBatch({ epoch, first: 1, last: 9, entry: (seq) => ({ seq, event: makeEvent(seq % 3 === 0 ? 'evil' : 'good') }) })
  await uplink.acked(epoch, 9)
  expect([...hub.ingest.alerts.values()].filter(({ tenantId }) => tenantId === sensor.tenantId)).toMatchObject([{ count: 3 }])
  expect(heard).toEqual(['alert'])
  expect(elsewhere).toEqual([])
  uplink.close()
})

test('a hub that stops commits and acknowledges what it has, and does not wait for idle streams', async () => {
  const own = await startIngestHub()
  const [busy, idle] = [openUplink(own.port, await own.enrolled()), openUplink(own.port, await own.enrolled())]
  const epoch = newEpoch()
  await Promise.all([busy.hello(), idle.hello()])
  let open: () => void = () => undefined
  let reached: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const committing = new Promise<void>((resolve) => {
    reached = resolve
  })
  own.ingest.hooks.beforeCommit = () => {
    reached()
    return gate
  }
  await busy.sendBatch({ epoch, first: 1, last: 5 })
  await committing
  const stopped = own.stop()
  expect((await idle.ended).code).toBe(0)
  open()
  await busy.acked(epoch, 5)
  expect((await busy.ended).code).toBe(0)
  await stopped
  expect(own.ingest.events.size).toBe(5)
})
