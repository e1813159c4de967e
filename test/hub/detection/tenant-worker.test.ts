import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTenantWorker, Stalled, type TenantWorker } from '../../../hub/detection/tenant-worker.ts'
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

test('a turn that never ends costs its tenant that turn: the worker is started anew with what was loaded, and the others go on', async () => {
  const told: string[] = []
  // The built worker, but for events that say so it does not come back.
  const script = built.script.replace('worker.mjs', 'stalling.mjs')
  const stall = "readJson = JSON.parse; JSON.parse = (text) => { while (text.includes('stall')); return readJson(text) };"
  writeFileSync(script, `const ${stall}\n${readFileSync(built.script, 'utf8')}`)
  const stalling = createTenantWorker(script, (fault) => told.push(fault), 2_000)
  try {
    const [bad, good] = [await stalling.load('bad', contentOf('a')), await stalling.load('good', contentOf('b'))]
    const judge = (tenantId: string, content: number, word: string) =>
      stalling.ask(tenantId, { ask: 'judge', content, events: [linuxEvent(word)] }).then(({ matches }) => matches.length)
    const stalled = judge('bad', bad.content, 'stall')
    const others = [judge('good', good.content, 'b'), judge('bad', bad.content, 'a')]
    await expect(stalled).rejects.toBeInstanceOf(Stalled)
    expect([await Promise.all(others), told.length]).toEqual([[1, 1], 1])
  } finally {
    await stalling.close()
  }
})

test('what the worker refuses fails alone', async () => {
  const { content } = await worker.load('a', contentOf('x'))
  await expect(worker.ask('a', { ask: 'judge', content, events: [null as never] })).rejects.toThrow(/null/)
  expect((await worker.ask('a', { ask: 'judge', content, events: [linuxEvent('x')] })).matches).toHaveLength(1)
})
