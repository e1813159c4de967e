import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compileRules, detectView, ecsView, type Matcher, parseRules, type View } from '../../../shared/sigma/sigma.ts'
import { FULL } from '../../support/full.ts'
import { read } from './read.ts'

/** Every third rule is put to the events, or all with PICKET_FULL=1. */
const RULE_STEP = FULL ? 1 : 3
const CORPORA = '../shared/corpora'
const present = existsSync(join(CORPORA, 'sigma')) && existsSync(join(CORPORA, 'windows-events'))
if (!present) console.warn(`SKIPPED: no real Windows events at ${CORPORA}`)

describe.skipIf(!present)('real Windows events against the public rules', () => {
  test('what a rule finds in the record, it finds in the event, and nothing else', () => {
    const sigma = join(CORPORA, 'sigma')
    const rules = readdirSync(sigma, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^rules[^/]*\/.*\.yml$/.test(file))
      .filter((_, index) => index % RULE_STEP === 0)
      .flatMap((file) => parseRules(readFileSync(join(sigma, file), 'utf8'), file).rules)
    const matchers = new Map<string, Matcher>()
    const matcherFor = (view: View) => {
      const matcher = matchers.get(view.name) ?? compileRules(rules, view).matcher
      matchers.set(view.name, matcher)
      return matcher
    }
    let found = 0
    for (const record of records()) {
      const view = detectView(record)
      const native = matcherFor(view).match(record, view.classify(record))
      const event = read(record)
      const normalised = matcherFor(ecsView).match(JSON.parse(JSON.stringify(event.document)), event.logsource)
      expect(normalised.map(({ rule }) => rule.id).sort()).toEqual(native.map(({ rule }) => rule.id).sort())
      found += native.length
    }
    expect(found).toBeGreaterThan(150 / RULE_STEP)
  }, 120_000)
})

/** The recorded attack of every rule that has one (evtx_dump), and each fiftieth event of a real mix (NXLog); with PICKET_FULL=1 each fifth. */
function* records(): Generator<object> {
  const regression = join(CORPORA, 'sigma/regression')
  for (const id of readdirSync(regression)) {
    const file = readdirSync(join(regression, id)).find((name) => name.endsWith('.json'))
    if (file === undefined) continue
    for (const text of readFileSync(join(regression, id, file), 'utf8').split(/^(?=\{)/m)) if (text.trim() !== '') yield JSON.parse(text)
  }
  const lines = gunzipSync(readFileSync(join(CORPORA, 'windows-events/windows-20k.jsonl.gz')))
    .toString()
    .split('\n')
  for (let i = 0; i < lines.length; i += FULL ? 5 : 50) if (lines[i]) yield JSON.parse(lines[i] ?? '')
}
