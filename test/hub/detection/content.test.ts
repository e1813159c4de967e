import { describe, expect, test } from 'vitest'
import { changedFields } from '../../../hub/detection/content/changed-fields.ts'
import { ContentRefused } from '../../../hub/detection/content/errors.ts'
import { compileException } from '../../../hub/detection/content/exception-text.ts'
import { refusalOf } from '../../../hub/detection/content/life-cycle.ts'
import { unifiedDiff } from '../../../hub/detection/content/line-diff.ts'
import { problemsIn, readRuleText, withId } from '../../../hub/detection/content/rule-text.ts'
import { RULE_STAGES } from '../../../hub/detection/ports.ts'

const NONE = new Map<string, string[]>()
const lines = (...all: (string | number)[]) => `${all.join('\n')}\n`

describe('a diff', () => {
  test('of equal texts is empty, whatever their line ends', () => {
    expect(unifiedDiff('a\nb\n', 'a\r\nb', ['1', '2'])).toBe('')
  })

  test('shows what changed with three lines around it, and puts changes that lie close together into one hunk', () => {
    const before = lines(...Array.from({ length: 30 }, (_, i) => i + 1))
    const after = before.replace('\n5\n', '\nfive\n').replace('\n9\n', '\n').replace('\n29\n', '\n29\nnew\n')
    expect(unifiedDiff(before, after, ['old', 'new'])).toBe(
      [
        ...['--- old', '+++ new', '@@ -2,11 +2,10 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8', '-9', ' 10', ' 11', ' 12'],
        ...['@@ -27,4 +26,5 @@', ' 27', ' 28', ' 29', '+new', ' 30'],
      ].join('\n'),
    )
  })

  test('keeps the most lines in common', () => {
    const text = unifiedDiff(lines('a', 'b', 'c', 'd'), lines('b', 'x', 'c', 'd', 'a'), ['1', '2'])
    expect(text.split('\n').slice(3)).toEqual(['-a', ' b', '+x', ' c', ' d', '+a'])
  })

  test('of two large texts that share nothing is bounded: all out, all in', () => {
    const [before, after] = [lines(...Array.from({ length: 3_000 }, (_, i) => `a${i}`)), lines(...Array.from({ length: 3_000 }, (_, i) => `b${i}`))]
    const text = unifiedDiff(before, after, ['1', '2']).split('\n')
    expect([text.length, text[3], text.at(-1)]).toEqual([6_003, '-a0', '+b2999'])
  })
})

test('changed fields are named down to the item of a detection; lists of values, and what is not the detection, as one', () => {
  const before = { title: 'a', tags: ['x'], level: 'low', detection: { sel: { A: ['1', '2'], B: 1 }, many: [{ C: 1 }, { D: 2 }], condition: 'sel' } }
  const after = {
    title: 'a',
    tags: ['x', 'y'],
    date: 1,
    detection: { sel: { A: ['1', '3'], 'E|contains': 1 }, many: [{ C: 1 }, { D: 3 }], condition: 'sel' },
  }
  expect(changedFields(before, after).map(({ path, change }) => `${change} ${path}`)).toEqual([
    'changed tags',
    'added date',
    'changed detection.sel.A',
    'added detection.sel.E|contains',
    'removed detection.sel.B',
    'changed detection.many.1.D',
    'removed level',
  ])
  expect(changedFields({ detection: { a: 1, b: 2 } }, { detection: { b: 2, a: 1 } })).toEqual([])
})

test('a move that the life cycle does not have is refused from every stage, naming those it has', () => {
  const fine = { problems: [], tests: [true, false].map((fires) => ({ name: 't', event: {}, fires, matched: fires, right: true })) }
  const allowed = RULE_STAGES.flatMap((from) => RULE_STAGES.filter((to) => refusalOf(from, to, fine) === undefined).map((to) => `${from} ${to}`))
  expect(allowed).toEqual([
    ...['development development', 'development testing', 'development deprecated'],
    ...['testing development', 'testing testing', 'testing staging', 'testing deprecated'],
    ...['staging development', 'staging staging', 'staging production', 'staging deprecated'],
    ...['production development', 'production production', 'production deprecated'],
    ...['deprecated development', 'deprecated deprecated'],
  ])
})

describe('a rule text', () => {
  const text = 'title: A\nlogsource: { product: linux }\ndetection:\n  a: { x: 1 }\n  condition: a\n'

  test('gets its id where it can be put without touching anything else', () => {
    expect(withId(`---\n${text}`, 'new')).toBe(`id: new\n${text}`)
    expect(withId(`# note\n${text}id: old # here\n`, 'new')).toBe(`# note\n${text}id: new\n`)
    expect(withId(`id: old\nrelated: []\n${text}`, 'new', 'old')).toBe(`id: new\nrelated: []\n${text}`)
    expect(() => withId('{title: A, id: old}', 'new')).toThrow(/Write "id: new"/)
    expect(() => withId(`"id": old\n${text}`, 'new')).toThrow(/Write "id: new"/)
  })

  test('that cannot be used is still a draft with a title; one without a title, or several at once, is none', () => {
    const draft = readRuleText(text.replace('condition: a', 'condition: b'), 'rule', NONE)
    expect([draft.rule, draft.head.title, draft.head.logsource.product, draft.problems[0]?.code]).toEqual([undefined, 'A', 'linux', 'condition'])
    for (const bad of [
      '',
      'level: low',
      `${text}---\n${text}`,
      '- a',
      'title: [',
      `${text}correlation: {}`,
      'a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\ntitle: {}',
    ])
      expect(() => readRuleText(bad, 'rule', NONE), bad).toThrow(ContentRefused)
  })

  test('a YAML bomb is refused', () => {
    const bomb = [
      'title: Bomb',
      'a: &a0 [x,x,x,x,x,x,x,x,x]',
      ...Array.from({ length: 9 }, (_, i) => `a${i}: &a${i + 1} [${`*a${i},`.repeat(9)}]`),
    ].join('\n')
    expect(() => readRuleText(bomb, 'rule', NONE)).toThrow(ContentRefused)
    expect(problemsIn(bomb, NONE)).toMatchObject([{ severity: 'error' }])
  })

  test('what lint finds is said with its place, and does not make the text invalid', () => {
    const problems = problemsIn(text.replace('{ x: 1 }', "{ 'CommandLine|re': '.*' }"), NONE)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.every(({ severity, line, column }) => severity !== 'error' && line >= 1 && column >= 1)).toBe(true)
  })
})

test("an exception reads Sigma's field names as the rule's log source has them, numbers beyond JSON's too", () => {
  const windows = { product: 'windows', category: 'process_creation' }
  const of = { product: 'windows', categories: ['process_creation'] }
  const exception = compileException('s:\n  CommandLine|endswith: deploy\n  winlog.id: 12345678901234567890\ncondition: s', windows, NONE)
  const document = { process: { command_line: 'x DEPLOY' }, winlog: { id: '12345678901234567890' } }
  expect(exception.match(document, of)).toHaveLength(1)
  expect(exception.match({ ...document, winlog: { id: '12345678901234567000' } }, of)).toHaveLength(0)
  expect(() => compileException('s: &a { b: c }\nt: *a\ncondition: s or t', {}, NONE)).not.toThrow()
  expect(() => compileException('[1, 2]', {}, NONE)).toThrow(/search identifiers/)
})
