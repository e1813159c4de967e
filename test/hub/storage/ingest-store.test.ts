import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAlertStore } from '../../../hub/storage/alert-store.ts'
import { createIngestStore, SequenceGap } from '../../../hub/storage/ingest-store.ts'
import { createPipelineStore } from '../../../hub/storage/pipeline-store.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { createTimelineStore } from '../../../hub/storage/timeline-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { addSensor, batchOf, draftOf, newTenant, storedEvent } from '../../support/storage-builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

const stored = async (sensorId: string): Promise<number[]> => {
  const { rows } = await database.superuser.query<{ seq: string }>('select seq from events where sensor_id = $1 order by seq', [sensorId])
  return rows.map((row) => Number(row.seq))
}
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

test('T14 a batch that comes again stores nothing, makes no alert and moves no mark', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const batch = batchOf(tenant.sensorId, { first: 1, last: 20, hits: [3, 4] })
  expect(await ingest.commit(tenant, batch)).toMatchObject({ through: 20, stored: 20, skipped: 0, notices: [{ created: true }] })
  for (const again of [1, 2, 3])
    expect(await ingest.commit(tenant, batch), `copy ${again}`).toEqual({ through: 20, stored: 0, skipped: 20, notices: [] })
  expect(await stored(tenant.sensorId)).toEqual(upTo(20))
  expect(await ingest.marks(tenant, tenant.sensorId, ['epoch', 'other'])).toEqual(new Map([['epoch', 20]]))
  const { alerts } = await createAlertStore(database.db).list(tenant, { sort: [], limit: 10 })
  expect(alerts.map(({ count, version }) => ({ count, version }))).toEqual([{ count: 2, version: 1 }])
  expect(await createPipelineStore(database.db).totals(tenant)).toEqual({ events: 20, failed: 0, matched: 2, alerts: 1, falsePositives: 0 })
})

test('of a batch that overlaps what is stored only the new part is, with its matches', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 1, last: 10, hits: [8] }))
  const tombstone = { first: 9, last: 12, reason: 'buffer_full', count: 4, at: new Date() }
  const overlap = { ...batchOf(tenant.sensorId, { first: 6, last: 15, hits: [8, 14, 15] }), tombstones: [tombstone] }
  expect(await ingest.commit(tenant, overlap)).toMatchObject({ through: 15, stored: 5, skipped: 5, notices: [{ created: false }] })
  expect(await stored(tenant.sensorId)).toEqual(upTo(15))
  const { alerts } = await createAlertStore(database.db).list(tenant, { sort: [], limit: 10 })
  expect(alerts.map(({ count }) => count)).toEqual([3])
  const { rows } = await database.superuser.query('select first_seq::int, last_seq::int, count::int from tombstones where tenant_id = $1', [
    tenant.tenantId,
  ])
  expect(rows).toEqual([{ first_seq: 11, last_seq: 12, count: 2 }])
})

test('a batch above the next seq is refused as a gap and changes nothing', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 1, last: 5 }))
  const refused = ingest.commit(tenant, batchOf(tenant.sensorId, { first: 7, last: 9 }))
  await expect(refused).rejects.toBeInstanceOf(SequenceGap)
  await expect(refused).rejects.toMatchObject({ kind: 'conflict', expected: 6, first: 7 })
  await expect(ingest.commit(tenant, batchOf(tenant.sensorId, { epoch: 'new', first: 2, last: 3 }))).rejects.toBeInstanceOf(SequenceGap)
  expect(await stored(tenant.sensorId)).toEqual(upTo(5))
})

test('the same batch committed many times at once is stored once', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const batch = batchOf(tenant.sensorId, { first: 1, last: 50, hits: [1] })
  const results = await Promise.all(Array.from({ length: 6 }, () => ingest.commit(tenant, batch)))
  expect(results.map((result) => result.stored).sort((a, b) => b - a)).toEqual([50, 0, 0, 0, 0, 0])
  expect(results.flatMap((result) => result.notices)).toHaveLength(1)
  expect(await stored(tenant.sensorId)).toEqual(upTo(50))
})

test('sensors that hit the same rules and entities at once, in opposite orders, share the alerts and lose no count', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const sensors = [tenant.sensorId, `${tenant.sensorId}-b`, `${tenant.sensorId}-c`]
  for (const id of sensors.slice(1)) await addSensor(database.db, tenant, id)
  const entities = Array.from({ length: 20 }, (_, i) => `host:h${i}`)
  await Promise.all(
    sensors.map(async (sensorId, turn) => {
      for (let round = 0; round < 5; round += 1) {
        const plain = batchOf(sensorId, { first: round * 20 + 1, last: round * 20 + 20 })
        const drafts = plain.events.map((event, i) => draftOf([event], { entity: entities[i] ?? '' }))
        await ingest.commit(tenant, { ...plain, alerts: turn % 2 ? drafts.toReversed() : drafts })
      }
    }),
  )
  const { alerts, total } = await createAlertStore(database.db).list(tenant, { sort: [], limit: 100 })
  expect(total).toBe(20)
  expect(alerts.map(({ count }) => count)).toEqual(entities.map(() => 15))
})

test('hits merge into the alert that is open or investigated, and open a new one once it is closed', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const alerts = createAlertStore(database.db)
  const first = await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 1, last: 1, hits: [1] }))
  const alertId = first.notices[0]?.alertId ?? ''
  await alerts.update(tenant, alertId, 1, { status: 'investigating' }, [])
  const second = await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 2, last: 3, hits: [2, 3] }))
  expect(second.notices).toEqual([{ created: false, alertId, severity: 'high', ruleTitle: 'Title of rule-1', host: 'web-01' }])
  const merged = await alerts.get(tenant, alertId)
  expect(merged).toMatchObject({ count: 3, status: 'investigating', version: 3 })
  expect(merged?.document).toMatchObject({ message: 'Failed password for ana, attempt 1' })

  await alerts.update(tenant, alertId, 3, { status: 'resolved' }, [])
  const third = await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 4, last: 4, hits: [4] }))
  expect(third.notices[0]).toMatchObject({ created: true })
  expect(third.notices[0]?.alertId).not.toBe(alertId)
  // Opening the closed one again would leave two alerts to take the same hits.
  expect(await alerts.update(tenant, alertId, 4, { status: 'open' }, [])).toBeUndefined()

  const { rows, total } = await createRuleStore(database.db).matches(tenant, 'rule-1', { limit: 10, offset: 0 })
  expect(total).toBe(4)
  expect(rows.filter((row) => row.alertId === alertId).map((row) => row.verdict)).toEqual(['true_positive', 'true_positive', 'true_positive'])
})

test('a draft that repeats a closed alert adds to it instead of failing the batch for good', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const alerts = createAlertStore(database.db)
  const batch = batchOf(tenant.sensorId, { first: 1, last: 1, hits: [1] })
  const [notice] = (await ingest.commit(tenant, batch)).notices
  await alerts.update(tenant, notice?.alertId ?? '', 1, { status: 'false_positive' }, [])
  await ingest.commit(tenant, { ...batchOf(tenant.sensorId, { first: 2, last: 2 }), alerts: batch.alerts.map((draft) => ({ ...draft, seqs: [2] })) })
  expect(await alerts.get(tenant, notice?.alertId ?? '')).toMatchObject({ count: 2, status: 'false_positive' })
})

test('every event is stored whatever its time or text, and found again', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const now = Date.now()
  const day = 86_400_000
  const times = [
    new Date(now),
    new Date(now - 40 * day),
    new Date(now - 400 * day),
    new Date(now + 30 * day),
    new Date(8.64e15),
    new Date(-8.64e15),
    new Date(Number.NaN),
  ]
  const events = times.map((time, i) => storedEvent(i + 1, { time, document: '{}', epoch: tenant.sensorId }))
  const odd = [
    storedEvent(8, {
      epoch: tenant.sensorId,
      host: 'a\0b',
      user: `'"\\{},NULL`,
      document: JSON.stringify({ message: 'nul \0 lone \ud800 "quoted" back\\slash' }),
    }),
    storedEvent(9, { epoch: tenant.sensorId, document: '{\n  "message": "pretty\\tprinted"\n}' }),
    storedEvent(10, { epoch: tenant.sensorId, document: `{"deep":${'['.repeat(900)}${']'.repeat(900)}}` }),
  ]
  const batch = { ...batchOf(tenant.sensorId, { first: 1, last: 10 }), events: [...events, ...odd] }
  expect(await ingest.commit(tenant, batch)).toMatchObject({ through: 10, stored: 10 })
  const timeline = createTimelineStore(database.db)
  const all = await timeline.search(tenant, { from: new Date(-8.64e13), to: new Date(Date.UTC(9999, 11, 31, 24)), descending: true, limit: 100 })
  expect(all.events).toHaveLength(10)
  expect(await timeline.get(tenant, odd[0]?.id ?? '')).toMatchObject({ host: 'a\uFFFDb', user: `'"\\{},NULL` })
  const { rows } = await database.superuser.query('select document::text from events where sensor_id = $1 and seq in (8, 9) order by seq', [
    tenant.sensorId,
  ])
  expect(rows.map((row) => row.document)).toEqual(odd.slice(0, 2).map((event) => event.document))
})

test('a day gets its partition when its first event comes, and takes over what the default partition held of it', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const old = new Date(Date.now() - 100 * 86_400_000)
  await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 1, last: 3, time: old }))
  const partitionsOf = async () => {
    const { rows } = await database.superuser.query('select distinct tableoid::regclass::text as name from events where sensor_id = $1', [
      tenant.sensorId,
    ])
    return rows.map((row) => row.name)
  }
  expect(await partitionsOf()).toEqual(['events_default'])
  // As if the hub had stood still: seen from back then the day is within the range.
  await database.db.partitions.ensure([old.getTime()], old)
  const name = `events_${old.toISOString().slice(0, 10).replaceAll('-', '')}`
  expect(await partitionsOf()).toEqual([name])
  expect(await stored(tenant.sensorId)).toEqual([1, 2, 3])
  expect(await database.db.partitions.dropBefore(new Date(old.getTime() + 86_400_000))).toEqual([name])
  expect(await stored(tenant.sensorId)).toEqual([])
  // Dropped is not closed: a late event of that day is stored again.
  expect(await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 4, last: 4, time: old }))).toMatchObject({ stored: 1 })
})

test('K-152 of a commit whose answer was lost the next try tells what the first would have told, once', async () => {
  const tenant = await newTenant(database.db)
  const ingest = createIngestStore(database.db)
  const batch = batchOf(tenant.sensorId, { first: 1, last: 3, hits: [2] })
  const told = await ingest.commit(tenant, batch)
  expect(told).toMatchObject({ through: 3, stored: 3, notices: [{ created: true }] })
  expect(await ingest.commit(tenant, batch, true)).toEqual(told)
  expect(await ingest.commit(tenant, batch)).toMatchObject({ through: 3, stored: 0, skipped: 3, notices: [] })
  // Merged into that alert, it made none of its own.
  const merged = batchOf(tenant.sensorId, { first: 4, last: 4, hits: [4] })
  await ingest.commit(tenant, merged)
  expect(await ingest.commit(tenant, merged, true)).toMatchObject({ stored: 1, notices: [] })
  expect((await createAlertStore(database.db).get(tenant, told.notices[0]?.alertId ?? ''))?.count).toBe(2)
})
