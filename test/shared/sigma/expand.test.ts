import { expect, test } from 'vitest'
import { compileRules, parseRules, plainView, readPlaceholders } from '../../../shared/sigma/sigma.ts'
import { refusal, ruleText, selecting } from '../../support/sigma.ts'

/** Which of the values the item fires on. */
function found(key: string, value: string, values: readonly string[], placeholders: Record<string, readonly string[]>): string[] {
  const { rules, problems } = parseRules(ruleText(selecting(key, value)), 'x.yml', { placeholders: new Map(Object.entries(placeholders)) })
  if (problems[0]) throw new Error(problems[0].reason)
  const { matcher } = compileRules(rules, plainView)
  return values.filter((each) => matcher.match({ f: each }, { product: 'test', categories: [] }).length > 0)
}

test('M13 expand without placeholder values is refused with that reason, at its line', () => {
  expect(refusal(selecting('f|contains|expand', '%admins%'))).toMatchObject({
    code: 'expand_without_placeholders',
    line: 6,
    reason: expect.stringContaining('%admins%'),
  })
})

test('M13 a placeholder stands for any of its values, which may hold wildcards', () => {
  expect(found('f|expand', '%admins%', ['ana', 'BOB', 'bobby', 'eve'], { admins: ['ana', 'bo*'] })).toEqual(['ana', 'BOB', 'bobby'])
})

test('M13 placeholders inside text, several of them, before and after contains', () => {
  const lists = { who: ['ana', 'bo'], where: ['eu', 'us'] }
  const values = ['x ana@eu y', 'bo@us', 'ana@asia', 'ana@eu']
  expect(found('f|contains|expand', '%who%@%where%', values, lists)).toEqual(['x ana@eu y', 'bo@us', 'ana@eu'])
  expect(found('f|expand|contains', '%who%@%where%', values, lists)).toEqual(['x ana@eu y', 'bo@us', 'ana@eu'])
  expect(found('f|expand', '%who%@%where%', values, lists)).toEqual(['bo@us', 'ana@eu'])
})

test('M13 an escaped percent sign is text; an escaped backslash before a placeholder is a backslash', () => {
  const lists = { name: ['ana'], plain: ['no'] }
  expect(found('f|expand', '\\%plain%name%', ['%plainana', 'noname%'], lists)).toEqual(['%plainana'])
  expect(found('f|expand', 'C:\\\\%name%', ['C:\\ana', 'C:%name%'], lists)).toEqual(['C:\\ana'])
  expect(found('f|contains|expand', 'C:\\\\%name%', ['xC:\\ana', 'C:%name%'], lists)).toEqual(['xC:\\ana'])
  expect(found('f|expand', '100\\%', ['100%', '100\\%'], lists)).toEqual(['100%'])
})

test('M13 a percent sign without expand is text', () => {
  expect(found('f', '%name%', ['%name%', 'ana'], { name: ['ana'] })).toEqual(['%name%'])
})

test('M13 more variants than can be meant are refused', () => {
  const many = Array.from({ length: 200 }, (_, i) => `v${i}`)
  expect(() => found('f|expand', '%a%%a%%a%', [], { a: many })).toThrow('more than')
})

test('M13 placeholder values are read from a map of names to lists', () => {
  const { placeholders, problems } = readPlaceholders('admins:\n  - ana\n  - 42\n"%one%": x\n', 'p.yml')
  expect(problems).toEqual([])
  expect(Object.fromEntries(placeholders)).toEqual({ admins: ['ana', '42'], one: ['x'] })
  expect(Object.fromEntries(readPlaceholders('{"admins": ["ana", "bo"]}', 'p.json').placeholders)).toEqual({ admins: ['ana', 'bo'] })
})

test.each([
  ['an empty list', 'good: [a]\nadmins: []', 2, 'the list is empty'],
  ['a map as a value', 'good: [a]\nadmins:\n  - a\n  - b: c', 4, 'neither text nor a number'],
  ['a name with a space', 'good: [a]\nnot good: [a]', 2, 'no spaces'],
  ['too many values', `good: [a]\nadmins: [${'x,'.repeat(10_001)}]`, 2, 'more than'],
])('M13 %s in a placeholder file is refused by line, the rest is read', (_, text, line, reason) => {
  const { placeholders, problems } = readPlaceholders(text, 'p.yml')
  expect(problems).toMatchObject([{ file: 'p.yml', line, code: 'placeholders', reason: expect.stringContaining(reason) }])
  expect([...placeholders.keys()]).toEqual(['good'])
})

test.each([
  ['no YAML', 'a: "b'],
  ['a list', '- a'],
  ['nothing', '# only a comment'],
  ['a file too large', '#'.repeat(5 * 1024 * 1024)],
])('M13 %s is no placeholder file', (_, text) => {
  const { placeholders, problems } = readPlaceholders(text, 'p.yml')
  expect([placeholders.size, problems.length]).toEqual([0, 1])
})
