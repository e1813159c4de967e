import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { CHECKS } from '../../../shared/sigma/lint/checks.ts'
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

const TESTS = 'fires:\n  - a\nsilent:\n  - b\n'
const CLEAN = { 'a.yml': ruleNamed('Certutil'), 'a.test.yml': TESTS }
const WARNED = { ...CLEAN, 'a.yml': ruleNamed('Certutil').replace('attack.execution', 'attack.exekution') }
const BROKEN = { ...CLEAN, 'b.yml': 'title: [' }

test('rules without a finding print nothing and end well', async () => {
  const { out, err, code } = await runRules('lint', await folder(CLEAN))
  expect([out, code]).toEqual(['', 0])
  expect(err).toContain('1 rule in 1 file: 0 errors, 0 warnings, 0 notes')
})

test('a finding names file, line, severity, check and what to do', async () => {
  const path = await folder(WARNED)
  const { out, code } = await runRules('lint', path)
  expect(out).toBe(
    `${join(path, 'a.yml')}\n      8  warning  attack_tag          ATT&CK has nothing called "exekution"; did you mean attack.execution?\n`,
  )
  expect(code).toBe(0)
})

test('errors make the exit code 1, warnings where they are asked to', async () => {
  expect((await runRules('lint', await folder(BROKEN))).code).toBe(1)
  expect((await runRules('lint', await folder(WARNED), '--fail-on', 'warning')).code).toBe(1)
  expect((await runRules('lint', await folder(CLEAN), '--fail-on', 'warning')).code).toBe(0)
  expect((await runRules('lint', await folder(WARNED), '--fail-on', 'warning', '--ignore', 'attack_tag')).code).toBe(0)
})

test('wrong usage is told apart from findings: exit code 2', async () => {
  const path = await folder(CLEAN)
  expect((await runRules('lint', join(path, 'absent'))).code).toBe(2)
  expect((await runRules('lint', path, '--format', 'xml')).code).toBe(2)
  const ignored = await runRules('lint', path, '--ignore', 'nothing_such')
  expect([ignored.code, ignored.err]).toEqual([2, expect.stringContaining('--list-checks')])
})

test('JSON says the same for scripts', async () => {
  const path = await folder(WARNED)
  const report = JSON.parse((await runRules('lint', path, '--json')).out)
  expect(report).toEqual({
    summary: { files: 1, rules: 1, errors: 0, warnings: 1, infos: 0 },
    findings: [
      {
        code: 'attack_tag',
        severity: 'warning',
        file: join(path, 'a.yml'),
        line: 8,
        message: 'ATT&CK has nothing called "exekution"; did you mean attack.execution?',
        rule_id: '0b7163dc-7eee-4960-af17-c0cd517f92da',
        title: 'Certutil',
      },
    ],
  })
})

test('SARIF 2.1.0 has every part its schema requires, and each result points at a rule it describes', async () => {
  const path = await folder({ ...WARNED, ...BROKEN, 'sp ace/ü.yml': 'title: [' })
  const log = JSON.parse((await runRules('lint', path, '--format', 'sarif')).out)
  expect(log.version).toBe('2.1.0')
  expect(log.$schema).toMatch(/^https:\/\//)
  const [run] = log.runs
  expect(run.tool.driver.name).toBe('picket rules lint')
  expect(run.tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(CHECKS.map(({ code }) => code))
  for (const rule of run.tool.driver.rules) {
    expect(rule.shortDescription.text).toMatch(/\.$/)
    expect(['error', 'warning', 'note']).toContain(rule.defaultConfiguration.level)
  }
  expect(run.results.length).toBeGreaterThanOrEqual(2)
  for (const result of run.results) {
    expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId)
    expect(['error', 'warning', 'note']).toContain(result.level)
    expect(result.message.text).toMatch(/\S/)
    const [{ physicalLocation }] = result.locations
    expect(physicalLocation.region.startLine).toBeGreaterThanOrEqual(1)
    expect(() => new URL(physicalLocation.artifactLocation.uri, 'file:///')).not.toThrow()
    expect(Object.values(result.partialFingerprints).every((print) => /^[0-9a-f]{64}$/.test(String(print)))).toBe(true)
  }
  const uris = run.results.map(
    (result: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
      result.locations[0]?.physicalLocation.artifactLocation.uri,
  )
  expect(uris.some((uri: string) => uri.endsWith('/sp%20ace/%C3%BC.yml'))).toBe(true)
})

test('test events are looked for beside the rule and under --tests', async () => {
  const path = await folder({ 'rules/win/a.yml': ruleNamed('Certutil'), 'kept/win/a.yml': TESTS })
  const codes = async (...args: string[]) =>
    JSON.parse((await runRules('lint', join(path, 'rules'), '--json', ...args)).out).findings.map(({ code }: { code: string }) => code)
  expect(await codes()).toEqual(['test_missing'])
  expect(await codes('--tests', join(path, 'kept'))).toEqual([])
})

test('--list-checks names every check', async () => {
  const { out } = await runRules('lint', '--list-checks')
  for (const { code, severity, title } of CHECKS) expect(out).toContain(`${code.padEnd(20)} ${severity.padEnd(8)} ${title}\n`)
})

test('help has examples', async () => {
  for (const command of ['lint', 'test']) expect((await runRules(command, '--help')).out).toMatch(/Examples:\n {2}picket rules/)
})

test('a folder without rules is wrong usage, so that a build that names the wrong one does not pass', async () => {
  const path = await folder({ 'readme.md': 'x' })
  for (const command of ['lint', 'test', 'convert'])
    expect(await runRules(command, path)).toMatchObject({ code: 2, err: expect.stringContaining('there are no rule files') })
})

test('many rules without tests are one line, and what is wrong stands before it', async () => {
  const many = Array.from({ length: 12 }, (_, n) => {
    const rule = ruleNamed(`Rule ${n}`, { id: `0b7163dc-7eee-4960-af17-c0cd517f9${100 + n}`, image: `\\tool${n}.exe` })
    return [`${n}.yml`, n === 5 ? rule.replace('level: high\n', '') : rule]
  })
  const { out } = await runRules('lint', await folder(Object.fromEntries(many)))
  expect(out).toMatch(/^\S+5\.yml\n +\d+ {2}warning +level_missing .*\n\n12 files without test events; --tests DIR/)
  expect(out.split('\n')).toHaveLength(5)
})
