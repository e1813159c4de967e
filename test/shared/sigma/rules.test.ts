import { describe, expect, test } from 'vitest'
import { compileRules, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { ruleText } from '../../support/sigma.ts'

const FULL = `
title: Whole rule
id: 0b7163dc-7eee-4960-af17-c0cd517f92da
name: whole
status: test
description: |
  What it finds.
references:
  - https://example.org/a
author: Ana
date: 2024/1/2
modified: 2025-03-04
tags:
  - attack.defense-evasion
  - attack.t1059.001
  - cve.2024-1
logsource:
  product: Windows
  category: process_creation
  definition: needs auditing
detection:
  selection:
    Image: x
  condition: selection
falsepositives:
  - Admins
level: high
custom_key: kept out of the way
`

test('every field of a rule is read, and where it stands', () => {
  const { rules, problems } = parseRules(FULL, 'a.yml')
  expect(problems).toEqual([])
  expect(rules[0]).toMatchObject({
    id: '0b7163dc-7eee-4960-af17-c0cd517f92da',
    name: 'whole',
    title: 'Whole rule',
    level: 'high',
    status: 'test',
    description: 'What it finds.',
    author: 'Ana',
    date: '2024-01-02',
    modified: '2025-03-04',
    references: ['https://example.org/a'],
    falsePositives: ['Admins'],
    tags: ['attack.defense-evasion', 'attack.t1059.001', 'cve.2024-1'],
    logsource: { product: 'windows', category: 'process_creation', service: undefined },
    mitre: { tactics: ['defense_evasion'], techniques: ['T1059.001'] },
    file: 'a.yml',
    line: 2,
    source: FULL.trim(),
  })
})

test('D1 several documents in one file are several rules, each with its own line and source', () => {
  const one = ruleText('s:\n  a: 1\ncondition: s')
  const { rules } = parseRules(`${one}---\n# a comment\n${one.replace('A rule', 'B rule')}`, 'a.yml')
  expect(rules.map(({ title, line }) => [title, line])).toEqual([
    ['A rule', 1],
    ['B rule', 10],
  ])
  expect(rules[1]?.source).not.toContain('A rule')
})

test('a rule without an id gets one that depends on its text alone', () => {
  const id = (text: string) => parseRules(text, 'x.yml').rules[0]?.id
  const text = ruleText('s:\n  a: 1\ncondition: s')
  expect(id(text)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(id(text)).toBe(id(`\n\n${text}`))
  expect(id(text)).not.toBe(id(ruleText('s:\n  a: 2\ncondition: s')))
})

test.each([
  ['title', 'logsource: {product: x}\ndetection:\n  s: {a: 1}\n  condition: s', 'missing_field'],
  ['logsource', 'title: T\ndetection:\n  s: {a: 1}\n  condition: s', 'missing_field'],
  ['detection', 'title: T\nlogsource: {product: x}', 'missing_field'],
  ['condition', 'title: T\nlogsource: {product: x}\ndetection:\n  s: {a: 1}', 'missing_field'],
  ['known level', 'title: T\nlevel: urgent\nlogsource: {product: x}\ndetection:\n  s: {a: 1}\n  condition: s', 'level'],
  ['unique keys', 'title: T\ntitle: U', 'yaml'],
  ['map', '- a\n- b', 'yaml'],
  ['closed quote', 'title: "T', 'yaml'],
])('a rule that lacks a %s is a problem', (_, text, code) => {
  expect(parseRules(text, 'x.yml').problems).toMatchObject([{ code }])
})

test('one bad document does not cost the file its good ones', () => {
  const { rules, problems } = parseRules(`title: [\n---\n${ruleText('s:\n  a: 1\ncondition: s')}`, 'x.yml')
  expect([rules.length, problems.length > 0]).toEqual([1, true])
})

test('an alias bomb is refused', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...[...'bcdefghi'].map((name, i) => `${name}: &${name} [${`*${'abcdefghi'.charAt(i)},`.repeat(9)}]`),
  ].join('\n')
  expect(parseRules(bomb, 'x.yml').problems).toMatchObject([{ code: 'yaml' }])
})

test('a file larger than the bound is refused unread', () => {
  expect(parseRules('#'.repeat(17 * 1024 * 1024), 'x.yml').problems).toMatchObject([{ code: 'too_large' }])
})

test.each([
  ['nested flow collections', `a: ${'['.repeat(50_000)}`],
  ['nested block maps', Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['nested lists on one line', `a:\n  ${'- '.repeat(50_000)}x`],
  ['nested questions', `${'? '.repeat(30_000)}x`],
  ['merges of merges', `a: &a0 {k: 1}\n${Array.from({ length: 60 }, (_, i) => `b${i}: &a${i + 1}\n  <<: [*a${i}, *a${i}]`).join('\n')}`],
  ['an alias of itself', 'a: &a\n  b: *a'],
  ['an object of another language', 'a: !!js/function "function () {}"\ntitle: x'],
  ['unclosed quotes', `a: "${'x\n'.repeat(300_000)}`],
  ['a key of a million characters', `${'k'.repeat(1_000_000)}: 1`],
  ['a million digits', `title: ${'9'.repeat(1_000_000)}`],
  ['control characters', 'title: "\u0000"\n\u0007: x'],
])('a hostile file is answered with a reason: %s', (_, text) => {
  const { rules, problems } = parseRules(text, 'x.yml')
  expect(rules).toEqual([])
  expect(problems[0]?.reason).toMatch(/\S/)
})

test.each([
  ['flow maps', `title: x\nlogsource: {product: test}\ndetection: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}\n`],
  ['block maps', Array.from({ length: 120 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['lists', `a: ${'['.repeat(150)}${']'.repeat(150)}`],
])('%s nested too deep are refused for that reason', (_, text) => {
  expect(parseRules(text, 'x.yml').problems).toMatchObject([{ code: 'yaml', reason: expect.stringContaining('nested deeper than 100 levels') }])
})

test('a list of more values than one may have is refused at its line', () => {
  const list = (count: number) => ruleText(`s:\n  f|contains:\n${Array.from({ length: count }, (_, i) => `    - v${i}\n`).join('')}condition: s`)
  expect(parseRules(list(20_000), 'x.yml').problems).toEqual([])
  expect(parseRules(list(20_001), 'x.yml').problems).toMatchObject([{ code: 'too_large', line: 6, reason: expect.stringContaining('f|contains') }])
})

test('a file whose values would be made into millions of variants is refused where they become too many', () => {
  const values = Array.from({ length: 500 }, () => '" -a -b -c -d"').join(', ')
  const text = ruleText(`s:\n  f|windash: [${values}]\ncondition: s`)
  const { rules, problems } = parseRules(`${ruleText('s:\n  f|windash: -a\ncondition: s')}---\n${text}`, 'x.yml')
  expect([rules.length, problems.map(({ line, code }) => [line, code])]).toEqual([1, [[14, 'modifier']]])
})

test('a regular expression without end is refused', () => {
  expect(parseRules(ruleText(`s:\n  f|re|i: '${'[a-ё]'.repeat(2_000)}'\ncondition: s`), 'x.yml').problems).toMatchObject([{ code: 'regex', line: 6 }])
})

test('a file of more documents than are read says where it was cut', () => {
  const { rules, problems } = parseRules(`${ruleText('s:\n  a: 1\ncondition: s')}---\n`.repeat(20_003), 'x.yml')
  expect([rules.length, problems.map(({ line, code }) => [line, code])]).toEqual([20_000, [[160_000, 'too_large']]])
})

test('more unusual YAML than the full reader is given is refused, and the plain documents of the file are read', () => {
  const unusual = `title: ['${'x'.repeat(600_000)}']\n`
  const { rules, problems } = parseRules([unusual, unusual, ruleText('s:\n  a: 1\ncondition: s')].join('---\n'), 'x.yml')
  expect(rules).toHaveLength(1)
  expect(problems.at(-1)?.reason).toContain('unusual YAML')
})

test('a key called __proto__ is a key like any other', () => {
  const { rules } = parseRules(ruleText('s:\n  __proto__: x\n  constructor: y\ncondition: s'), 'x.yml')
  expect(JSON.stringify(rules[0]?.detection && [...(rules[0].detection as { searches: Map<string, unknown> }).searches])).toContain(
    '"field":"__proto__"',
  )
  expect(({} as { x?: unknown }).x).toBeUndefined()
})

test('a file with Windows line breaks gives the same rule, and its own text', () => {
  const text = `# comment\n${FULL}`
  const windows = text.replaceAll('\n', '\r\n')
  const [unix] = parseRules(text, 'a.yml').rules
  const [rule] = parseRules(windows, 'a.yml').rules
  expect(rule).toEqual({ ...unix, source: FULL.trim().replaceAll('\n', '\r\n') })
  const flow = windows.replace('Image: x', 'Image: [x]')
  expect(parseRules(flow, 'a.yml').rules[0]).toMatchObject({ line: rule?.line, description: rule?.description })
})

test('the text of a rule ends with its last line, comments after it are not its own', () => {
  const one = ruleText('s:\n  a: 1\ncondition: s # why')
  const text = `${one}# of the next\n\n---\n# more\n${one}`
  const sources = [one.trim(), one.trim()]
  expect(parseRules(text, 'a.yml').rules.map(({ source }) => source)).toEqual(sources)
  expect(parseRules(text.replaceAll('a: 1', 'a: [1]'), 'a.yml').rules.map(({ source }) => source)).toEqual(
    sources.map((source) => source.replace('a: 1', 'a: [1]')),
  )
})

test.each([
  ['a value', 's:\n  - f|re:\n      - fine\n      - "(a"\ncondition: s', 8],
  ['a field', 's:\n  a: 1\n  f|sounds: 1\ncondition: s', 7],
  ['a keyword', 's:\n  - fine\n  - {a: 1}\n  - null\ncondition: s', 8],
  ['the condition', 's:\n  a: 1\ncondition: t', 7],
  ['one of the conditions', 's:\n  a: 1\ncondition:\n  - s\n  - t', 9],
  ['an empty search', 't: {a: 1}\ns: []\ncondition: s', 6],
])('a problem has the line of what is wrong: %s', (_, detection, line) => {
  const text = ruleText(detection)
  expect(parseRules(text, 'x.yml').problems).toMatchObject([{ line }])
  // The same further down in the file, after another document.
  expect(parseRules(`# comment\n---\n${text}`, 'x.yml').problems).toMatchObject([{ line: line + 2 }])
  expect(parseRules(`${text}...\n---\n${text}`, 'x.yml').problems).toMatchObject([{ line }, { line: line + text.split('\n').length + 1 }])
})

test('a level that is none has its line', () => {
  expect(parseRules(`# x\n${ruleText('s:\n  a: 1\ncondition: s')}level: urgent\n`, 'x.yml').problems).toMatchObject([{ code: 'level', line: 9 }])
})

test('D1 C3 D3 one file may hold rules, correlations and filters; keys that Sigma does not know are tolerated', () => {
  const text = `${ruleText('s:\n  a: 1\ncondition: s')}name: one
related: [{id: x, type: similar}]
taxonomy: sigma
fields: [a]
scope: [server]
license: MIT
simulation: {type: x}
---
title: Many
correlation: {type: event_count, rules: one, timespan: 1m, condition: {gte: 2}}
custom: 1
---
title: Except
logsource: {product: test}
filter: {rules: one, selection: {b: 1}, condition: selection}
`
  const { rules, correlations, filters, problems } = parseRules(text, 'x.yml')
  expect(problems).toEqual([])
  expect([rules, correlations, filters].map((list) => list.map(({ title, line }) => [title, line]))).toEqual([
    [['A rule', 1]],
    [['Many', 16]],
    [['Except', 20]],
  ])
})

describe('D2 action', () => {
  const shared = 'action: global\ntitle: Shared\nlogsource:\n  product: test\n  service: global\ntags: [attack.execution]\n'
  const own = (field: string) => `detection:\n  s:\n    ${field}: 1\n  condition: s\n`

  test('D2 global goes into each rule after it, and wins', () => {
    const { rules, problems } = parseRules(`${shared}---\n${own('a')}---\ntitle: Own\nlogsource: {service: own, category: c}\n${own('b')}`, 'x.yml')
    expect(problems).toEqual([])
    expect(rules.map(({ title, logsource, tags }) => ({ title, logsource, tags }))).toEqual([
      { title: 'Shared', logsource: { product: 'test', service: 'global' }, tags: ['attack.execution'] },
      { title: 'Shared', logsource: { product: 'test', service: 'global', category: 'c' }, tags: ['attack.execution'] },
    ])
    expect(new Set(rules.map(({ id }) => id)).size).toBe(2)
  })

  test('D2 reset ends that', () => {
    const { rules, problems } = parseRules(`${shared}---\naction: reset\n---\n${own('a')}`, 'x.yml')
    expect([rules.length, problems.map(({ reason }) => reason)]).toEqual([0, ['the rule has no title']])
  })

  test('D2 repeat is the rule before with more on top', () => {
    const { rules, problems } = parseRules(
      `title: First\nlogsource: {product: test}\n${own('a')}---\naction: repeat\ntitle: Second\ndetection:\n  t: {b: 2}\n  condition: s and t\n`,
      'x.yml',
    )
    expect(problems).toEqual([])
    expect(rules.map(({ title }) => title)).toEqual(['First', 'Second'])
    expect(
      compileRules(rules, plainView)
        .matcher.match({ a: 1, b: 2 }, { product: 'test', categories: [] })
        .map(({ rule }) => rule.title),
    ).toEqual(['First', 'Second'])
  })

  test('D2 the text of a merged rule is a whole rule by itself', () => {
    const { rules } = parseRules(`${shared}---\n${own('a')}`, 'x.yml')
    const [again] = parseRules(rules[0]?.source ?? '', 'x.yml').rules
    expect(again).toEqual({ ...rules[0], line: 1 })
  })

  test.each([
    ['another action', 'title: T\naction: shout\n', 'action', 2],
    ['a repeat of nothing', 'action: repeat\ntitle: T\n', 'action', 1],
  ])('D2 %s is refused', (_, text, code, line) => {
    expect(parseRules(text, 'x.yml').problems).toMatchObject([{ code, line }])
  })
})
