import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createDetection } from '../../../hub/detection/detection.ts'
import type { RuleBudget } from '../../../hub/detection/own-content.ts'
import { exception, linuxEvent, setting, sigmaRule, tenantRule, tenantView, wordRule } from '../../support/detection-rules.ts'
import { buildDetectionWorker } from '../../support/detection-worker.ts'

let worker: ReturnType<typeof buildDetectionWorker>
beforeAll(() => {
  worker = buildDetectionWorker()
})
afterAll(() => worker.remove())

const files = [
  { file: 'shared.yml', text: wordRule('shared', 'event') },
  { file: 'admins.yml', text: sigmaRule('admins', { sel: { 'user.name|expand': '%admins%' }, condition: 'sel' }) },
]
const time = { now: new Date('2026-03-10T10:20:00Z') }
const [A, B] = [{ tenantId: 'a' }, { tenantId: 'b' }]
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  time.now = new Date('2026-03-10T10:20:00Z')
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

async function open(budget?: RuleBudget) {
  const warnings: string[] = []
  const views = new Map<string, string[]>()
  const detection = await createDetection({
    ...{ files, workerScript: worker.script, workers: 1, now: () => time.now, warn: (text) => warnings.push(text), budget },
    store: { allSettings: async () => [], registerView: async (_, view, rules) => void views.set(view, [...rules.values()].flat().sort()) },
  })
  opened.push(detection)
  const fires = async (tenant: { tenantId: string }, ...events: Parameters<typeof linuxEvent>[]) =>
    (
      await detection.detect(
        tenant,
        events.map((each) => linuxEvent(...each)),
      )
    ).matches.map(({ event, rule, silent }) => [event, rule.id, rule.level, ...(silent ? ['silent'] : [])].join(' '))
  return { detection, fires, warnings, views }
}

test('K-112 a tenant gives a rule another level; its neighbour has the rule as it is', async () => {
  const { detection, fires } = await open()
  await detection.setView('a', tenantView({ settings: [setting('shared', { level: 'low' })] }))
  expect([await fires(A, ['event']), await fires(B, ['event'])]).toEqual([['0 shared low'], ['0 shared high']])
  expect(detection.ruleById('a', 'shared')?.level).toBe('low')
  expect(detection.rulesOf('b').map(({ id, level }) => [id, level])).toEqual([['shared', 'high']])
})

test('own rules fire for their tenant alone, by their stage, and are in its list in any', async () => {
  const { detection, fires, views } = await open()
  const rules = (['development', 'testing', 'staging', 'production', 'deprecated'] as const).map((stage) =>
    tenantRule(`own-${stage}`, wordRule(`own-${stage}`, 'own'), { stage }),
  )
  expect(await detection.setView('a', tenantView({ rules }))).toEqual({ problems: [] })
  expect(await fires(A, ['event'], ['own'], ['own event'])).toEqual([
    '0 shared high',
    '1 own-staging high silent',
    '1 own-production high',
    '2 shared high',
    '2 own-staging high silent',
    '2 own-production high',
  ])
  expect(await fires(B, ['own event'])).toEqual(['0 shared high'])
  expect(detection.rulesOf('a').map(({ id }) => id)).toEqual(['shared', ...rules.map(({ id }) => id)])
  expect(detection.ruleById('b', 'own-production')).toBeUndefined()
  const { enabled } = detection.settings('a')
  expect(rules.map(({ id }) => enabled(id))).toEqual([false, false, true, true, false])
  const [evaluation] = (await detection.detect(A, [linuxEvent('x')])).evaluations
  expect(views.get(evaluation?.view ?? '')).toEqual(['own-production', 'own-staging', 'shared'])
})

test('a rule or exception that cannot be used is a problem of its tenant, with its line, and the rest is in force', async () => {
  const { detection, fires } = await open()
  const { problems } = await detection.setView(
    'a',
    tenantView({
      rules: [
        tenantRule('bad', 'title: Bad\nlogsource: {}\ndetection:\n  sel: {a: b}\n  condition: nothing\n'),
        tenantRule('good', wordRule('good', 'own')),
      ],
      exceptions: [exception('bad', 'sel:\n  a|nonsense: b\ncondition: sel\n'), exception('good', 'sel: {host.name: web}\ncondition: sel')],
    }),
  )
  expect(problems).toMatchObject([
    { file: 'rule bad', line: 5, reason: expect.stringContaining('nothing') },
    { file: 'exception bad', reason: expect.stringContaining('nonsense') },
  ])
  expect(detection.problemsOf('a')).toEqual(problems)
  expect(await fires(A, ['own', { host: { name: 'web' } }], ['own'])).toEqual(['1 good high'])
})

test('an exception holds back what it says, for its rule and tenant, until it expires, and is counted', async () => {
  const { detection, fires } = await open()
  const rules = [tenantRule('mine', wordRule('mine', 'event'))]
  const exceptions = [
    exception('backup', 'sel:\n  user.name: backup\n  host.name|startswith: db-\ncondition: sel', { ruleId: 'shared' }),
    exception('lab', '{"lab": {"host.name": "lab"}, "condition": "lab"}'),
  ]
  await detection.setView('a', tenantView({ rules, exceptions }))
  const events: Parameters<typeof linuxEvent>[] = [
    ['event', { user: { name: 'backup' }, host: { name: 'DB-1' } }],
    ['event', { user: { name: 'backup' }, host: { name: 'web' } }],
    ['event', { host: { name: 'lab' } }],
  ]
  expect(await fires(A, ...events)).toEqual(['0 mine high', '1 shared high', '1 mine high'])
  expect(await fires(B, ...events)).toHaveLength(3)
  expect(Object.fromEntries(detection.suppressed('a'))).toEqual({ backup: 1, lab: 2 })
  time.now = new Date('2026-04-01T00:00:00Z')
  expect(await fires(A, ...events)).toHaveLength(6)
  expect(Object.fromEntries(detection.suppressed('a'))).toEqual({ backup: 1, lab: 2 })
})

test('M13 a shared rule that waits for values runs for the tenants whose lists have them', async () => {
  const { detection, fires } = await open()
  expect(detection.problems).toMatchObject([{ file: 'admins.yml', code: 'expand_without_placeholders' }])
  await detection.setView('a', tenantView({ valueLists: { admins: ['root', 'ana*'] } }))
  await detection.setView('b', tenantView({ valueLists: { others: ['root'] } }))
  const events: Parameters<typeof linuxEvent>[] = [
    ['x', { user: { name: 'Ana Lee' } }],
    ['x', { user: { name: 'bob' } }],
  ]
  expect([await fires(A, ...events), await fires(B, ...events)]).toEqual([['0 admins high'], []])
  expect(detection.rulesOf('a').map(({ id }) => id)).toEqual(['shared', 'admins'])
  await detection.setView('a', tenantView({ valueLists: { admins: ['bob'] }, settings: [setting('admins', { level: 'critical' })] }))
  expect(await fires(A, ...events)).toEqual(['1 admins critical'])
})

test('views that come at once are put in force in their order, and each from when it was done', async () => {
  const { detection, fires } = await open()
  const off = detection.setView('a', tenantView({ settings: [setting('shared', { enabled: false })] }))
  const low = detection.setView(
    'a',
    tenantView({ settings: [setting('shared', { level: 'low' })], rules: [tenantRule('own', wordRule('own', 'event'))] }),
  )
  await off
  expect(await fires(A, ['event'])).toEqual([])
  await low
  expect(await fires(A, ['event'])).toEqual(['0 shared low', '0 own high'])
})

test('a batch in hand while the view changes is judged by the view it started with', async () => {
  const { detection } = await open()
  await detection.setView('a', tenantView({ rules: [tenantRule('one', wordRule('one', 'event'))] }))
  const events = Array.from({ length: 2_000 }, () => linuxEvent('event'))
  const before = detection.detect(A, events)
  const change = detection.setView('a', tenantView({ rules: [tenantRule('two', wordRule('two', 'event'))] }))
  const idsOf = async (result: ReturnType<typeof detection.detect>) => [...new Set((await result).matches.map(({ rule }) => rule.id))]
  expect(await idsOf(before)).toEqual(['shared', 'one'])
  await change
  expect(await idsOf(detection.detect(A, events))).toEqual(['shared', 'two'])
})

test('own rules over their budget: the costliest is suspended and says so, until its text changes', async () => {
  // No time at all is allowed, so that any is too much.
  const { detection, fires, warnings, views } = await open({ eventMs: 0, windowMs: 0 })
  const costly = tenantRule('costly', wordRule('costly', 'event'))
  await detection.setView('a', tenantView({ rules: [costly] }))
  expect(await fires(A, ['event'])).toEqual(['0 shared high', '0 costly high'])
  await expect
    .poll(() => detection.problemsOf('a'))
    .toMatchObject([{ file: 'rule costly', code: 'suspended', reason: expect.stringContaining('cheaper') }])
  expect(warnings).toEqual([expect.stringContaining('tenant a')])
  expect(await fires(A, ['event'])).toEqual(['0 shared high'])
  expect(detection.settings('a').enabled('costly')).toBe(false)
  expect(detection.health.suspended).toBe(1)
  const [evaluation] = (await detection.detect(A, [linuxEvent('x')])).evaluations
  expect(views.get(evaluation?.view ?? '')).toEqual(['shared'])

  await detection.setView('a', tenantView({ rules: [{ ...costly, version: 2, source: `${costly.source}# quicker\n` }] }))
  expect([detection.problemsOf('a'), detection.health.suspended]).toEqual([[], 0])
  expect(await fires(A, ['event'])).toEqual(['0 shared high', '0 costly high'])
})
