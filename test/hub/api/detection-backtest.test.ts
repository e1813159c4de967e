import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBacktests } from '../../../hub/detection/backtest/backtests.ts'
import type { BacktestStore } from '../../../hub/detection/backtest/ports.ts'
import { createBacktestStore } from '../../../hub/storage/backtest-store.ts'
import { type HubApi, SSH_RULE, startHubApi } from '../../support/hub-api.ts'
import { batchOf, storedEvent } from '../../support/storage-builders.ts'

const DAY = 86_400_000
let hub: HubApi
let now: number
beforeAll(async () => {
  hub = await startHubApi()
  now = Date.now()
  // Ten failed sign-ins an hour apart from each other, two of them seen by the rule as it was, and one event of another log source at each.
  const hours = Array.from({ length: 10 }, (_, i) => new Date(now - 60_000 - i * 3 * 3_600_000))
  const events = hours.flatMap((time, i) => [
    storedEvent(2 * i + 1, {
      ...{ epoch: 'bt', time, product: 'linux', service: 'sshd', host: i < 7 ? 'web-01' : 'db-01', user: `user${i % 3}` },
      document: JSON.stringify({ '@timestamp': time, message: `Failed password for user${i % 3} from 10.0.0.${i}`, host: { name: 'web-01' } }),
    }),
    storedEvent(2 * i + 2, { epoch: 'bt', time, product: 'windows', service: undefined, document: '{"message":"Failed password"}' }),
  ])
  const plain = batchOf(hub.a.sensorId, { first: 1, last: 20, epoch: 'bt', hits: [1], ruleId: SSH_RULE })
  const [first] = events
  if (!first) throw new Error('no event')
  const hit = { matches: plain.matches.map((match) => ({ ...match, eventId: first.id, eventTime: first.time })) }
  await hub.ingest.commit(hub.a, { ...plain, ...hit, events })
  const { alerts } = (await hub.a.call('GET', '/v1/alerts')).json
  expect((await hub.a.call('PUT', `/v1/alerts/${alerts[0].id}`, { status: 'resolved' })).status).toBe(200)
})
afterAll(() => hub.close())

const BACKTESTS = '/v1/detection/backtests'
const run = async (body: object, call = hub.a.call) => {
  const made = await call('POST', BACKTESTS, body)
  expect([made.status, made.json.status]).toEqual([202, 'queued'])
  for (;;) {
    const { json } = await call('GET', `${BACKTESTS}/${made.json.id}`)
    if (json.status !== 'queued' && json.status !== 'running') return json
    await sleep(50)
  }
}
const changed = (keyword: string) =>
  `title: Failed SSH sign-in\nid: ${SSH_RULE}\nlevel: low\nlogsource: { product: linux, service: sshd }\ndetection:\n  keywords: ['${keyword}']\n  condition: keywords\n`

test('a rule over the last day, the last hour and a range: hits by day add up, entities and a sample are named', async () => {
  const day = await run({ rule_id: SSH_RULE, last: '24h' })
  expect(day).toMatchObject({ status: 'done', rule_id: SSH_RULE, rule_title: 'Failed SSH sign-in', error: null, created_by: hub.a.admin.email })
  expect(day.progress).toMatchObject({ events_scanned: 16, events_total: 16, events_evaluated: 8, percent: 100 })
  const { result } = day
  expect([result.hits, result.comparison, result.excepted]).toEqual([8, null, 0])
  expect(result.per_day.reduce((sum: number, each: { hits: number }) => sum + each.hits, 0)).toBe(8)
  expect(result.top_hosts).toEqual([
    { name: 'web-01', hits: 7 },
    { name: 'db-01', hits: 1 },
  ])
  expect(result.top_users.map((each: { hits: number }) => each.hits)).toEqual([3, 3, 2])
  expect(result.sample).toHaveLength(8)
  expect(result.sample[0]).toMatchObject({ host: 'web-01', user: 'user0', matched_conditions: ['keywords'] })
  const event = await hub.a.call('GET', `/v1/timeline/${result.sample[0].event_id}`)
  expect([event.status, event.json.timestamp]).toEqual([200, result.sample[0].timestamp])
  expect(result.estimated_alerts_per_day).toBeGreaterThan(0)

  expect((await run({ rule_id: SSH_RULE, last: '1h' })).result.hits).toBe(1)
  const week = await run({ rule_id: SSH_RULE, last: '7d' })
  expect([week.result.hits, week.result.per_day.length]).toEqual([10, 8])
  const range = { from: new Date(now - 7 * 3_600_000).toISOString(), to: new Date(now - 2 * 3_600_000).toISOString() }
  expect((await run({ rule_id: SSH_RULE, ...range })).result.hits).toBe(2)
  expect((await run({ rule_id: SSH_RULE, last: '24h' }, hub.b.call)).result.hits).toBe(0)
})

test('a change to a rule says what it gains, what it loses, and which of the lost were real', async () => {
  const { result, source } = await run({ rule_id: SSH_RULE, source: changed('from 10.0.0.9'), last: '7d' })
  expect(source).toContain('10.0.0.9')
  expect(result.hits).toBe(1)
  expect(result.comparison).toMatchObject({ live_hits: 10, gained: 0, lost: 9, lost_true_positives: 1 })
  expect(result.comparison.lost_sample).toHaveLength(9)
  const wider = changed('Failed').replace('{ product: linux, service: sshd }', '{ category: authentication }')
  expect((await run({ source: wider, last: '7d' })).result.comparison).toMatchObject({ live_hits: 10, gained: 10, lost: 0, lost_true_positives: 0 })
  // A text with an id of its own is held against nothing.
  const fresh = changed('Failed').replace(SSH_RULE, 'bbbbbbbb-0000-4000-8000-000000000001')
  expect((await run({ source: fresh, last: '7d' })).result.comparison).toBeNull()
})

test('what exceptions take away is counted apart', async () => {
  const detection = { s: { 'user.name': 'x' }, words: ['10.0.0.3', '10.0.0.4'], condition: 's or words' }
  const exception = await hub.a.call('POST', '/v1/detection/exceptions', { rule_id: SSH_RULE, reason: 'A scanner of ours', detection })
  const { result } = await run({ rule_id: SSH_RULE, last: '7d' })
  expect([result.hits, result.excepted]).toEqual([8, 2])
  await hub.a.call('DELETE', `/v1/detection/exceptions/${exception.json.id}`)
})

test('backtests are listed newest first, by rule; a body that names no rule, no range or an unusable text is refused', async () => {
  const all = (await hub.a.call('GET', BACKTESTS)).json.backtests
  expect(all.length).toBeGreaterThan(5)
  expect(all[0]).not.toHaveProperty('result')
  const times = all.map((each: { created_at: string }) => each.created_at)
  expect(times).toEqual([...times].sort().reverse())
  expect((await hub.a.call('GET', `${BACKTESTS}?rule_id=bbbbbbbb-0000-4000-8000-000000000001`)).json.backtests).toHaveLength(1)

  const refused = async (body: object) => (await hub.a.call('POST', BACKTESTS, body)).json.code
  expect(await refused({ last: '1h' })).toBe('BACKTEST_INVALID')
  expect(await refused({ rule_id: SSH_RULE })).toBe('BACKTEST_INVALID')
  expect(await refused({ rule_id: SSH_RULE, last: '1h', from: new Date().toISOString() })).toBe('BACKTEST_INVALID')
  expect(await refused({ rule_id: SSH_RULE, from: new Date(now + DAY).toISOString() })).toBe('BACKTEST_INVALID')
  expect(await refused({ rule_id: SSH_RULE, from: new Date(now - 40 * DAY).toISOString() })).toBe('BACKTEST_INVALID')
  expect(await refused({ rule_id: 'none', last: '1h' })).toBe('RULE_NOT_FOUND')
  expect(await refused({ source: changed('x').replace('condition: keywords', 'condition: nothing'), last: '1h' })).toBe('RULE_INVALID')
  expect((await hub.a.as(hub.a.viewer)('POST', BACKTESTS, { rule_id: SSH_RULE, last: '1h' })).status).toBe(403)
  expect((await hub.a.call('POST', `${BACKTESTS}/${all[0].id}/cancel`)).json.code).toBe('BACKTEST_ENDED')
})

/** Backtests over the hub's database whose reading stands still until `go` is called. */
function held() {
  const store = createBacktestStore(hub.db)
  const reading: string[] = []
  let go = () => {}
  const released = new Promise<void>((resolve) => {
    go = resolve
  })
  const gated: BacktestStore = {
    ...store,
    page: async (tenant, query) => {
      if (query.after === undefined) reading.push(tenant.tenantId)
      await released
      return store.page(tenant, query)
    },
  }
  const backtests = createBacktests({
    ...{ store: gated, content: hub.ruleContent, workerScript: hub.workerScript },
    ...{ view: (tenantId: string) => hub.detection.view(tenantId), now: () => new Date(), warn: () => {} },
  })
  const start = (tenant: { tenantId: string }) =>
    backtests.create(tenant, 'ana', { ruleId: SSH_RULE, from: new Date(now - DAY), to: new Date() }).then(({ id }) => id)
  const until = async (holds: () => boolean | Promise<boolean>) => {
    while (!(await holds())) await sleep(20)
  }
  return { store, backtests, reading, go, start, until }
}

test('a running backtest shows its progress, and stands still once it is cancelled though its query goes on', async () => {
  const { backtests, reading, start, until, go, store } = held()
  const id = await start(hub.a)
  await until(() => reading.length === 1)
  expect(await backtests.get(hub.a, id)).toMatchObject({ status: 'running', progress: { scanned: 0, total: 16 } })
  const cancelled = await backtests.cancel(hub.a, id)
  expect(cancelled).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Date) })
  expect(cancelled.result).toBeUndefined()
  go()
  await sleep(100)
  expect((await store.get(hub.a, id))?.status).toBe('cancelled')
  await expect(backtests.cancel(hub.a, id)).rejects.toMatchObject({ code: 'BACKTEST_ENDED' })
  await backtests.close()
})

test('tenants take turns, one run of each at a time; the queue of each is bounded, and who waits can leave it', async () => {
  const { backtests, reading, start, until, go } = held()
  const [a1, a2, a3, b1] = [await start(hub.a), await start(hub.a), await start(hub.a), await start(hub.b)]
  await until(() => reading.length === 1)
  const status = async (tenant: { tenantId: string }, id: string) => (await backtests.get(tenant, id)).status
  expect([await status(hub.a, a1), await status(hub.a, a2), await status(hub.b, b1)]).toEqual(['running', 'queued', 'queued'])
  for (let i = 0; i < 3; i++) await start(hub.a)
  await expect(start(hub.a)).rejects.toMatchObject({ code: 'BACKTEST_QUEUE_FULL' })
  expect((await backtests.cancel(hub.a, a2)).status).toBe('cancelled')
  go()
  await until(async () => (await status(hub.b, b1)) === 'done' && (await status(hub.a, a3)) === 'done')
  // The other tenant came last and was served second.
  expect(reading.slice(0, 3)).toEqual([hub.a.tenantId, hub.b.tenantId, hub.a.tenantId])
  await backtests.close()
})

test('after a restart a backtest that was running has failed, and says why', async () => {
  const { backtests, reading, start, until, store } = held()
  const id = await start(hub.a)
  await until(() => reading.length === 1)
  await backtests.close()
  expect((await store.get(hub.a, id))?.status).toBe('running')
  expect(await hub.backtests.recover()).toBeGreaterThanOrEqual(1)
  expect((await hub.a.call('GET', `${BACKTESTS}/${id}`)).json).toMatchObject({ status: 'failed', error: 'the hub was restarted', result: null })
})

test('a database that fails ends the one backtest with its reason, and the next one runs', async () => {
  const store = createBacktestStore(hub.db)
  let broken = true
  const failing: BacktestStore = {
    ...store,
    page: async (tenant, query) => {
      if (broken) throw new Error('the disk is gone')
      return store.page(tenant, query)
    },
  }
  const backtests = createBacktests({
    ...{ store: failing, content: hub.ruleContent, workerScript: hub.workerScript },
    ...{ view: (tenantId: string) => hub.detection.view(tenantId), now: () => new Date(), warn: () => {} },
  })
  const end = async () => {
    const { id } = await backtests.create(hub.a, 'ana', { ruleId: SSH_RULE, from: new Date(now - DAY), to: new Date() })
    for (;;) {
      const found = await backtests.get(hub.a, id)
      if (found.finishedAt) return [found.status, found.error, found.result?.hits]
      await sleep(20)
    }
  }
  expect(await end()).toEqual(['failed', 'the disk is gone', undefined])
  broken = false
  expect(await end()).toEqual(['done', undefined, 8])
  await backtests.close()
})
