import { afterAll, expect, test } from 'vitest'
import { createTrials } from '../../../hub/detection/content/trials.ts'
import { buildDetectionWorker } from '../../support/detection-worker.ts'

const worker = buildDetectionWorker()
afterAll(() => worker.remove())

const rule = 'title: T\nlogsource: { product: linux }\ndetection:\n  s:\n    a|expand: "%names%"\n  condition: s\n'
const NAMES = new Map([
  ['names', ['x']],
  ['others', ['y']],
])

const around = (placeholders: ReadonlyMap<string, readonly string[]>, filters: string[] = []) => ({ placeholders, filters })

test('K-113 K-114 a rule is tried on samples in any of their shapes', async () => {
  const trials = createTrials(worker.script)
  const asRoot = 'title: T\nlogsource: { product: linux }\ndetection:\n  sel:\n    user.name: root\n  condition: sel\n'
  const samples = [{ user: 'root' }, { 'user.name': 'root' }, { user: { name: 'root' } }, { user: 'ana' }]
  const fits = { matched: true, matchedConditions: ['sel'] }
  expect(await trials.run(asRoot, around(new Map()), samples, false)).toMatchObject([fits, fits, fits, { matched: false, matchedConditions: [] }])
  await trials.close()
})

test('filters are joined to the rule that is tried, with the value lists they name', async () => {
  const trials = createTrials(worker.script)
  const plain = 'title: T\nid: plain\nlogsource: { product: linux }\ndetection:\n  s:\n    a|startswith: x\n  condition: s\n'
  const filter = 'title: F\nlogsource: { product: linux }\nfilter:\n  rules: [plain]\n  known:\n    a|expand: "%names%"\n  condition: not known\n'
  const tried = await trials.run(plain, around(NAMES, [filter]), [{ a: 'x' }, { a: 'xy' }], false)
  expect(tried.map(({ matched }) => matched)).toEqual([false, true])
  await trials.close()
})

test('a rule is tried in a worker, with the value lists it names', async () => {
  const trials = createTrials(worker.script)
  const tried = await trials.run(rule, around(NAMES), [{ a: 'x' }, { a: 'y' }], true)
  expect(tried.map(({ matched, explanation }) => [matched, explanation?.matched])).toEqual([
    [true, true],
    [false, false],
  ])
  await trials.close()
})

test('one that takes too long is ended and said to be too slow; the next one has a worker again', async () => {
  const trials = createTrials(worker.script, 0)
  await expect(trials.run(rule, around(NAMES), [{ a: 'x' }], false)).rejects.toMatchObject({ code: 'RULE_TOO_SLOW', kind: 'invalid' })
  await trials.close()
  const patient = createTrials(worker.script)
  await expect(patient.run(rule, around(new Map()), [{ a: 'x' }], false)).rejects.toThrow('the rule cannot be used')
  expect(await patient.run(rule, around(NAMES), [{ a: 'x' }], false)).toMatchObject([{ matched: true }])
  await patient.close()
})

test('a text is read, validated, given an id and compared there; what its author must change is refused with the reason', async () => {
  const trials = createTrials(worker.script)
  expect(await trials.read(rule, 'mine', NAMES)).toMatchObject({ usable: true, problems: [], head: { title: 'T', detection: undefined } })
  expect(await trials.read(rule, 'mine', new Map())).toMatchObject({ usable: false, problems: [{ file: 'mine' }], head: { title: 'T' } })
  await expect(trials.read('level: low', 'mine', NAMES)).rejects.toMatchObject({
    kind: 'invalid',
    code: 'RULE_INVALID',
    errors: [{ field: 'source.title' }],
  })
  expect(await trials.withId(rule, 'new')).toBe(`id: new\n${rule}`)
  expect(await trials.fields(rule, rule.replace('title: T', 'title: U'))).toEqual([{ path: 'title', change: 'changed' }])
  expect(await trials.validate('title: [', NAMES)).toMatchObject([{ severity: 'error', code: 'yaml' }])
  await trials.close()
})

test('what an exception takes away is found out there too, by each rule’s log source', async () => {
  const trials = createTrials(worker.script)
  const document = JSON.stringify({ process: { command_line: 'deploy' } })
  const windows = { product: 'windows', category: 'process_creation' }
  const detection = 's: { CommandLine: deploy }\ncondition: s'
  expect(
    await trials.except(detection, NAMES, [
      { logsource: windows, document },
      { logsource: windows, document: '{}' },
    ]),
  ).toEqual([true, false])
  await trials.close()
})
