import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Alert, AlertQuery } from '../../../hub/alerts/ports.ts'
import type { TenantContext } from '../../../hub/identity/ports.ts'
import { createAlertStore } from '../../../hub/storage/alert-store.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { RULE_LEVELS } from '../../../shared/sigma/contract.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { batchOf, draftOf, newTenant } from '../../support/storage-builders.ts'

let database: TestDatabase
let tenant: TenantContext & { sensorId: string }
const start = Date.UTC(2026, 0, 10, 12)

/** 25 alerts, five to a severity, two made at each instant, of rules `rule-0`..`rule-4`. */
beforeAll(async () => {
  database = await startTestDatabase()
  tenant = await newTenant(database.db)
  for (let i = 0; i < 25; i += 1) {
    const receivedAt = new Date(start + Math.floor(i / 2) * 60_000)
    const batch = batchOf(tenant.sensorId, { first: i + 1, last: i + 1, receivedAt, time: receivedAt })
    const draft = draftOf(batch.events, { ruleId: `rule-${i % 5}`, entity: `host:h-${i}%`, severity: RULE_LEVELS[i % 5] ?? 'low' })
    const matches = batch.events.map(({ id, seq, time }) => ({
      eventId: id,
      seq,
      eventTime: time,
      ruleId: draft.ruleId,
      matchedConditions: ['a', 'b,c'],
    }))
    await createIngestStore(database.db).commit(tenant, { ...batch, alerts: [draft], matches })
  }
})
afterAll(() => database?.stop())

const list = (query: Partial<AlertQuery>) => createAlertStore(database.db).list(tenant, { sort: [], limit: 100, ...query })

/** Every page by cursor, one after another. */
async function walk(query: Partial<AlertQuery>): Promise<Alert[]> {
  const all: Alert[] = []
  let after: AlertQuery['after']
  do {
    const page = await list({ ...query, after })
    expect(page.total).toBe(25)
    all.push(...page.alerts)
    after = page.next
  } while (after && all.length < 100)
  return all
}

const idsOf = (alerts: readonly Alert[]) => alerts.map(({ id }) => id)

test.each([
  ['newest first', [{ field: 'created_at', descending: true }]],
  [
    'severity, then oldest',
    [
      { field: 'severity', descending: true },
      { field: 'created_at', descending: false },
    ],
  ],
  [
    'status, then last changed',
    [
      { field: 'status', descending: false },
      { field: 'updated_at', descending: true },
    ],
  ],
] as const)('pages by cursor hold every alert once, in the order of one long list: %s', async (_, sort) => {
  const whole = idsOf((await list({ sort })).alerts)
  expect(new Set(whole).size).toBe(25)
  for (const limit of [1, 4, 25]) expect(idsOf(await walk({ sort, limit })), `pages of ${limit}`).toEqual(whole)
  const byOffset = await Promise.all([0, 10, 20].map((offset) => list({ sort, limit: 10, offset })))
  expect(byOffset.flatMap((page) => idsOf(page.alerts))).toEqual(whole)
})

test('lists are ordered by severity as severity, not as text', async () => {
  const { alerts } = await list({ sort: [{ field: 'severity', descending: true }] })
  expect(alerts.map(({ severity }) => severity)).toEqual(RULE_LEVELS.toReversed().flatMap((level) => Array.from({ length: 5 }, () => level)))
})

test('filters bound what is listed and counted; from is inclusive, to is not', async () => {
  const count = async (query: Partial<AlertQuery>) => (await list({ limit: 1, ...query })).total
  expect(await count({ severity: ['high', 'critical'] })).toBe(10)
  expect(await count({ status: ['open'] })).toBe(25)
  expect(await count({ status: ['resolved'] })).toBe(0)
  expect(await count({ ruleId: 'rule-2' })).toBe(5)
  expect(await count({ from: new Date(start + 60_000), to: new Date(start + 120_000) })).toBe(2)
  expect(await count({ from: new Date(-8.64e15), to: new Date(8.64e15) })).toBe(25)
  expect(await count({ q: 'TITLE of RULE-3' })).toBe(5)
  expect(await count({ q: 'web-01' })).toBe(25)
  // Its own wildcards are letters: `h-1%` is in one entity, and would be in eleven as a pattern.
  expect(await count({ q: 'h-1%' })).toBe(1)
  expect(await count({ q: "'; drop table alerts; --\0" })).toBe(0)
})

test('a change is applied to the version it was decided on, with its activity, and not to another', async () => {
  const store = createAlertStore(database.db)
  const [alert] = (await list({ ruleId: 'rule-4' })).alerts
  const id = alert?.id ?? ''
  const at = new Date(start + 86_400_000)
  const closed = await store.update(tenant, id, 1, { status: 'false_positive', assignee: 'ben' }, [
    { at, actor: 'ana@example.com', kind: 'status', from: 'open', to: 'false_positive' },
    { at, actor: 'ana@example.com', kind: 'note', note: 'known scanner' },
  ])
  expect(closed).toMatchObject({ status: 'false_positive', assignee: 'ben', version: 2, updatedAt: at })
  expect(closed?.activity.map(({ kind }) => kind)).toEqual(['created', 'status', 'note'])
  expect(await store.update(tenant, id, 1, { status: 'open' }, [])).toBeUndefined()

  const rules = createRuleStore(database.db)
  expect((await rules.verdicts(tenant)).get('rule-4')).toEqual({ matches: 5, truePositives: 0, falsePositives: 1 })
  expect((await rules.verdicts(tenant, new Date(at.getTime() + 1))).get('rule-4')).toBeUndefined()
  const { rows } = await rules.matches(tenant, 'rule-4', { limit: 100, offset: 0 })
  expect(rows.filter((row) => row.verdict)).toMatchObject([
    { alertId: id, verdict: 'false_positive', reviewedBy: 'ana@example.com', reviewedAt: at, host: 'web-01' },
  ])
  expect(await store.summary(tenant, new Date(0))).toMatchObject({
    total: 25,
    falsePositives: 1,
    createdSince: 25,
    openBySeverity: { critical: 4, high: 5 },
    bySeverity: { informational: 5, low: 5, medium: 5, high: 5, critical: 5 },
  })
  expect((await store.summary(tenant, new Date(0))).byTactic).toEqual({ credential_access: 25 })

  const reopened = await store.update(tenant, id, 2, { status: 'investigating', assignee: null }, [])
  expect(reopened).toMatchObject({ status: 'investigating', assignee: undefined, version: 3 })
  expect((await rules.verdicts(tenant)).get('rule-4')).toMatchObject({ falsePositives: 0 })
})
