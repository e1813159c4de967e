import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../shared/sigma/parse/detection.ts'
import { applyFilters, compileRules, linkRules, parseFilterDetection, parseRules, plainView, type SigmaFilter } from '../../../shared/sigma/sigma.ts'

const rule = (title: string, id: string, more = '', logsource = '{product: windows, category: process_creation}') =>
  `title: ${title}\nid: ${id}\n${more}logsource: ${logsource}\ndetection:\n  selection:\n    Image: cmd.exe\n  condition: selection\n`
const filter = (rules: string, more = '', logsource = '{product: windows}') =>
  `title: Admins\nlogsource: ${logsource}\nfilter:\n  ${rules === '' ? '' : `rules: ${rules}`}\n  selection:\n    User|startswith: adm_\n  condition: selection\n${more}`
const read = (...texts: string[]) => parseRules(texts.join('---\n'), 'f.yml')

/** Titles of the rules that fire on the event once the filters are joined to them. */
function fired(texts: readonly string[], event: object): string[] {
  const { rules, filters, problems } = read(...texts)
  const applied = applyFilters(rules, filters)
  const { matcher, problems: more } = compileRules(applied.rules, plainView)
  expect([...problems, ...applied.problems, ...more]).toEqual([])
  return matcher.match(event, { product: 'windows', categories: ['process_creation'] }).map((match) => match.rule.title)
}

const A = rule('A', 'aaaaaaaa-0000-4000-8000-000000000000', 'name: rule_a\n')
const B = rule('B', 'bbbbbbbb-0000-4000-8000-000000000000')
const ADMIN = { Image: 'cmd.exe', User: 'adm_eve' }
const USER = { Image: 'cmd.exe', User: 'eve' }

test.each([
  ['an id', '[aaaaaaaa-0000-4000-8000-000000000000]', ['B']],
  ['a name', '[rule_a]', ['B']],
  ['a single text', 'rule_a', ['B']],
  ['an id in capitals', 'AAAAAAAA-0000-4000-8000-000000000000', ['B']],
  ['any', 'any', []],
  ['an empty list', '[]', []],
])('F1 a filter named for its rules by %s keeps them from firing where its condition holds', (_, rules, left) => {
  expect(fired([A, B, filter(rules)], ADMIN)).toEqual(left)
  expect(fired([A, B, filter(rules)], USER)).toEqual(['A', 'B'])
})

test('F1 a condition that only negates, as pySigma joins it, leaves out the same', () => {
  const negated = filter('any').replace('condition: selection', 'condition: not selection')
  expect([fired([A, negated], ADMIN), fired([A, negated], USER)]).toEqual([[], ['A']])
  const twice = filter('any').replace('condition: selection', 'other: {User: root}\n  condition: not selection and not other')
  expect([fired([A, twice], ADMIN), fired([A, twice], { ...USER, User: 'root' }), fired([A, twice], USER)]).toEqual([[], [], ['A']])
})

test('F1 a condition that asks and negates is read as the specification says', () => {
  const both = filter('any').replace('condition: selection', 'other: {Host: x}\n  condition: selection and not other')
  expect([fired([A, both], ADMIN), fired([A, both], { ...ADMIN, Host: 'x' })]).toEqual([[], ['A']])
})

test('F1 a filter touches only rules of its log source', () => {
  const linux = rule('L', 'cccccccc-0000-4000-8000-000000000000', '', '{product: linux}')
  const { rules, filters } = read(A, linux, filter('any'))
  const applied = applyFilters(rules, filters)
  expect(applied.rules.map((each, i) => each === rules[i])).toEqual([false, true])
  expect(applied.problems).toEqual([])
})

test.each([
  ['narrower than the rule', '{product: windows, category: process_creation, service: sysmon}', 1],
  ['another', '{product: linux}', 1],
  ['the same', '{product: windows, category: process_creation}', 0],
  ['wider', '{category: process_creation}', 0],
])('F1 a log source that is %s', (_, logsource, problems) => {
  const { rules, filters } = read(A, filter('rule_a', '', logsource))
  const applied = applyFilters(rules, filters)
  expect(applied.problems.map(({ code }) => code)).toEqual(Array(problems).fill('filter_logsource'))
  expect(applied.rules[0] === rules[0]).toBe(problems === 1)
})

test('F1 names that the rule and several filters share stay apart, and say where they are from', () => {
  const { rules, filters } = read(A, filter('any'), filter('any').replace('adm_', 'svc_'))
  const applied = applyFilters(rules, filters).rules
  const [detection, before] = [applied, rules].map((list) => list[0]?.detection as Detection)
  expect([...(detection?.searches.keys() ?? [])]).toEqual(['selection', 'filter "Admins": selection', 'filter "Admins" (2): selection'])
  expect(detection?.written).toBe('(selection) and not filter "Admins": (selection) and not filter "Admins" (2): (selection)')
  expect(before?.searches.size).toBe(1)
  expect(['adm_x', 'svc_x', 'x'].map((User) => fired([A, filter('any'), filter('any').replace('adm_', 'svc_')], { ...USER, User }).length)).toEqual([
    0, 0, 1,
  ])
})

test('F1 the rule named by a match is the one that was given, with its own text', () => {
  const { rules, filters } = read(A, filter('any'))
  expect(applyFilters(rules, filters).rules[0]).toMatchObject({ id: rules[0]?.id, source: rules[0]?.source })
})

test.each([
  ['rules', filter(''), 'missing_field', 3],
  ['condition', filter('any').replace(/ {2}condition.*\n/, ''), 'missing_field', 3],
  ['selection', filter('any').replace(/ {2}selection:\n.*\n/, ''), 'missing_field', 3],
  ['logsource', filter('any').replace(/logsource.*\n/, ''), 'missing_field', 1],
  ['title', filter('any').replace(/title.*\n/, ''), 'missing_field', 1],
  ['rule that has a name', filter('[a, {b: c}]'), 'filter', 4],
])('F1 a filter without a %s is refused at its line', (_, text, code, line) => {
  expect(read(text).problems).toMatchObject([{ code, line }])
  expect(read(text).filters).toEqual([])
})

describe('F1 what filters refer to', () => {
  test('F1 a rule that is not there, several of one name and a correlation are reported by line', () => {
    const twin = rule('A2', 'dddddddd-0000-4000-8000-000000000000', 'name: rule_a\n')
    const correlation = 'title: Many\nname: many\ncorrelation: {type: event_count, rules: [rule_b], timespan: 1m, condition: {gte: 2}}\n'
    const filters = filter('[nobody, rule_a, many, bbbbbbbb-0000-4000-8000-000000000000]'.replaceAll(', ', ',\n    '))
    const parsed = read(filters, A, twin, B.replace('logsource', 'name: rule_b\nlogsource'), correlation)
    expect(linkRules(parsed)).toMatchObject([
      { code: 'unknown_rule', line: 4, title: 'Admins' },
      { code: 'ambiguous_rule', line: 5, reason: expect.stringContaining('2 rules (f.yml:') },
      { code: 'filter_on_correlation', line: 6 },
    ])
  })

  test('F1 an ambiguous name is applied to no rule, since either would be a guess', () => {
    const twin = rule('A2', 'dddddddd-0000-4000-8000-000000000000', 'name: rule_a\n')
    expect(fired([A, twin, filter('rule_a')], ADMIN)).toEqual(['A', 'A2'])
  })
})

describe('a detection section by itself', () => {
  const exception = (text: string): SigmaFilter => {
    const { detection, problem } = parseFilterDetection(text, 'exception')
    if (problem) throw new Error(problem.reason)
    return { id: 'x', title: 'Backup host', description: '', logsource: {}, rules: 'any', detection, file: 'exception', line: 1, source: text }
  }

  test.each([
    ['YAML', 'selection:\n  User|startswith: adm_\ncondition: selection\n'],
    ['JSON', '{"selection": {"User|startswith": "adm_"}, "condition": "selection"}'],
    ['YAML with a negated condition', 'selection:\n  User|startswith: adm_\ncondition: not selection\n'],
  ])('is read from %s and works as a filter', (_, text) => {
    const { rules } = read(A)
    const { matcher } = compileRules(applyFilters(rules, [exception(text)]).rules, plainView)
    const logsource = { product: 'windows', categories: ['process_creation'] }
    expect([ADMIN, USER].map((event) => matcher.match(event, logsource).length)).toEqual([0, 1])
  })

  test.each([
    ['nothing', '', 'missing_field', 1],
    ['no YAML', 'a: "b', 'yaml', 1],
    ['two documents', 'selection: {a: 1}\ncondition: selection\n---\nb: 1', 'yaml', 4],
    ['no condition', 'selection: {a: 1}', 'missing_field', 1],
    ['a wrong condition', 'selection: {a: 1}\ncondition: selektion', 'condition', 2],
    ['a wrong modifier', 'selection:\n  a: 1\n  b|sounds: 1\ncondition: selection', 'unsupported_modifier', 3],
    ['too long a text', `selection: {a: ${'x'.repeat(300_000)}}`, 'too_large', 1],
  ])('is refused with its line where it is %s', (_, text, code, line) => {
    expect(parseFilterDetection(text, 'exception')).toMatchObject({ problem: { file: 'exception', code, line } })
  })
})
