import { expect, test } from 'vitest'
import type { EventLogsource } from '../../../shared/event/event.ts'
import { type Explanation, evtxDumpView, explainRule, parseRules, plainView, type View } from '../../../shared/sigma/sigma.ts'
import { ruleText, selecting } from '../../support/sigma.ts'

const EVENT: EventLogsource = { product: 'test', categories: [] }

const explain = (detection: string, event: object, view: View = plainView, logsource = EVENT): Explanation => {
  const { rules, problems } = parseRules(ruleText(detection), 'rule.yml')
  const [rule] = rules
  if (!rule) throw new Error(problems[0]?.reason)
  return explainRule(rule, view, event, logsource)
}
const partsOf = (key: string, value: unknown, event: object) => explain(selecting(key, value), event).searches.flatMap(({ parts }) => parts)
const [wmic, encoded] = [`Image|endswith: '\\wmic.exe'`, `CommandLine|contains: ' -enc'`]

test('each part is told with its field, its place in the event and what was found there', () => {
  const { matched, applies, condition, searches, firstFailure } = explain(
    `selection:\n  ${wmic}\n  proc.pid|gt: 10\nfilter:\n  user: root\ncondition: selection and not filter`,
    { Image: 'C:\\Windows\\WMIC.exe', proc: { pid: 12 } },
  )
  expect({ matched, applies, condition, firstFailure }).toEqual({
    matched: true,
    applies: true,
    condition: 'selection and not filter',
    firstFailure: undefined,
  })
  expect(searches).toEqual([
    {
      name: 'selection',
      matched: true,
      role: 'required',
      parts: [
        { field: 'Image', path: 'Image', wanted: 'ends with "\\wmic.exe"', value: 'C:\\Windows\\WMIC.exe', matched: true },
        { field: 'proc.pid', path: 'proc.pid', wanted: 'is a number more than 10', value: '12', matched: true },
      ],
    },
    {
      name: 'filter',
      matched: false,
      role: 'excluded',
      parts: [{ field: 'user', path: undefined, wanted: 'is "root"', value: undefined, matched: false }],
    },
  ])
})

test.each([
  [
    `selection:\n  ${wmic}\ncondition: selection`,
    '"selection" does not hold: it wants that Image ends with "\\wmic.exe", and the event has "C:\\cmd.exe"',
  ],
  [
    `selection:\n  Image: '*'\n  ${encoded}\ncondition: selection`,
    '"selection" does not hold: it wants that CommandLine contains " -enc", and the event has no such field',
  ],
  [`selection:\n  - mimikatz\ncondition: selection`, '"selection" does not hold: it wants that some value contains "mimikatz", and none does'],
  [
    `selection:\n  Image: '*'\nfilter:\n  Image|endswith: CMD.exe\ncondition: selection and not filter`,
    '"filter" excludes the event: Image ends with "CMD.exe" (the event has "C:\\cmd.exe")',
  ],
  [
    `a_1:\n  ${encoded}\na_2:\n  Image|startswith: 'C:'\n  ${encoded}\ncondition: 1 of a_*`,
    'none of a_1, a_2 holds; nearest, "a_2" does not hold: it wants that CommandLine contains " -enc", and the event has no such field',
  ],
  [
    `selection:\n  - ${encoded}\n  - Image|startswith: 'C:'\n    user: root\ncondition: selection`,
    '"selection" does not hold: it wants that user is "root", and the event has no such field',
  ],
])('the first failure of %j is put into one sentence', (detection, sentence) => {
  expect(explain(detection, { Image: 'C:\\cmd.exe' }).firstFailure).toBe(sentence)
})

test('a list of values is counted, and the one that matched is named', () => {
  const many = Array.from({ length: 4_432 }, (_, index) => `driver${index}.sys`)
  expect(partsOf('f', many, { f: 'DRIVER17.SYS' })).toMatchObject([{ wanted: 'is one of 4,432 values; here "driver17.sys"', matched: true }])
  expect(partsOf('f', many, { f: 'x' })).toMatchObject([{ wanted: 'is one of 4,432 values', matched: false }])
  expect(partsOf('f|endswith', ['a', 'b'], { f: 'xb' })).toMatchObject([{ wanted: 'ends with one of "a", "b"; here "b"', matched: true }])
  expect(partsOf('f|contains|all', ['a', 'b'], { f: 'xb' })).toMatchObject([
    { wanted: 'contains "a"', matched: false },
    { wanted: 'contains "b"', matched: true },
  ])
})

test.each([
  ['f', null, 'is absent or null'],
  ['f', '', 'is empty'],
  ['f', '*', 'has a value'],
  ['f', 'a*b\\?', 'fits "a*b\\?"'],
  ['f', [null, ''], 'is absent or null or is empty'],
  ['f|cased', 'A', 'is "A" (upper and lower case count)'],
  ['f|neq', 'a', 'is not "a"'],
  ['f|contains|neq', ['a', 'b'], 'does not contain any of "a", "b"'],
  ['f|re|i', 'a.b', 'matches the regular expression /[aA].[bB]/'],
  ['f|cidr', '10.0.0.0/8', 'is in the network 10.0.0.0/8'],
  ['f|exists', true, 'is present'],
  ['f|exists', false, 'is absent'],
  ['f|hour|gte', 22, 'is a date whose hour is at least 22'],
  ['f|minute', 5, 'is a date whose minute is 5'],
  ['f|fieldref|startswith', 'g', 'starts with what is in the field g'],
])('%s: %j is put into words', (key, value, wanted) => {
  expect(partsOf(key, value, {}).map((part) => part.wanted)).toEqual([wanted])
})

test('a long value is cut to 200 characters around what matched', () => {
  const [part] = partsOf('f|contains', 'needle', { f: `${'x'.repeat(5_000)}needle${'y'.repeat(5_000)}` })
  expect(part?.value).toHaveLength(200)
  expect(part?.value).toContain('needle')
  expect(partsOf('f', 'x', { f: 'z'.repeat(5_000) })[0]?.value).toBe(`${'z'.repeat(199)}…`)
})

test('of an array the element that matched is shown, and a keyword is told with the field it was found in', () => {
  expect(partsOf('a.b', 'two', { a: [{ b: 'one' }, { b: 'TWO' }] })).toMatchObject([{ path: 'a.b', value: 'TWO' }])
  const [keyword] = explain('selection:\n  - mimikatz\ncondition: selection', { a: { b: ['x', 'run Mimikatz'] } }).searches
  expect(keyword?.parts).toEqual([{ field: undefined, path: 'a.b.1', wanted: 'contains "mimikatz"', value: 'run Mimikatz', matched: true }])
})

test('the place of a field whose path has a step that varies is the one it was found in', () => {
  const event = { Event: { System: {}, UserData: { Operation: { User: 'u' } } } }
  const [search] = explain(selecting('User', 'u'), event, evtxDumpView).searches
  expect(search?.parts).toMatchObject([{ path: 'Event.UserData.Operation.User', value: 'u', matched: true }])
})

test('an event of another log source is told so, whatever its parts', () => {
  expect(
    explain(selecting('f', 'a'), { f: 'a' }, plainView, { product: 'linux', service: 'auditd', categories: ['process_creation'] }),
  ).toMatchObject({
    matched: true,
    applies: false,
    firstFailure: 'the rule is for test, the event is linux, auditd, process_creation',
  })
})

test('several conditions are shown as alternatives', () => {
  expect(explain('a:\n  f: 1\nb:\n  f: 2\ncondition:\n  - a\n  - b or a', { f: 2 })).toMatchObject({ matched: true, condition: '(a) or (b or a)' })
})
