import { expect, test } from 'vitest'
import { parseRules } from '../../../shared/sigma/sigma.ts'
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

test.each(['correlation', 'filter', 'action'])('F1 X1 D2 a "%s" document is reported, never skipped in silence', (kind) => {
  const { rules, problems } = parseRules(`title: C\n${kind}:\n  type: event_count\n`, 'c.yml')
  expect(rules).toEqual([])
  expect(problems).toMatchObject([{ file: 'c.yml', line: 1, title: 'C', code: 'unsupported_in_this_version' }])
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

test('M13 placeholder values that are given let the rule load', () => {
  const text = ruleText('s:\n  user|expand: "%admins%"\ncondition: s')
  expect(parseRules(text, 'x.yml', { placeholders: new Map([['admins', ['ana', 'bo*']]]) }).rules).toHaveLength(1)
})
