import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readRuleFiles } from '../../hub/detection/rule-files.ts'
import { createNormalizer } from '../../shared/normalize/normalize.ts'
import { ATTACK_TACTICS, isTechnique } from '../../shared/sigma/parse/attack.ts'
import { compileRules, ecsView, parseRules } from '../../shared/sigma/sigma.ts'

/**
 * Every rule that ships has, under the same name in this folder, records that must fire it and records that must not. They are raw
 * records as a vendor writes them, so that the way from text over the event to the rule's fields is what is tested.
 */
const files = await readRuleFiles(['rules'])
const parsed = files.map(({ file, text }) => parseRules(text, file))
const { matcher, problems } = compileRules(
  parsed.flatMap((each) => each.rules),
  ecsView,
)
const normalizer = createNormalizer({ format: 'auto' })

const fired = (record: unknown): string[] => {
  const text = typeof record === 'string' ? record : JSON.stringify(record)
  const event = normalizer.normalize({ text, observedAt: new Date('2026-03-10T10:00:00Z') })
  const document = JSON.parse(JSON.stringify(event.document))
  return matcher.match(document, event.logsource).map((match) => match.rule.file)
}

test('every rule that ships compiles, and there are at least 150', () => {
  expect([...parsed.flatMap((each) => each.problems), ...problems]).toEqual([])
  expect(matcher.rules.length).toBeGreaterThanOrEqual(150)
})

test('rule ids are unique and every ATT&CK tag is a tactic or a technique', () => {
  expect(new Set(matcher.rules.map((rule) => rule.id)).size).toBe(matcher.rules.length)
  for (const rule of matcher.rules) {
    expect(rule.mitre.tactics, rule.file).not.toEqual([])
    for (const tag of rule.tags) {
      const name = tag.replace('attack.', '')
      expect(ATTACK_TACTICS.includes(name) || isTechnique(name.slice(1)), `${rule.file}: ${tag}`).toBe(true)
    }
  }
})

test('no test file is left behind by a rule that is gone', () => {
  const names = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) =>
      statSync(join(folder, name)).isDirectory() ? names(join(folder, name)) : name.endsWith('.yml') ? [join(folder, name)] : [],
    )
  for (const name of names('test/rules')) expect(existsSync(join('rules', relative('test/rules', name))), name).toBe(true)
})

describe.each(matcher.rules.map((rule) => [relative('rules', rule.file)]))('%s', (name) => {
  const cases: { fires: unknown[]; silent: unknown[] } = parse(readFileSync(join('test/rules', name), 'utf8'))
  const file = join('rules', name)

  test('fires on what it is for', () => {
    expect(cases.fires.length).toBeGreaterThan(0)
    for (const record of cases.fires) expect(fired(record), JSON.stringify(record)).toContain(file)
  })

  test('stays silent on what only looks like it', () => {
    expect(cases.silent.length).toBeGreaterThan(0)
    for (const record of cases.silent) expect(fired(record), JSON.stringify(record)).not.toContain(file)
  })
})
