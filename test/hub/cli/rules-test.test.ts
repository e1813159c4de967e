import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readRuleFiles } from '../../../hub/detection/rule-files.ts'
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

const processEvent = (image: string): string =>
  JSON.stringify({
    EventTime: '2026-03-10 09:14:12',
    Hostname: 'H',
    EventID: 1,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    SourceName: 'Microsoft-Windows-Sysmon',
    Image: image,
    CommandLine: 'x',
  })
const tests = (fires: string[], silent: string[]): string =>
  `fires:\n${fires.map((text) => `  - ${text}\n`).join('')}silent:\n${silent.map((text) => `  - ${text}\n`).join('')}`
const CERTUTIL = processEvent('C:\\Windows\\System32\\certutil.exe')
const NOTEPAD = processEvent('C:\\Windows\\notepad.exe')

test('a rule whose records do as they must is ok, through normalisation', async () => {
  const path = await folder({ 'a.yml': ruleNamed('Certutil'), 'a.test.yml': tests([CERTUTIL], [NOTEPAD]) })
  const { out, err, code } = await runRules('test', path)
  expect(out).toBe(`ok    Certutil  ${join(path, 'a.yml')}  1 fire, 1 silent\n`)
  expect(err).toContain('1 rule, 2 records: 1 passed, 0 failed, 0 unusable, 0 without tests (coverage 100 %)')
  expect(code).toBe(0)
})

test('a record that does not fire says which part failed first; one that fires says what matched', async () => {
  const path = await folder({ 'a.yml': ruleNamed('Certutil'), 'a.test.yml': tests([NOTEPAD], [CERTUTIL]) })
  const { out, code } = await runRules('test', path)
  expect(out).toContain('FAIL  Certutil')
  expect(out).toContain(`${join(path, 'a.test.yml')}:2 fires: did not fire: `)
  expect(out).toMatch(/did not fire: .*notepad\.exe/)
  expect(out).toMatch(/a\.test\.yml:4 silent: fired: selection: Image .*certutil\.exe/)
  expect(code).toBe(1)
})

test('a record of another log source says so, and one that no format reads as well', async () => {
  const path = await folder({ 'a.yml': ruleNamed('Certutil'), 'a.test.yml': tests(['"Image: certutil.exe"'], [NOTEPAD]) })
  const { out } = await runRules('test', path)
  expect(out).toMatch(/did not fire: .*(no format can read|log source)/)
})

test('rules without tests are counted, and fail where tests are required', async () => {
  const path = await folder({
    'a.yml': ruleNamed('Certutil'),
    'a.test.yml': tests([CERTUTIL], [NOTEPAD]),
    'b.yml': ruleNamed('Bitsadmin', { id: '0b7163dc-7eee-4960-af17-c0cd517f92db' }),
  })
  const { out, err, code } = await runRules('test', path)
  expect(out).toContain(`none  Bitsadmin  ${join(path, 'b.yml')}`)
  expect([err.includes('coverage 50 %'), code]).toEqual([true, 0])
  expect((await runRules('test', path, '--require-tests')).code).toBe(1)
})

test('tests in a tree of their own are found by the rule’s path', async () => {
  const path = await folder({ 'rules/win/a.yml': ruleNamed('Certutil'), 'kept/win/a.yml': tests([CERTUTIL], [NOTEPAD]) })
  expect((await runRules('test', join(path, 'rules'), '--tests', join(path, 'kept'), '--require-tests')).code).toBe(0)
})

test('D1 each rule of a file has events of its own', async () => {
  const two = `${ruleNamed('Certutil')}---\n${ruleNamed('Notepad', { image: '\\notepad.exe', id: '0b7163dc-7eee-4960-af17-c0cd517f92db' })}`
  const named = `rule: Certutil\n${tests([CERTUTIL], [NOTEPAD])}---\nrule: 0b7163dc-7eee-4960-af17-c0cd517f92db\n${tests([NOTEPAD], [CERTUTIL])}`
  expect((await runRules('test', await folder({ 'a.yml': two, 'a.test.yml': named }))).code).toBe(0)
  const unnamed = await runRules('test', await folder({ 'a.yml': two, 'a.test.yml': tests([CERTUTIL], [NOTEPAD]) }))
  expect([unnamed.code, unnamed.out]).toEqual([1, expect.stringContaining('say which one these events are for')])
  const stray = await runRules('test', await folder({ 'a.yml': ruleNamed('Certutil'), 'a.test.yml': `rule: Curl\n${tests([CERTUTIL], [])}` }))
  expect([stray.code, stray.out]).toEqual([1, expect.stringContaining('no rule with the id, name or title "Curl"')])
})

test.each([
  ['a rule that cannot be loaded', 'title: [', tests([CERTUTIL], []), /a\.yml:1: /],
  ['a test file that is no YAML', ruleNamed('C'), 'fires: [', /a\.test\.yml:1: /],
  ['a test file with an unknown key', ruleNamed('C'), 'fire:\n  - x\n', /a\.test\.yml:1: .*fire/],
  ['an empty test file', ruleNamed('C'), '', /a\.test\.yml:1: the file is empty/],
  ['an unknown format', ruleNamed('C'), `format: nope\n${tests([CERTUTIL], [])}`, /a\.test\.yml:1: .*nope/],
  ['tests that let nothing fire', ruleNamed('C'), `silent:\n  - ${NOTEPAD}\n`, /no record under "fires"/],
])('%s is a failure with the place and the reason', async (_, rule, kept, reason) => {
  const { out, code } = await runRules('test', await folder({ 'a.yml': rule, 'a.test.yml': kept }))
  expect(out).toMatch(reason)
  expect(code).toBe(1)
})

test('JSON and JUnit say the same for scripts and build servers', async () => {
  const path = await folder({
    'a.yml': ruleNamed('Certutil <&"\u0001>').replace('\u0001', ''),
    'a.test.yml': tests([CERTUTIL, NOTEPAD], []),
    'b.yml': ruleNamed('Bitsadmin'),
  })
  const report = JSON.parse((await runRules('test', path, '--json')).out)
  expect(report.summary).toMatchObject({ rules: 2, passed: 0, failed: 1, untested: 1, unusable: 0, records: 2, coverage: 50 })
  expect(report.rules[0]).toMatchObject({
    outcome: 'failed',
    records: [
      { expectation: 'fires', line: 2, passed: true, reason: null },
      { line: 3, passed: false },
    ],
  })
  const xml = (await runRules('test', path, '--format', 'junit')).out
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites /)
  expect(xml).toContain('<testsuite name="Certutil &lt;&amp;&quot;&gt;" tests="2" failures="1" errors="0" skipped="0">')
  expect(xml).toContain('<testsuite name="Bitsadmin" tests="1" failures="0" errors="0" skipped="1">')
  expect(xml.match(/<testcase /g)).toHaveLength(3)
})

test('the hub does not take test files for rules', async () => {
  const path = await folder({ 'a.yml': ruleNamed('Certutil'), 'a.test.yml': tests([CERTUTIL], [NOTEPAD]) })
  expect((await readRuleFiles([path])).map(({ file }) => file)).toEqual([join(path, 'a.yml')])
})

test('rules mounted as Kubernetes mounts them are found once, and a link back is not followed for ever', async () => {
  const path = await folder({ '..2026/a.yml': ruleNamed('Certutil') })
  await symlink('..2026', join(path, '..data'))
  await symlink(join('..data', 'a.yml'), join(path, 'a.yml'))
  await symlink('.', join(path, 'loop'))
  expect((await readRuleFiles([path, path])).map(({ file }) => file)).toEqual([join(path, 'a.yml')])
})
