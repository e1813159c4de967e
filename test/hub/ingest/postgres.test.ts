import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEnrollmentStore } from '../../../hub/storage/enrollment-store.ts'
import { createFleetStore } from '../../../hub/storage/fleet-store.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { createTenantAdminStore } from '../../../hub/storage/tenant-admin-store.ts'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { enrollClient, makeBatch, makeEvent, newEpoch, openUplink } from '../../support/sensor-client.ts'

let database: TestDatabase
let hub: Awaited<ReturnType<typeof startIngestHub>>
beforeAll(async () => {
  database = await startTestDatabase()
  const { db } = database
  hub = await startIngestHub({ stores: { ingest: createIngestStore(db), fleet: createFleetStore(db), enrollment: createEnrollmentStore(db) } })
})
afterAll(async () => {
  await hub?.stop()
  await database?.stop()
})

async function newSensor() {
  const { id } = await createTenantAdminStore(database.db).createTenant('Acme')
  return { tenantId: id, ...(await enrollClient(hub, await hub.tokenFor(id))) }
}

const rows = async (query: string, values: unknown[]) => (await database.superuser.query(query, values)).rows

test('T7 what only PostgreSQL refuses becomes a tombstone, the other 496 of 500 are stored', async () => {
  const sensor = await newSensor()
  const uplink = openUplink(hub.port, sensor)
  const epoch = newEpoch()
  await uplink.hello({ lanes: [{ epoch, lane: 'bulk', firstUnacked: 1, nextSeq: 501 }] })
  const poison = new Map([
    [7, '{not json}'],
    [250, `{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    [251, '{"a":1}{"b":2}'],
    [500, '{"cut": "}'],
  ])
  const strange = new Map([
    [8, '{"nul":"\\u0000"}'],
    [9, '{"lone":"\\ud800"}'],
    [10, `{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`],
    [11, '{"__proto__":{"a":1},"constructor":{"prototype":{}}}'],
  ])
  const document = (seq: number) => Buffer.from(poison.get(seq) ?? strange.get(seq) ?? `{"n":${seq}}`)
  await uplink.sendBatch({ epoch, first: 1, last: 500, entry: (seq) => ({ seq, event: makeEvent('x', { document: document(seq) }) }) })
  await uplink.acked(epoch, 500)
  const stored = await rows('select seq::int, document::text from events where tenant_id = $1 order by seq', [sensor.tenantId])
  const given = Array.from({ length: 500 }, (_, index) => index + 1)
  expect(stored.map(({ seq }) => seq)).toEqual(given.filter((seq) => !poison.has(seq)))
  expect(stored.find(({ seq }) => seq === 11)?.document).toBe(strange.get(11))
  const tombstones = await rows('select first_seq::int as seq, reason from tombstones where tenant_id = $1 order by 1', [sensor.tenantId])
  expect(tombstones).toEqual([...poison.keys()].map((seq) => ({ seq, reason: 'poison' })))
  uplink.close()
})

test('T14 everything resent three times, shuffled, over a new stream: no new rows, no new alerts', async () => {
  const sensor = await newSensor()
  const epoch = newEpoch()
  const batches = await Promise.all(
    [0, 1, 2, 3].map((n) =>
      makeBatch({ epoch, first: n * 50 + 1, last: n * 50 + 50, entry: (seq) => ({ seq, event: makeEvent(seq % 9 === 0 ? 'evil' : 'good') }) }),
    ),
  )
  const counts = async () => {
    const [row] = await rows(
      `select (select count(*)::int from events where tenant_id = $1) as events, (select count(*)::int from matches where tenant_id = $1) as matches,
        (select count(*)::int from alerts where tenant_id = $1) as alerts, (select sum(count)::int from alerts where tenant_id = $1) as hits`,
      [sensor.tenantId],
    )
    return row
  }
  for (const round of [1, 2]) {
    const uplink = openUplink(hub.port, sensor)
    await uplink.hello({ lanes: [{ epoch, lane: 'bulk', firstUnacked: 1, nextSeq: 201 }] })
    const order =
      round === 1
        ? batches
        : [...batches, ...batches, ...batches]
            .map((batch, index) => ({ batch, key: (index * 5) % 12 }))
            .sort((a, b) => a.key - b.key)
            .map(({ batch }) => batch)
    for (const batch of order) uplink.send({ batch })
    await uplink.sendBatch({ epoch, first: 200 + round, last: 200 + round })
    await uplink.acked(epoch, 200 + round)
    expect(await counts()).toEqual({ events: 200 + round, matches: 22, alerts: 1, hits: 22 })
    uplink.close()
  }
})

test('a revoked sensor is out, whatever another tenant asks', async () => {
  const [one, other] = [await newSensor(), await newSensor()]
  expect(await hub.fleet.revoke({ tenantId: other.tenantId }, one.sensorId)).toBe(false)
  const uplink = openUplink(hub.port, one)
  await uplink.hello()
  expect(await hub.fleet.revoke({ tenantId: one.tenantId }, one.sensorId)).toBe(true)
  expect(await uplink.refused()).toMatchObject({ kind: 'REVOKED' })
})
