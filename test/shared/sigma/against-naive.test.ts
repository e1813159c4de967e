import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileRules, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { plainEvent } from '../../support/naive-sigma/event.ts'
import { PLACEHOLDERS } from '../../support/naive-sigma/items.ts'
import { type NaiveRule, naiveRules } from '../../support/naive-sigma/naive-rule.ts'
import { type GeneratedEvent, type GeneratedRule, scenario } from '../../support/naive-sigma/scenarios.ts'

/** With PICKET_FULL=1 ten times as much is compared. */
const FULL = process.env['PICKET_FULL'] === '1'
/** Every modifier of the specification, and plain values and keywords. */
const MODIFIERS = [
  '',
  'keywords',
  'keywords all',
  'contains',
  'startswith',
  'endswith',
  'all',
  'exists',
  'cased',
  'neq',
  'windash',
  're',
  'i',
  'm',
  's',
  'base64',
  'base64offset',
  'wide',
  'utf16le',
  'utf16be',
  'utf16',
  'lt',
  'lte',
  'gt',
  'gte',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'year',
  'cidr',
  'expand',
  'fieldref',
]
const CONTEXT = { placeholders: new Map(Object.entries(PLACEHOLDERS)) }

/** How often a rule that has but one item, with this modifier, was put to an event, and fired. */
const outcomes = new Map<string, { fired: number; silent: number }>()
let pairs = 0

const appliesTo = (rule: NaiveRule, { logsource }: GeneratedEvent): boolean =>
  (rule.logsource.product ?? logsource.product) === logsource.product &&
  (rule.logsource.service ?? logsource.service) === logsource.service &&
  (rule.logsource.category === undefined || logsource.categories.includes(rule.logsource.category))

function compiled(rules: readonly GeneratedRule[]) {
  const parsed = rules.map(({ yaml }, index) => parseRules(yaml, `${index}`, CONTEXT))
  const { matcher, problems } = compileRules(
    parsed.flatMap((each) => each.rules),
    plainView,
  )
  expect([...parsed.flatMap((each) => each.problems), ...problems]).toEqual([])
  return matcher
}

function count(rule: GeneratedRule | undefined, fired: boolean): void {
  pairs++
  for (const modifier of rule?.modifiers ?? []) {
    const outcome = outcomes.get(modifier) ?? { fired: 0, silent: 0 }
    if (fired) outcome.fired++
    else outcome.silent++
    outcomes.set(modifier, outcome)
  }
}

/** The same scenarios each time, so that each modifier is surely met; the full run takes new ones. */
const SEED = 20_261_121

test('the compiled matcher fires exactly the rules that the specification, read literally, says', () => {
  fc.assert(
    fc.property(scenario({ rules: 24, events: 48 }), ({ rules, events }) => {
      const matcher = compiled(rules)
      const naive = rules.flatMap(({ yaml }) => naiveRules(yaml, PLACEHOLDERS))
      for (const event of events) {
        const document = JSON.parse(event.json)
        const read = plainEvent(document)
        const fired = new Set(matcher.match(document, event.logsource).map((match) => match.rule.file))
        const firedByText = new Set(matcher.match(document, event.logsource, event.json).map((match) => match.rule.file))
        for (const [index, rule] of naive.entries()) {
          const expected = appliesTo(rule, event) && rule.fires(read)
          const found = { values: fired.has(`${index}`), text: firedByText.has(`${index}`) }
          if (found.values !== expected || found.text !== expected)
            throw new Error(`${rules[index]?.yaml}${event.json}\nexpected ${expected}, found ${JSON.stringify(found)}`)
          count(rules[index], expected)
        }
      }
    }),
    // A failure names its rule and event; making the scenario smaller would take minutes.
    { numRuns: FULL ? 1_000 : 85, endOnFailure: true, ...(FULL ? {} : { seed: SEED }) },
  )
}, 600_000)

test('each modifier was put to events that fit and to events that do not', () => {
  expect(pairs).toBeGreaterThan(100_000)
  const missing = MODIFIERS.filter((modifier) => {
    const { fired, silent } = outcomes.get(modifier) ?? { fired: 0, silent: 0 }
    return fired < 5 || silent < 5
  })
  expect(missing, `seen: ${JSON.stringify([...outcomes])}`).toEqual([])
})
