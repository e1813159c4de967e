import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDetection } from '../../../hub/detection/detection.ts'
import type { DetectionEvent, RuleSetting, RuleStore } from '../../../hub/detection/ports.ts'
import { setting, tenantView } from '../../support/detection-rules.ts'
import { buildDetectionWorker } from '../../support/detection-worker.ts'

let worker: ReturnType<typeof buildDetectionWorker>
beforeAll(() => {
  worker = buildDetectionWorker()
})
afterAll(() => worker.remove())

const rule = (id: string, title: string, detection: string, logsource = 'product: linux') =>
  `title: ${title}\nid: ${id}\nlogsource:\n  ${logsource}\ndetection:\n${detection}\nlevel: high\ntags: [attack.execution, attack.t1059]\n`
const ROOT = '11111111-1111-4111-8111-111111111111'
const MINER = '22222222-2222-4222-8222-222222222222'
const files = [
  { file: 'root.yml', text: rule(ROOT, 'Root', '  sel:\n    user.name: root\n  condition: sel') },
  { file: 'miner.yml', text: rule(MINER, 'Miner', '  words: [xmrig]\n  condition: words', 'category: process_creation') },
  { file: 'broken.yml', text: rule('33333333-3333-4333-8333-333333333333', 'Broken', '  sel:\n    a: b\n  condition: nothing') },
]
const [A, B] = [{ tenantId: 'a' }, { tenantId: 'b' }]
const linux = (document: object, categories: string[] = []): DetectionEvent => ({ document: JSON.stringify(document), product: 'linux', categories })
const asRoot = linux({ user: { name: 'root' }, message: 'hello' })

/** Keeps settings and views as the database would. */
const memoryStore = (settings: { tenantId: string; setting: RuleSetting }[] = []) => {
  const views = new Map<string, ReadonlyMap<string, readonly string[]>>()
  const away = { away: false, asked: 0 }
  const store: Pick<RuleStore, 'allSettings' | 'registerView'> = {
    allSettings: async () => settings,
    registerView: async ({ tenantId }, view, rules) => {
      away.asked += 1
      if (away.away) throw new Error('away')
      views.set(`${tenantId} ${view}`, rules)
    },
  }
  return { store, views, away }
}

describe('detection', () => {
  const opened: { close(): Promise<void> }[] = []
  const open = async (memory = memoryStore()) => {
    const warnings: string[] = []
    const detection = await createDetection({
      files,
      workerScript: worker.script,
      workers: 2,
      store: memory.store,
      now: () => new Date('2026-03-10T10:20:00Z'),
      warn: (text) => warnings.push(text),
    })
    opened.push(detection)
    return { detection, warnings, ...memory }
  }
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()))
  })

  test('matches name the event, the rule and the conditions that were true', async () => {
    const { detection } = await open()
    const { matches } = await detection.detect(A, [linux({ user: { name: 'ana' } }), asRoot])
    expect(matches.map(({ event, rule, matchedConditions }) => [event, rule.id, matchedConditions])).toEqual([[1, ROOT, ['sel']]])
  })

  test('a rule that cannot be compiled is a problem with its file and reason, and the others run', async () => {
    const { detection } = await open()
    expect(detection.rules.map((each) => each.id)).toEqual([ROOT, MINER])
    expect(detection.problems).toMatchObject([{ file: 'broken.yml', reason: expect.stringContaining('nothing') }])
  })

  test('K-112, K-82: a tenant that disables a rule gets no matches of it; its neighbour does', async () => {
    const { detection } = await open()
    await detection.setView('a', tenantView({ settings: [setting(ROOT, { enabled: false })] }))
    expect((await detection.detect(A, [asRoot])).matches).toEqual([])
    expect((await detection.detect(B, [asRoot])).matches).toHaveLength(1)
    await detection.setView('a', tenantView({ settings: [setting(ROOT, { enabled: true })] }))
    expect((await detection.detect(A, [asRoot])).matches).toHaveLength(1)
  })

  test('settings stored earlier hold from the start', async () => {
    const { detection } = await open(memoryStore([{ tenantId: 'a', setting: { ruleId: ROOT, enabled: false, edge: true, updatedAt: new Date() } }]))
    expect((await detection.detect(A, [asRoot])).matches).toEqual([])
    expect(detection.settings('a').edge(ROOT)).toBe(true)
  })

  test('T7: a document that is no JSON object is passed over; the rest of the batch is judged', async () => {
    const { detection } = await open()
    const broken: DetectionEvent[] = ['{"user":', '[]', 'null', '"root"'].map((document) => ({ document, product: 'linux', categories: [] }))
    expect((await detection.detect(A, [...broken, asRoot])).matches.map((match) => match.event)).toEqual([4])
  })

  test('K-85: for each event the judgement names the rules it was put to, by a view that is written down first', async () => {
    const { detection, views } = await open()
    const started = linux({ message: 'x' }, ['process_creation'])
    const { evaluations } = await detection.detect(A, [asRoot, started, { document: '{}', product: 'windows', categories: ['process_creation'] }])
    const put = evaluations.map(({ view, logsources }) => logsources.flatMap((key) => views.get(`a ${view}`)?.get(key) ?? []).sort())
    expect(put).toEqual([[ROOT], [ROOT, MINER], [MINER]])
    expect(evaluations.map(({ rules }) => rules)).toEqual([1, 2, 1])
  })

  test('K-85: a rule that is switched off is not put to events, and the same choice has the same name again', async () => {
    const { detection, views } = await open()
    const viewOf = async () => (await detection.detect(A, [asRoot])).evaluations[0]
    const all = await viewOf()
    await detection.setView('a', tenantView({ settings: [setting(ROOT, { enabled: false })] }))
    const some = await viewOf()
    expect([some?.rules, [...(views.get(`a ${some?.view}`)?.values() ?? [])].flat()]).toEqual([0, [MINER]])
    await detection.setView('a', tenantView({ settings: [setting(ROOT, { enabled: true })] }))
    expect(await viewOf()).toEqual(all)
  })

  test('K-85: nothing is judged by a view that could not be written down; the next try writes it, once', async () => {
    const { detection, away } = await open()
    away.away = true
    await expect(detection.detect(A, [asRoot])).rejects.toThrow('away')
    away.away = false
    await Promise.all([detection.detect(A, [asRoot]), detection.detect(A, [asRoot])])
    expect(away.asked).toBe(2)
  })

  test('K-118..K-120: rates and times are those of the batches judged', async () => {
    const { detection } = await open()
    expect(detection.metrics('a')).toMatchObject({ eventsEvaluated: 0, evaluationsPerSecond: 0, avgMs: 0, p99Ms: 0 })
    await detection.detect(
      A,
      Array.from({ length: 50 }, () => asRoot),
    )
    const metrics = detection.metrics('a')
    expect(metrics).toMatchObject({ eventsEvaluated: 50, rulesMatched: 50, evaluationsPerSecond: 5 })
    expect(metrics.avgMs).toBeGreaterThan(0)
    expect(metrics.p99Ms).toBeGreaterThanOrEqual(metrics.avgMs)
  })
})
