import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAlertStore } from '../../../hub/storage/alert-store.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { maintain } from '../../../hub/storage/maintenance.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { addSensor, batchOf, evaluationOf, newTenant } from '../../support/storage-builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Twenty past an hour, so that what is "an hour ago" is in another hour. */
const now = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 20 * 60_000)
const ago = (ms: number) => new Date(now.getTime() - ms)

test('K-85 K-86 a batch that comes again, in part or whole, counts no event and no match twice', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules] = [createIngestStore(database.db), createRuleStore(database.db)]
  const evaluation = await evaluationOf(rules, tenant, 'rule-1', 'rule-2')
  const batch = batchOf(tenant.sensorId, { first: 1, last: 10, hits: [2, 3], evaluation })
  await ingest.commit(tenant, batch)
  await ingest.commit(tenant, batch)
  await ingest.commit(tenant, batch, true)
  await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 6, last: 14, hits: [7, 12], evaluation }))
  expect(await rules.evaluations(tenant)).toEqual(
    new Map([
      ['rule-1', 14],
      ['rule-2', 14],
    ]),
  )
  expect((await rules.verdicts(tenant)).get('rule-1')?.matches).toBe(3)
})

test('K-85 a commit that fails counts nothing', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules] = [createIngestStore(database.db), createRuleStore(database.db)]
  const evaluation = await evaluationOf(rules, tenant, 'rule-1')
  const batch = batchOf(tenant.sensorId, { first: 1, last: 3, hits: [2], evaluation })
  const broken = { ...batch, matches: batch.matches.map((match) => ({ ...match, eventId: 'no uuid' })) }
  await expect(ingest.commit(tenant, broken)).rejects.toThrow()
  expect([await rules.evaluations(tenant), await rules.verdicts(tenant)]).toEqual([new Map(), new Map()])
})

test('K-85 many sensors at once, under views that change, add up exactly', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules] = [createIngestStore(database.db), createRuleStore(database.db)]
  const sensors = [tenant.sensorId, randomUUID(), randomUUID()]
  for (const id of sensors.slice(1)) await addSensor(database.db, tenant, id)
  const views = [await evaluationOf(rules, tenant, 'always', 'first'), await evaluationOf(rules, tenant, 'always', 'second')]
  await Promise.all(
    sensors.map(async (sensorId) => {
      for (let n = 0; n < 10; n++) {
        const evaluation = views[n % 2]
        await ingest.commit(tenant, batchOf(sensorId, { first: n * 5 + 1, last: n * 5 + 5, hits: [n * 5 + 1], ...(evaluation && { evaluation }) }))
      }
    }),
  )
  expect(Object.fromEntries(await rules.evaluations(tenant))).toEqual({ always: 150, first: 75, second: 75 })
  expect((await rules.verdicts(tenant)).get('rule-1')?.matches).toBe(30)
})

test('K-100 K-101 "the last 24 hours" starts with the first full hour of them', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules] = [createIngestStore(database.db), createRuleStore(database.db)]
  const evaluation = await evaluationOf(rules, tenant, 'rule-1')
  // 24 h ago it was twenty past, too: that hour is not counted, the next is.
  for (const [n, at] of [ago(DAY_MS), ago(DAY_MS - HOUR_MS), now].entries())
    await ingest.commit(tenant, batchOf(tenant.sensorId, { first: n + 1, last: n + 1, hits: [n + 1], receivedAt: at, evaluation }))
  expect((await rules.evaluations(tenant, ago(DAY_MS))).get('rule-1')).toBe(2)
  expect((await rules.verdicts(tenant, ago(DAY_MS))).get('rule-1')?.matches).toBe(2)
  expect((await rules.evaluations(tenant)).get('rule-1')).toBe(3)
})

test('K-88 K-102 K-103 verdicts follow the alert, also when they are taken back or changed', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules, alerts] = [createIngestStore(database.db), createRuleStore(database.db), createAlertStore(database.db)]
  const { notices } = await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 1, last: 2, hits: [1, 2] }))
  const alertId = notices[0]?.alertId ?? ''
  const verdict = async (version: number, status: 'open' | 'investigating' | 'resolved' | 'false_positive', at: Date) => {
    await alerts.update(tenant, alertId, version, { status }, [{ at, actor: 'ana', kind: 'status', from: 'open', to: status }])
    const read = async (since?: Date) => {
      const counted = (await rules.verdicts(tenant, since)).get('rule-1')
      return [counted?.truePositives, counted?.falsePositives]
    }
    return [...(await read()), ...(await read(ago(7 * DAY_MS)))]
  }
  expect(await verdict(1, 'investigating', ago(9 * DAY_MS))).toEqual([0, 0, 0, 0])
  expect(await verdict(2, 'resolved', ago(9 * DAY_MS))).toEqual([1, 0, 0, 0])
  expect(await verdict(3, 'open', ago(8 * DAY_MS))).toEqual([0, 0, 0, 0])
  expect(await verdict(4, 'false_positive', now)).toEqual([0, 1, 0, 1])
  expect(await verdict(5, 'resolved', now)).toEqual([1, 0, 1, 0])
  await maintain(database.db, now)
  expect(await verdict(6, 'false_positive', now)).toEqual([0, 1, 0, 1])
})

test('K-85 K-191 adding up leaves every total as it is, and few rows', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules] = [createIngestStore(database.db), createRuleStore(database.db)]
  const old = await evaluationOf(rules, tenant, 'rule-1', 'gone')
  const current = await evaluationOf(rules, tenant, 'rule-1')
  let seq = 0
  for (const [evaluation, at] of [
    [old, ago(20 * DAY_MS)],
    [old, ago(10 * DAY_MS)],
    [current, ago(3 * HOUR_MS)],
    [current, now],
  ] as const)
    for (const epoch of ['one', 'two']) {
      const batch = batchOf(tenant.sensorId, { epoch, first: 1, last: 4, hits: [1], receivedAt: at, evaluation })
      await ingest.commit(tenant, { ...batch, epoch: `${epoch}${seq++}` })
    }
  const read = async () => [await rules.evaluations(tenant), await rules.evaluations(tenant, ago(DAY_MS)), await rules.verdicts(tenant)]
  const before = await read()
  expect(Object.fromEntries(before[0] ?? [])).toEqual({ 'rule-1': 32, gone: 16 })
  for (const at of [now, now, new Date(now.getTime() + 3 * DAY_MS)]) {
    await maintain(database.db, at)
    expect(await read()).toEqual(before)
  }
  const { rows } = await database.superuser.query(
    `select (select count(*)::int from evaluation_counts where tenant_id = $1) as evaluations, (select count(*)::int from match_counts where tenant_id = $1) as matches,
      (select count(*)::int from evaluation_views where tenant_id = $1) as views`,
    [tenant.tenantId],
  )
  expect(rows).toEqual([{ evaluations: 2, matches: 3, views: 1 }])
})

test('K-85 of a tenant that changes its rules without end the oldest views are counted by rule', async () => {
  const tenant = await newTenant(database.db)
  const [ingest, rules] = [createIngestStore(database.db), createRuleStore(database.db)]
  for (let n = 1; n <= 105; n++) {
    const evaluation = await evaluationOf(rules, tenant, 'always', `version-${n}`)
    await ingest.commit(tenant, batchOf(tenant.sensorId, { first: n, last: n, evaluation }))
  }
  const before = await rules.evaluations(tenant)
  await maintain(database.db, new Date(Date.now() + 3 * HOUR_MS))
  expect(await rules.evaluations(tenant)).toEqual(before)
  expect(before.get('always')).toBe(105)
  const { rows } = await database.superuser.query('select count(*)::int as n from evaluation_views where tenant_id = $1', [tenant.tenantId])
  expect(rows).toEqual([{ n: 100 }])
})
