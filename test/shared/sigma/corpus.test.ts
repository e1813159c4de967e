import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  compileRules,
  detectView,
  type Matcher,
  type ParsedRules,
  parseRules,
  readPlaceholders,
  type SigmaRule,
} from '../../../shared/sigma/sigma.ts'

const CORPUS = '../shared/corpora/sigma'
const present = existsSync(CORPUS)
if (!present) console.warn(`SKIPPED: no corpus of public rules at ${CORPUS}`)

describe.skipIf(!present)('the public rules of SigmaHQ', () => {
  let texts: { file: string; text: string }[] = []
  let parsed: Pick<ParsedRules, 'rules' | 'problems'> = { rules: [], problems: [] }
  let byId = new Map<string, SigmaRule>()

  beforeAll(() => {
    const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) => /^rules[^/]*\/.*\.yml$/.test(file))
    texts = files.map((file) => ({ file, text: readFileSync(join(CORPUS, file), 'utf8') }))
    const each = texts.map(({ file, text }) => parseRules(text, file))
    parsed = { rules: each.flatMap(({ rules }) => rules), problems: each.flatMap(({ problems }) => problems) }
    byId = new Map(parsed.rules.map((rule) => [rule.id, rule]))
  }, 120_000)

  test('all load but the 25 that need placeholder values', () => {
    expect(parsed.rules).toHaveLength(3_755)
    expect(parsed.problems.map(({ code }) => code)).toEqual(Array(25).fill('expand_without_placeholders'))
    expect(compileRules(parsed.rules, detectView({})).problems).toEqual([])
  }, 120_000)

  test('with values for their placeholders those load too', () => {
    const needy = texts.filter(({ file }) => parsed.problems.some((problem) => problem.file === file))
    const names = new Set(needy.flatMap(({ text }) => Array.from(text.matchAll(/%([\w-]+)%/g), ([, name = '']) => name)))
    const { placeholders, problems } = readPlaceholders(
      JSON.stringify(Object.fromEntries([...names].map((name) => [name, ['one', 'two*']]))),
      'p.yml',
    )
    expect(problems).toEqual([])
    const again = needy.map(({ file, text }) => parseRules(text, file, { placeholders }))
    expect(again.flatMap((each) => each.problems)).toEqual([])
    expect(again.flatMap(({ rules }) => rules)).toHaveLength(25)
  })

  test('each real event fires the rule it was recorded for', () => {
    const matchers = new Map<string, Matcher>()
    const missed = readdirSync(join(CORPUS, 'regression')).filter((id) => {
      const rule = byId.get(id)
      const folder = join(CORPUS, 'regression', id)
      const file = readdirSync(folder).find((name) => name.endsWith('.json'))
      if (!rule || !file) return false
      const wanted = Number(/match_count:\s*(\d+)/.exec(readFileSync(join(folder, 'info.yml'), 'utf8'))?.[1] ?? 1)
      const events: object[] = objectsIn(readFileSync(join(folder, file), 'utf8'))
      const fired = events.filter((event) => {
        const view = detectView(event)
        const matcher = matchers.get(view.name) ?? compileRules(parsed.rules, view).matcher
        matchers.set(view.name, matcher)
        return matcher.match(event, view.classify(event)).some((match) => match.rule.id === id)
      })
      return fired.length < wanted
    })
    expect(missed).toEqual([])
  }, 120_000)
})

/** Pretty-printed objects one after another: each begins and ends at the start of a line. */
const objectsIn = (text: string): object[] =>
  text
    .split(/^(?=\{)/m)
    .filter((each) => each.trim() !== '')
    .map((each) => JSON.parse(each))
