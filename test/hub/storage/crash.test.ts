import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DatabaseUnavailable } from '../../../hub/storage/errors.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { createPipelineStore } from '../../../hub/storage/pipeline-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { addSensor, batchOf, newTenant } from '../../support/storage-builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

test('T3 PostgreSQL killed again and again while batches are committed loses none and doubles none', async () => {
  const { db, server } = database
  const tenant = await newTenant(db)
  const ingest = createIngestStore(db)
  const sensors = [`${tenant.sensorId}-a`, `${tenant.sensorId}-b`]
  for (const id of sensors) await addSensor(db, tenant, id)
  const size = 25
  let kills = 0
  let failures = 0

  /** As the uplink does: the same batch until it is acknowledged, then the next. */
  const push = async (sensorId: string) => {
    let through = 0
    while (kills < 3 || through < 20 * size) {
      const batch = batchOf(sensorId, { first: through + 1, last: through + size, hits: [through + 1], entity: `sensor:${sensorId}` })
      try {
        through = (await ingest.commit(tenant, batch)).through
      } catch (error) {
        expect(error).toBeInstanceOf(DatabaseUnavailable)
        failures += 1
        await sleep(50)
      }
    }
    return through
  }
  const killing = (async () => {
    for (; kills < 3; kills += 1) {
      await sleep(300)
      const killed = server.pid
      process.kill(killed, 'SIGKILL')
      // Its connections live on for a moment and would answer; the next server is what to wait for.
      await expect.poll(() => server.pid, { timeout: 20_000 }).not.toBe(killed)
      await expect
        .poll(
          () =>
            db.ping().then(
              () => true,
              () => false,
            ),
          { timeout: 20_000, interval: 100 },
        )
        .toBe(true)
    }
  })()
  const through = await Promise.all(sensors.map(push))
  await killing
  expect(failures).toBeGreaterThan(0)
  const { rows } = await database.superuser.query<{ sensor_id: string; seqs: string; distinct: string; last: string }>(
    `select sensor_id, count(*) as seqs, count(distinct seq) as distinct, max(seq) as last from events where tenant_id = $1 group by 1 order by 1`,
    [tenant.tenantId],
  )
  expect(rows).toEqual(
    sensors.map((sensor_id, i) => ({ sensor_id, seqs: String(through[i]), distinct: String(through[i]), last: String(through[i]) })),
  )
  const all = through.reduce((sum, each) => sum + each, 0)
  expect(await createPipelineStore(db).totals(tenant)).toMatchObject({ events: all, matched: all / size, alerts: 2 })
}, 120_000)

test('A8 a pool of one connection that dies under its next transaction, again and again, still answers and still closes', async () => {
  const db = await database.open({ appConnections: 1 })
  const tenant = await newTenant(db)
  const backendOf = async () => {
    const { rows } = await database.superuser.query<{ pid: number }>(
      "select pid from pg_stat_activity where usename = 'picket_app' and state = 'idle'",
    )
    return rows.map(({ pid }) => pid)
  }
  const ask = () => createPipelineStore(db).totals(tenant)
  for (let round = 0; round < 30; round++) {
    await expect.poll(ask, { timeout: 20_000 }).toMatchObject({ events: 0 })
    const ends = (await backendOf()).map((pid) => database.superuser.query('select pg_terminate_backend($1)', [pid]))
    // At once: the pool has not heard yet that its connection is gone.
    await Promise.allSettled([...ends, ask(), ask()])
  }
  expect(await ask()).toMatchObject({ events: 0 })
})
