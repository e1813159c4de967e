import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { patternText } from '../../../hub/cli/rules/rule-json.ts'
import { readRuleFiles } from '../../../hub/detection/rule-files.ts'
import { parsePattern } from '../../../shared/sigma/parse/pattern.ts'
import { parseRules } from '../../../shared/sigma/sigma.ts'
import { folderWith, ruleNamed, runRules } from './rules-command.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})
const folder = async (files: Record<string, string>) => {
  const made = await folderWith(files)
  folders.push(made)
  return made
}

const CORRELATION = `title: Many
id: 0b7163dc-7eee-4960-af17-c0cd517f92dc
correlation:
  type: event_count
  rules: [0b7163dc-7eee-4960-af17-c0cd517f92da]
  group-by: [User]
  timespan: 5m
  condition: { gte: 10 }
level: high
`
const FILTER = `title: Not these
id: 0b7163dc-7eee-4960-af17-c0cd517f92dd
logsource: { product: windows, category: process_creation }
filter:
  rules: any
  selection: { User: backup }
  condition: selection
`

test('a rule as JSON says what the parser made of it, all modifiers applied', async () => {
  const text = ruleNamed('Certutil').replace(
    '  condition: selection',
    '    CommandLine|contains|all:\n      - a*b\n      - 50\\*\n  filter:\n    User: null\n  condition: selection and not filter',
  )
  const path = await folder({ 'a.yml': text })
  const { out, code } = await runRules('convert', path)
  expect(JSON.parse(out)).toEqual({
    type: 'rule',
    id: '0b7163dc-7eee-4960-af17-c0cd517f92da',
    name: null,
    title: 'Certutil',
    level: 'high',
    status: 'test',
    description: 'What it finds.',
    author: 'Ana',
    date: '2026-01-02',
    modified: null,
    references: [],
    false_positives: ['Unknown'],
    tags: ['attack.execution'],
    mitre: { tactics: ['execution'], techniques: [] },
    logsource: { product: 'windows', category: 'process_creation' },
    detection: {
      searches: {
        selection: {
          and: [
            { field: 'Image', test: 'text', value: '*\\\\certutil.exe', cased: false },
            {
              and: [
                { field: 'CommandLine', test: 'text', value: '*a*b*', cased: false },
                { field: 'CommandLine', test: 'text', value: '*50\\**', cased: false },
              ],
            },
          ],
        },
        filter: { field: 'User', test: 'null' },
      },
      condition: { and: [{ search: 'selection' }, { not: { search: 'filter' } }] },
      written: 'selection and not filter',
    },
    file: join(path, 'a.yml'),
    line: 1,
  })
  expect(code).toBe(0)
})

test('F1 X1 filters and correlations are converted too; --array makes one array', async () => {
  const path = await folder({ 'a.yml': ruleNamed('Certutil'), 'b.yml': `${CORRELATION}---\n${FILTER}` })
  const lines = (await runRules('convert', path)).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ type, title }) => [type, title])).toEqual([
    ['rule', 'Certutil'],
    ['correlation', 'Many'],
    ['filter', 'Not these'],
  ])
  expect(lines[1].correlation).toMatchObject({
    type: 'event_count',
    group_by: ['User'],
    timespan_seconds: 300,
    condition: [{ operator: 'gte', value: 10 }],
  })
  expect(lines[2]).toMatchObject({ rules: 'any', detection: { condition: { search: 'selection' } } })
  expect(JSON.parse((await runRules('convert', path, '--array')).out)).toEqual(lines)
  expect(JSON.parse((await runRules('convert', await folder({ 'a.yml': '' }), '--array')).out)).toEqual([])
})

test('V2 a pattern’s text read again is the same pattern', () => {
  const written = fc.string({ unit: fc.constantFrom('a', '\\', '*', '?', 'é') })
  fc.assert(
    fc.property(written, (text) => {
      expect(parsePattern(patternText(parsePattern(text)))).toEqual(parsePattern(text))
    }),
  )
})

test('rules that cannot be used are named on standard error, and the others converted', async () => {
  const path = await folder({ 'a.yml': ruleNamed('Certutil'), 'b.yml': 'title: [' })
  const { out, err, code } = await runRules('convert', path)
  expect([JSON.parse(out).title, code]).toEqual(['Certutil', 1])
  expect(err).toMatch(/b\.yml:1: .*\n1 converted, 1 cannot be used/)
  expect((await runRules('convert', path, '--to', 'yaml', '--array')).code).toBe(2)
})

test('YAML in one form: order, dates, tags and id', async () => {
  const messy =
    'level: high\ntags: [Attack.Execution]\ndate: 2026/1/2\ncustom: 1\ndetection:\n  s: {EventID: 1}\n  condition: s\nlogsource: {product: windows}\ntitle: Messy\n'
  const { out } = await runRules('convert', await folder({ 'a.yml': messy }), '--to', 'yaml')
  expect(out).toMatch(
    /^title: Messy\nid: [0-9a-f-]{36}\ndate: 2026-01-02\ntags:\n {2}- attack\.execution\nlogsource:\n {2}product: windows\ndetection:\n {2}s:\n {4}EventID: 1\n {2}condition: s\nlevel: high\ncustom: 1\n$/,
  )
})

test('every rule that ships looks for the same after it was written out, and a second time changes nothing', async () => {
  const once = (await runRules('convert', 'rules', '--to', 'yaml')).out
  const again = await folder({ 'all.yml': once })
  expect((await runRules('convert', again, '--to', 'yaml')).out).toBe(once)
  const before = (await readRuleFiles(['rules'])).flatMap(({ file, text }) => parseRules(text, file).rules)
  const after = parseRules(once, 'all.yml').rules
  expect(after.map(({ id, detection, logsource }) => ({ id, detection, logsource }))).toEqual(
    before.map(({ id, detection, logsource }) => ({ id, detection, logsource })),
  )
})
