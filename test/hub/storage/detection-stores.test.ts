import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBacktestStore } from '../../../hub/storage/backtest-store.ts'
import { AlreadyExists } from '../../../hub/storage/errors.ts'
import { createExceptionStore } from '../../../hub/storage/exception-store.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { createTenantRuleStore } from '../../../hub/storage/tenant-rule-store.ts'
import { createValueListStore } from '../../../hub/storage/value-list-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { batchOf, newTenant, storedEvent } from '../../support/storage-builders.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

const AT = new Date('2026-03-10T10:00:00Z')
const by = { actor: 'ana@example.com', at: AT }

test('each change of the text is a version, kept up to a number; a change of anything is a revision', async () => {
  const tenant = await newTenant(database.db)
  const rules = createTenantRuleStore(database.db)
  const made = await rules.create(tenant, { id: 'r', source: 'title: 1', tests: [], note: 'first' }, by)
  expect(made).toMatchObject({ version: 1, revision: 1, stage: 'development', createdBy: 'ana@example.com' })
  await expect(rules.create(tenant, { id: 'r', source: 'title: 1', tests: [] }, by)).rejects.toBeInstanceOf(AlreadyExists)

  const keep = { ...by, keepVersions: 2 }
  const test = { name: 'a', fires: true, event: { text: 'with \u0000 in it' } }
  expect((await rules.update(tenant, 'r', 1, { stage: 'testing', tests: [test] }, keep))?.rule).toMatchObject({
    version: 1,
    revision: 2,
    tests: [test],
  })
  expect(await rules.update(tenant, 'r', 1, { source: 'title: late' }, keep)).toBeUndefined()
  expect((await rules.update(tenant, 'r', 2, { source: 'title: 2', note: 'second' }, keep))?.dropped).toEqual([])
  expect((await rules.update(tenant, 'r', 3, { source: 'title: 2' }, keep))?.rule).toMatchObject({ version: 2, revision: 4 })
  expect((await rules.update(tenant, 'r', 4, { source: 'title: 3' }, keep))?.dropped).toEqual([1])
  expect((await rules.versions(tenant, 'r')).map(({ version, source, note }) => [version, source, note])).toEqual([
    [3, 'title: 3', undefined],
    [2, 'title: 2', 'second'],
  ])
  expect(await rules.delete(tenant, 'r')).toBe(true)
  expect(await rules.versions(tenant, 'r')).toEqual([])
})

test('candidates for an exception are the stored matches, newest first, page after page, with verdict and document', async () => {
  const tenant = await newTenant(database.db)
  const exceptions = createExceptionStore(database.db)
  const receivedAt = new Date(AT.getTime() + 5_000)
  const batch = batchOf(tenant.sensorId, { first: 1, last: 9, hits: [1, 2, 3, 4, 5], time: AT, receivedAt })
  await createIngestStore(database.db).commit(tenant, batch)
  // One rule's are in the order in which they happened, those of all rules in the order in which they were received.
  for (const [ruleId, at] of [
    ['rule-1', AT],
    [undefined, receivedAt],
  ] as const) {
    const since = new Date(at.getTime() - 1_000)
    const all = await exceptions.candidates(tenant, { ruleId, since, limit: 10 })
    expect(all).toHaveLength(5)
    expect(all[0]).toMatchObject({ ruleId: 'rule-1', at, truePositive: false, document: expect.stringContaining('Failed password') })
    const rest = await exceptions.candidates(tenant, { ruleId, since, after: all[1], limit: 2 })
    expect(rest).toEqual(all.slice(2, 4))
    expect(await exceptions.candidates(tenant, { ruleId, since: new Date(at.getTime() + 1), limit: 10 })).toEqual([])
    expect(all[0]?.alertId).toMatch(/^alert-/)
  }
  expect(await exceptions.candidates(tenant, { ruleId: 'rule-2', since: AT, limit: 10 })).toEqual([])
})

test('a value list keeps its values in order and moves on by revision', async () => {
  const tenant = await newTenant(database.db)
  const lists = createValueListStore(database.db)
  await lists.create(tenant, { name: 'admins', description: 'Who may', values: ['b', 'a', ''] }, by)
  expect((await lists.update(tenant, 'admins', 1, { values: ['c'] }, by))?.revision).toBe(2)
  expect(await lists.update(tenant, 'admins', 1, { values: ['d'] }, by)).toBeUndefined()
  expect(await lists.list(tenant)).toMatchObject([{ name: 'admins', description: 'Who may', values: ['c'] }])
})

test('pages of events go through a range once, in order, bounded in number and bytes, and hand out those of the log source', async () => {
  const tenant = await newTenant(database.db)
  const store = createBacktestStore(database.db)
  const events = Array.from({ length: 25 }, (_, i) =>
    storedEvent(i + 1, {
      epoch: `${tenant.sensorId}p`,
      // Five share an instant, across a page's end.
      time: new Date(AT.getTime() + Math.floor(i / 5) * 1_000),
      ...(i % 5 === 0 ? { product: 'Windows', service: undefined, categories: ['Process_Creation', 'other'] } : {}),
      ...(i === 7 ? { document: '{"odd":"\\u0000 \\ud800","a":\n1}' } : {}),
    }),
  )
  const batch = { ...batchOf(tenant.sensorId, { first: 1, last: 25 }), events, matches: [], alerts: [] }
  await createIngestStore(database.db).commit(tenant, batch)
  const range = { from: AT, to: new Date(AT.getTime() + 4_000) }
  expect(await store.count(tenant, range)).toBe(20)

  const read = async (filter: object, limit = 7, limitBytes = 1e6) => {
    const ids: string[] = []
    const sizes: number[] = []
    let after: { time: string; id: string } | undefined
    for (;;) {
      const page = await store.page(tenant, { ...range, after, limit, limitBytes, ...filter })
      sizes.push(page.scanned)
      ids.push(...(JSON.parse(page.events) as [string][]).map(([id]) => id))
      if (!page.last) return { ids, sizes }
      after = page.last
    }
  }
  const inOrder = [...events.slice(0, 20)].sort((a, b) => a.time.getTime() - b.time.getTime() || (a.id < b.id ? -1 : 1)).map(({ id }) => id)
  expect(await read({})).toEqual({ ids: inOrder, sizes: [7, 7, 6, 0] })
  expect(await read({}, 7, 300)).toEqual({ ids: inOrder, sizes: [3, 3, 3, 3, 3, 3, 2, 0] })
  expect((await read({}, 7, 1)).sizes).toHaveLength(21)
  expect((await read({ products: ['windows'], category: 'process_creation' })).ids).toHaveLength(4)
  expect((await read({ products: ['windows'], category: 'other_thing' })).ids).toEqual([])
  expect((await read({ services: ['auth', 'sshd'] })).ids).toHaveLength(16)

  const rows: unknown[][] = JSON.parse((await store.page(tenant, { ...range, limit: 7, limitBytes: 1e6, products: ['linux'] })).events)
  const [, ms, product, service, categories, host, user, ip, document] = rows[0] ?? []
  expect([ms, product, service, categories]).toEqual([AT.getTime(), 'linux', 'auth', ['authentication']])
  expect([host, user, ip]).toEqual(['web-01', 'ana', '192.0.2.7'])
  expect(JSON.parse(String(document))).toMatchObject({ host: { name: 'web-01' } })
})

test('a backtest that ended stays as it ended; those left open by the last run are ended at the start; old ones go', async () => {
  const tenant = await newTenant(database.db)
  const store = createBacktestStore(database.db)
  const make = (at: Date) => store.create(tenant, { ruleId: 'r', ruleTitle: 'R', source: 's', from: AT, to: AT, actor: 'ana', at }, 2)
  const first = await make(new Date(1_000))
  expect((await store.update(tenant, first.id, { status: 'cancelled', finishedAt: AT }))?.status).toBe('cancelled')
  expect(await store.update(tenant, first.id, { status: 'done' })).toBeUndefined()
  const second = await make(new Date(2_000))
  await store.update(tenant, second.id, { status: 'running', startedAt: AT })
  const third = await make(new Date(3_000))
  expect((await store.list(tenant, { limit: 10 })).map(({ id }) => id)).toEqual([third.id, second.id])
  expect(await store.get(tenant, first.id)).toBeUndefined()
  await store.endInterrupted('the hub was restarted', AT)
  for (const { id } of [second, third])
    expect(await store.get(tenant, id)).toMatchObject({ status: 'failed', error: 'the hub was restarted', finishedAt: AT })
})
