import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDetection } from '../../../hub/detection/detection.ts'
import { commitJudged, judge } from '../../../hub/ingest/commit-batch.ts'
import { createIngestCounters } from '../../../hub/ingest/counters.ts'
import type { StoredEvent } from '../../../hub/ingest/ports.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { createLogger } from '../../../shared/log.ts'
import { setting, tenantRule, tenantView, wordRule } from '../../support/detection-rules.ts'
import { buildDetectionWorker } from '../../support/detection-worker.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { addSensor, newTenant, storedEvent } from '../../support/storage-builders.ts'

let database: TestDatabase
let worker: ReturnType<typeof buildDetectionWorker>
beforeAll(async () => {
  worker = buildDetectionWorker()
  database = await startTestDatabase()
})
afterAll(async () => {
  await database?.stop()
  worker?.remove()
})

const quietLog = createLogger({ level: 'error', pretty: false, write: () => undefined })
const FILES = [
  { file: 'linux.yml', text: wordRule('linux', 'word') },
  { file: 'sshd.yml', text: wordRule('sshd', 'word', { logsource: { product: 'linux', service: 'sshd' } }) },
]
const OTHER_FILES = [...FILES, { file: 'more.yml', text: wordRule('more', 'word') }]
const open = () =>
  createDetection({
    ...{ files: FILES, workerScript: worker.script, workers: 1, now: () => new Date(), warn: () => undefined },
    store: createRuleStore(database.db),
  })

test('K-85 K-86 evaluations and matches are those of the events stored, while rules change and PostgreSQL is killed, and after a new start', async () => {
  const { db, server } = database
  const tenant = await newTenant(db)
  const sensors = [tenant.sensorId, `${tenant.sensorId}-b`]
  await addSensor(db, tenant, sensors[1] ?? '')
  const detection = await open()
  const parts = { store: createIngestStore(db), detection, log: quietLog, counters: createIngestCounters() }
  const signal = new AbortController().signal
  const size = 20
  let isDone = false
  let kills = 0
  const expected = new Map<string, number>()
  let matches = 0

  const push = async (sensorId: string) => {
    for (let first = 1; !isDone || first < 10 * size; first += size) {
      const events: StoredEvent[] = Array.from({ length: size }, (_, n) =>
        storedEvent(first + n, { epoch: sensorId, service: n % 2 ? 'sshd' : 'cron', document: JSON.stringify({ message: `word ${n}` }) }),
      )
      const judged = await judge(parts, tenant, events, signal)
      const batch = { sensorId, epoch: 'epoch', lane: 'bulk', first, last: first + size - 1, receivedAt: new Date(), tombstones: [], ...judged }
      await commitJudged(parts, tenant, batch, signal)
      // Every event fires every rule it is put to: what was judged says which rules those were.
      for (const { rule } of judged.matches) expected.set(rule.id, (expected.get(rule.id) ?? 0) + 1)
      matches += judged.matches.length
    }
  }
  const change = async () => {
    for (let n = 0; n < 12; n++) {
      if (n === 3 || n === 8) {
        const killed = server.pid
        process.kill(killed, 'SIGKILL')
        kills += 1
        await expect.poll(() => server.pid, { timeout: 20_000 }).not.toBe(killed)
      }
      if (n % 4 === 1) await detection.replaceRules(n % 8 === 1 ? OTHER_FILES : FILES)
      const rules = n % 3 ? [tenantRule('own', wordRule('own', 'word'))] : []
      await detection.setView(tenant.tenantId, tenantView({ settings: [setting('sshd', { enabled: n % 2 === 0 })], rules }))
      await sleep(120)
    }
    isDone = true
  }
  await Promise.all([...sensors.map(push), change()])
  expect(kills).toBe(2)
  expect(parts.counters.commitRetries).toBeGreaterThan(0)
  expect([...expected.keys()].sort()).toEqual(['linux', 'more', 'own', 'sshd'])
  const rules = createRuleStore(db)
  expect(await rules.evaluations(tenant)).toEqual(expected)
  await detection.close()

  // Nothing was left in memory: another hub reads the same, and adds to it.
  const again = await open()
  const [sensorId = ''] = sensors
  const events = [storedEvent(1, { epoch: 'again', service: 'sshd', document: '{"message":"word"}' })]
  const judged = await judge({ ...parts, detection: again }, tenant, events, signal)
  await commitJudged(
    parts,
    tenant,
    { sensorId, epoch: 'new', lane: 'bulk', first: 1, last: 1, receivedAt: new Date(), tombstones: [], ...judged },
    signal,
  )
  await again.close()
  for (const { rule } of judged.matches) expected.set(rule.id, (expected.get(rule.id) ?? 0) + 1)
  expect(await createRuleStore(db).evaluations(tenant)).toEqual(expected)
  const { rows } = await database.superuser.query('select count(*)::int as n from matches where tenant_id = $1', [tenant.tenantId])
  const counted = [...(await rules.verdicts(tenant)).values()].reduce((sum, each) => sum + each.matches, 0)
  expect([rows[0]?.n, counted]).toEqual([matches + judged.matches.length, matches + judged.matches.length])
}, 120_000)

test('a match of a rule in staging is stored and raises no alert', async () => {
  const { db } = database
  const tenant = await newTenant(db)
  const detection = await open()
  const parts = { store: createIngestStore(db), detection, log: quietLog, counters: createIngestCounters() }
  const signal = new AbortController().signal
  const rules = [tenantRule('trial', wordRule('trial', 'trial'), { stage: 'staging' })]
  await detection.setView(tenant.tenantId, tenantView({ rules, settings: [setting('linux', { level: 'low' })] }))
  const events = [storedEvent(1, { document: '{"message":"trial"}' }), storedEvent(2, { document: '{"message":"trial word"}' })]
  const judged = await judge(parts, tenant, events, signal)
  const batch = { sensorId: tenant.sensorId, epoch: 'e', lane: 'bulk', first: 1, last: 2, receivedAt: new Date(), tombstones: [], ...judged }
  const { notices } = await commitJudged(parts, tenant, batch, signal)
  await detection.close()
  expect(notices.map(({ ruleTitle, severity }) => [ruleTitle, severity])).toEqual([['linux', 'low']])
  const { rows } = await database.superuser.query(
    'select rule_id, alert_id is null as silent, count(*)::int as n from matches where tenant_id = $1 group by 1, 2 order by 1',
    [tenant.tenantId],
  )
  expect(rows).toEqual([
    { rule_id: 'linux', silent: false, n: 1 },
    { rule_id: 'trial', silent: true, n: 2 },
  ])
  expect((await createRuleStore(db).verdicts(tenant)).get('trial')?.matches).toBe(2)
})
