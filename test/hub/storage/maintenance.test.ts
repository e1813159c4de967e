import { afterAll, beforeAll, expect, test } from 'vitest'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { maintain } from '../../../hub/storage/maintenance.ts'
import { createPipelineStore } from '../../../hub/storage/pipeline-store.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { createTimelineStore } from '../../../hub/storage/timeline-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { batchOf, evaluationOf, newTenant } from '../../support/storage-builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

const DAY_MS = 86_400_000

test('K-191 what is past its time goes, for every tenant; totals stay', async () => {
  const { db } = database
  const now = new Date()
  const ago = (days: number) => new Date(now.getTime() - days * DAY_MS)
  const tenants = [await newTenant(db, 'A'), await newTenant(db, 'B')]
  const zero = { received: 1, failed: 0, bytes: 0, stored: 0, matched: 0, alerts: 0, normalizeP50: 0, normalizeP95: 0, normalizeP99: 0, lag: 0 }
  for (const tenant of tenants) {
    const ingest = createIngestStore(db)
    await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 1, last: 3, hits: [1], time: ago(40), receivedAt: ago(40) }))
    await ingest.commit(tenant, batchOf(tenant.sensorId, { first: 4, last: 5, hits: [4], entity: 'host:new', time: ago(10), receivedAt: now }))
    await createPipelineStore(db).add(
      tenant,
      [91, 89].map((days) => ({ ...zero, minute: ago(days) })),
    )
    let seq = 5
    for (const days of [20, 9, 1]) {
      const evaluation = await evaluationOf(createRuleStore(db), tenant, 'r')
      const batch = batchOf(tenant.sensorId, { first: seq + 1, last: seq + days, time: ago(40), receivedAt: ago(days), evaluation })
      await ingest.commit(tenant, batch)
      seq += days
    }
  }
  for (const round of [1, 2]) {
    await maintain(db, now, { eventDays: 30 })
    for (const tenant of tenants) {
      const label = `round ${round}`
      const all = await createTimelineStore(db).search(tenant, { from: new Date(0), to: new Date(8.64e15), descending: true, limit: 100 })
      expect(all.events, label).toHaveLength(2)
      expect(await createPipelineStore(db).totals(tenant), label).toMatchObject({ events: 35, matched: 2, alerts: 2 })
      const series = await createPipelineStore(db).series(tenant, { from: ago(365), to: now, intervalSeconds: 86_400 })
      expect(series, label).toHaveLength(1)
      expect(await createRuleStore(db).evaluations(tenant), label).toEqual(new Map([['r', 30]]))
      expect(await createRuleStore(db).evaluations(tenant, ago(2)), label).toEqual(new Map([['r', 1]]))
    }
  }
  // Of each tenant: one sum of what is old, and an hour that is not.
  const { rows } = await database.superuser.query(
    'select (select count(*)::int from rule_evaluations) as sums, (select count(*)::int from evaluation_counts) as hours',
  )
  expect(rows).toEqual([{ sums: 2, hours: 2 }])
})
