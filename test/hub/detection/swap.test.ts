import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDetection } from '../../../hub/detection/detection.ts'
import type { DetectionResult, TenantRule } from '../../../hub/detection/ports.ts'
import { RuleSetRefused } from '../../../hub/detection/rule-set.ts'
import { linuxEvent, sigmaRule, tenantRule, tenantView, wordRule } from '../../support/detection-rules.ts'
import { buildDetectionWorker } from '../../support/detection-worker.ts'

let worker: ReturnType<typeof buildDetectionWorker>
let detection: Awaited<ReturnType<typeof createDetection>>
const warnings: string[] = []
const TENANT = { tenantId: 'a' }
/** The same rules, and in each set others before them, so that an index means something else each time. */
const setOf = (name: string, filler: number) => [
  ...Array.from({ length: filler }, (_, n) => ({ file: `${name}-${n}.yml`, text: wordRule(`${name}-${n}`, 'never said') })),
  { file: 'every.yml', text: wordRule('every', 'event') },
  { file: 'odd.yml', text: wordRule('odd', 'odd') },
]
beforeAll(async () => {
  worker = buildDetectionWorker()
  const store = { allSettings: async () => [], registerView: async () => undefined }
  detection = await createDetection({
    ...{ files: setOf('one', 1), workerScript: worker.script, workers: 2, store, now: () => new Date() },
    warn: (text) => warnings.push(text),
  })
})
afterAll(async () => {
  await detection?.close()
  worker?.remove()
})

test('rule sets replaced over and over under load: every event is judged once, by one set, and a match names the rule it means', async () => {
  const size = 40
  const SWAPS = 12
  let swaps = 0
  const fired = new Map<number, string[]>()
  let given = 0
  let judged = 0
  const views = new Set<string>()
  const feed = async () => {
    do {
      const first = given
      given += size
      const events = Array.from({ length: size }, (_, n) => linuxEvent(`event ${first + n} ${(first + n) % 2 ? 'odd' : 'even'}`))
      const { matches, evaluations }: DetectionResult = await detection.detect(TENANT, events)
      judged += evaluations.length
      expect(new Set(evaluations.map(({ view }) => view)).size).toBe(1)
      views.add(evaluations[0]?.view ?? '')
      for (const { event, rule } of matches) fired.set(first + event, [...(fired.get(first + event) ?? []), rule.id])
    } while (swaps < SWAPS)
  }
  const swapping = async () => {
    while (swaps < SWAPS) {
      const summary = await detection.replaceRules(setOf(swaps % 2 ? 'one' : 'two', swaps % 2 ? 1 : 7))
      swaps += 1
      expect(summary).toMatchObject({ generation: swaps + 1, rules: swaps % 2 ? 9 : 3, problems: [] })
    }
  }
  await Promise.all([feed(), feed(), feed(), swapping()])
  expect(judged).toBe(given)
  expect(fired.size).toBe(given)
  expect([...fired].filter(([event, rules]) => rules.join() !== (event % 2 ? 'every,odd' : 'every'))).toEqual([])
  expect(views.size).toBe(2)
  expect([detection.generation, detection.rules.length, warnings]).toEqual([SWAPS + 1, 3, []])
}, 60_000)

test('a set that cannot be used leaves the old one in force and says why', async () => {
  const before = detection.generation
  const refused = detection.replaceRules([{ file: 'broken.yml', text: 'title: Broken\nlogsource: {}\n' }])
  await expect(refused).rejects.toBeInstanceOf(RuleSetRefused)
  await expect(refused).rejects.toThrow(/broken\.yml:1: the rule has no detection/)
  await expect(detection.replaceRules([])).rejects.toThrow(/none of the rules can be used/)
  expect([detection.generation, (await detection.detect(TENANT, [linuxEvent('event')])).matches.length]).toEqual([before, 1])
})

test('rules that cannot be used are problems of the new set, the others are in force; correlations are kept', async () => {
  const correlation = `title: Many\nname: many\ncorrelation:\n  type: event_count\n  rules: [every]\n  group-by: [host.name]\n  timespan: 5m\n  condition: { gte: 3 }\n`
  const summary = await detection.replaceRules([
    ...setOf('three', 0),
    { file: 'broken.yml', text: 'title: Broken\nlogsource: {}\n' },
    { file: 'twice.yml', text: wordRule('every', 'twice') },
    { file: 'many.yml', text: correlation },
  ])
  expect(summary).toMatchObject({ rules: 2, correlations: 1 })
  expect(detection.problems).toMatchObject([
    { file: 'broken.yml' },
    { file: 'twice.yml', code: 'duplicate_id', reason: expect.stringContaining('every.yml:1') },
  ])
  expect(detection.correlations).toMatchObject([{ title: 'Many', type: 'event_count', timespanSeconds: 300 }])
})

test('F1 filters among the files hold for the shared rules, and for those that wait for values too', async () => {
  const filter = (id: string, rules: string, host: string) =>
    `title: ${id}\nid: ${id}\nlogsource: {product: linux}\nfilter:\n  rules: ${rules}\n  host: {host.name: ${host}}\n  condition: host\n`
  const waiting = sigmaRule('admins', { sel: { 'user.name|expand': '%admins%' }, condition: 'sel' })
  const summary = await detection.replaceRules([
    ...setOf('filtered', 1),
    { file: 'admins.yml', text: waiting },
    { file: 'filters.yml', text: [filter('lab', 'any', 'lab'), filter('odd-web', '[odd]', 'web'), filter('lost', '[nothing]', 'x')].join('---\n') },
  ])
  expect(summary).toMatchObject({ filters: 3, rules: 3 })
  expect(summary.problems.map(({ code, file }) => [code, file])).toEqual([
    ['expand_without_placeholders', 'admins.yml'],
    ['unknown_rule', 'filters.yml'],
  ])
  await detection.setView('f', tenantView({ valueLists: { admins: ['root'] } }))
  const events = ['lab', 'web', 'db'].map((name) => linuxEvent('odd event', { host: { name }, user: { name: 'root' } }))
  const { matches } = await detection.detect({ tenantId: 'f' }, events)
  expect(matches.map(({ event, rule }) => `${event} ${rule.id}`)).toEqual(['1 every', '1 admins', '2 every', '2 odd', '2 admins'])
})

test('M13 values for placeholders come with the rules, and stay until others do', async () => {
  const waiting = { file: 'admins.yml', text: sigmaRule('admins', { sel: { 'user.name|expand': '%admins%' }, condition: 'sel' }) }
  const files = [...setOf('valued', 0), waiting]
  const fires = async () => (await detection.detect(TENANT, [linuxEvent('x', { user: { name: 'root' } })])).matches.map(({ rule }) => rule.id)
  expect((await detection.replaceRules(files)).problems).toMatchObject([{ code: 'expand_without_placeholders' }])
  expect((await detection.replaceRules(files, new Map([['admins', ['root']]]))).problems).toEqual([])
  expect(await fires()).toEqual(['admins'])
  await detection.replaceRules(files)
  expect(await fires()).toEqual(['admins'])
  await detection.replaceRules(files, new Map())
  expect(await fires()).toEqual([])
})

test("where a tenant's own content cannot be loaded beside the new set, the new set is in force for all and the old content goes on", async () => {
  await detection.replaceRules(setOf('stall', 0))
  const text = wordRule('kept', 'own')
  const state = { broken: false }
  // What cannot be sent to a worker stands for whatever may fail there.
  const kept: TenantRule = {
    ...tenantRule('kept', text),
    get source() {
      return state.broken ? ((() => text) as never) : text
    },
  }
  await detection.setView('slow', tenantView({ rules: [kept] }))
  state.broken = true
  expect(await detection.replaceRules(setOf('stalled', 1))).toMatchObject({ rules: 3 })
  expect(warnings.at(-1)).toMatch(/tenant slow: its own rules could not be loaded beside the new rule set/)
  state.broken = false
  const { matches } = await detection.detect({ tenantId: 'slow' }, [linuxEvent('own event')])
  expect(matches.map(({ rule }) => rule.id)).toEqual(['every', 'kept'])
  await detection.replaceRules(setOf('stall', 0))
  expect((await detection.detect({ tenantId: 'slow' }, [linuxEvent('own event')])).matches).toHaveLength(2)
})

test('closing while a set is being loaded ends every worker, and what was asked for is refused', async () => {
  const store = { allSettings: async () => [], registerView: async () => undefined }
  const closing = await createDetection({
    ...{ files: setOf('closing', 1), workerScript: worker.script, workers: 1, store, now: () => new Date(), warn: () => undefined },
  })
  await closing.setView('a', tenantView({ rules: [tenantRule('mine', wordRule('mine', 'own'))] }))
  const asked = [1, 2].map((n) => closing.replaceRules(setOf('next', n)))
  const settled = Promise.allSettled(asked)
  await closing.close()
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect([closing.generation, closing.health.alive]).toEqual([1, 0])
  await expect(closing.detect(TENANT, [linuxEvent('event')])).rejects.toMatchObject({ kind: 'unavailable' })
})

test("a tenant's own content is in force beside the new set, and one of its rules steps back where a shared rule has its id", async () => {
  await detection.replaceRules(setOf('four', 0))
  await detection.setView('b', tenantView({ rules: [tenantRule('mine', wordRule('mine', 'own'))] }))
  const fires = async () => (await detection.detect({ tenantId: 'b' }, [linuxEvent('own event')])).matches.map(({ rule }) => rule.title)
  expect(await fires()).toEqual(['every', 'mine'])
  await detection.replaceRules([...setOf('five', 2), { file: 'mine.yml', text: wordRule('mine', 'own', { title: 'Shared' }) }])
  expect(await fires()).toEqual(['every', 'Shared'])
  expect(detection.problemsOf('b')).toMatchObject([{ file: 'rule mine', code: 'duplicate_id' }])
  await detection.replaceRules(setOf('six', 3))
  expect([await fires(), detection.problemsOf('b')]).toEqual([['every', 'mine'], []])
})
