import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compileRules, flatWindowsView, parseRules } from '../../../shared/sigma/sigma.ts'
import { type NaiveRule, naiveRules } from '../../support/naive-sigma/naive-rule.ts'
import { flatWindowsEvent, isForEvent } from '../../support/naive-sigma/windows.ts'

const RULES = '../shared/corpora/sigma/rules'
const EVENTS = '../shared/corpora/windows-events/windows-20k.jsonl.gz'
const present = existsSync(RULES) && existsSync(EVENTS)
if (!present) console.warn(`SKIPPED: no corpus of public rules and events at ${RULES} and ${EVENTS}`)

/** Every tenth event is compared, or all of them with PICKET_FULL=1. */
const STEP = process.env['PICKET_FULL'] === '1' ? 1 : 10

describe.skipIf(!present)('the public rules on 20 thousand real Windows events', () => {
  test('fire exactly where the specification, read literally, says, with and without the JSON text at hand', () => {
    const files = readdirSync(RULES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yml'))
    const texts = files.map((file) => ({ file, text: readFileSync(join(RULES, file), 'utf8') }))
    const naive = texts.flatMap(({ text }) => naiveRules(text))
    const { matcher } = compileRules(
      texts.flatMap(({ file, text }) => parseRules(text, file).rules),
      flatWindowsView,
    )
    expect(naive.map(({ id }) => id).sort()).toEqual(matcher.rules.map(({ id }) => id).sort())

    const lines = gunzipSync(readFileSync(EVENTS)).toString('utf8').split('\n').filter(Boolean)
    const expected = naiveMatches(naive)
    const titles = new Map(naive.map(({ id, title }) => [id, title]))
    const differences: string[] = []
    let matches = 0
    for (let line = 0; line < lines.length; line += STEP) {
      const text = lines[line] ?? ''
      const event: { [field: string]: unknown } = JSON.parse(text)
      const logsource = flatWindowsView.classify(event)
      const wanted = expected(event)
      const found = new Set(matcher.match(event, logsource).map(({ rule }) => rule.id))
      const foundByText = new Set(matcher.match(event, logsource, text).map(({ rule }) => rule.id))
      matches += wanted.size
      for (const id of new Set([...wanted, ...found, ...foundByText])) {
        const has = [wanted, found, foundByText].map((set) => (set.has(id) ? 'fires' : 'is silent'))
        if (new Set(has).size > 1) differences.push(`${id} ${titles.get(id)}, line ${line + 1}: naive ${has[0]}, engine ${has[1]}, by text ${has[2]}`)
      }
    }
    expect(differences).toEqual([])
    expect(matches).toBeGreaterThan(STEP === 1 ? 100 : 5)
  }, 300_000)
})

/** Which rules fire on an event, one after the other; those of other log sources are left out. */
function naiveMatches(rules: readonly NaiveRule[]): (event: { readonly [field: string]: unknown }) => Set<string> {
  const byKind = new Map<string, ReadonlyMap<string | undefined, NaiveRule[]>>()
  return (event) => {
    const kind = `${event['Channel']}\n${event['EventID']}\n${event['EventType']}`
    const known = byKind.get(kind) ?? byCategory(rules.filter((rule) => isForEvent(rule, event)))
    byKind.set(kind, known)
    const fired = [...known].flatMap(([category, ofCategory]) => {
      const read = flatWindowsEvent(event, category)
      return ofCategory.filter((rule) => rule.fires(read))
    })
    return new Set(fired.map(({ id }) => id))
  }
}

function byCategory(rules: readonly NaiveRule[]): Map<string | undefined, NaiveRule[]> {
  const groups = new Map<string | undefined, NaiveRule[]>()
  for (const rule of rules) groups.get(rule.logsource.category)?.push(rule) ?? groups.set(rule.logsource.category, [rule])
  return groups
}
