import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTenantWorker, type TenantWorker } from '../../../hub/detection/tenant-worker.ts'
import { linuxEvent, wordRule } from '../../support/detection-rules.ts'
import { buildDetectionWorker } from '../../support/detection-worker.ts'

let built: ReturnType<typeof buildDetectionWorker>
let worker: TenantWorker
const faults: string[] = []
beforeAll(() => {
  built = buildDetectionWorker()
  worker = createTenantWorker(built.script, (fault) => faults.push(fault))
})
afterAll(async () => {
  await worker?.close()
  built?.remove()
})

const contentOf = (word: string) => ({
  rules: [{ id: word, source: wordRule(word, word), stage: 'production' as const, runs: true }],
  ...{ placeholderRules: [], valueLists: new Map(), exceptions: [] },
})

test('a tenant that asks for much waits for itself: another that comes later is served after the turn that runs', async () => {
  const { content } = await worker.load('busy', contentOf('busy'))
  const other = await worker.load('other', contentOf('other'))
  const served: string[] = []
  const ask = (tenantId: string, which: number, events: number) =>
    worker
      .ask(tenantId, { ask: 'judge', content: which, events: Array.from({ length: events }, () => linuxEvent('busy'.repeat(200))) })
      .then(() => served.push(tenantId))
  const busy = Array.from({ length: 20 }, () => ask('busy', content, 500))
  await ask('other', other.content, 1)
  expect(served.filter((tenantId) => tenantId === 'busy').length).toBeLessThanOrEqual(2)
  await Promise.all(busy)
  expect(served).toHaveLength(21)
})

test('content that was taken away is refused as something to ask again for, and what is loaded stays', async () => {
  const gone = await worker.load('a', contentOf('gone'))
  const kept = await worker.load('a', contentOf('kept'))
  worker.unload(gone.content)
  const judge = (content: number, word: string) => worker.ask('a', { ask: 'judge', content, events: [linuxEvent(word)] })
  await expect(judge(gone.content, 'gone')).rejects.toMatchObject({ kind: 'unavailable' })
  expect((await judge(kept.content, 'kept')).matches).toEqual([[0, 0, ['words']]])
  expect(faults).toEqual([])
})

test('what the worker refuses fails alone', async () => {
  const refused = worker.ask('a', { ask: 'test', source: 'no rule', valueLists: new Map(), documents: [{}] })
  await expect(refused).rejects.toThrow(/not a map/)
  const tried = await worker.ask('a', { ask: 'test', source: wordRule('r', 'x'), valueLists: new Map(), documents: [{ message: 'x' }] })
  expect(tried).toEqual([{ matched: true, matchedConditions: ['words'] }])
})
