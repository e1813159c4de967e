import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lintRules } from '../../../shared/sigma/lint/lint.ts'
import { compileRules, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { FULL } from '../../support/full.ts'

/** Small enough that patterns meet, cover and exclude one another all the time. */
const TEXTS = ['', 'a', 'b', 'ab', 'ba', 'aab', 'A', 'Ab'] as const
const FIELDS = ['Image', 'User'] as const
const MODIFIERS = ['', '|contains', '|startswith', '|endswith', '|cased', '|contains|cased', '|endswith|all'] as const

const nonEmpty = fc.constantFrom(...TEXTS.filter((text) => text !== ''))
const item = fc.oneof(
  fc
    .record({
      key: fc.tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...MODIFIERS)),
      values: fc.uniqueArray(nonEmpty, { minLength: 1, maxLength: 3 }),
    })
    .map(({ key, values }) => [key.join(''), values] as const),
  fc.tuple(fc.constantFrom(...FIELDS.map((field) => `${field}|exists`)), fc.boolean()),
  fc.tuple(fc.constantFrom(...FIELDS), fc.constant(null)),
)
const search = fc.array(item, { minLength: 1, maxLength: 2 }).map((items) => Object.fromEntries(items))
const condition = fc.constantFrom(
  'x and y and z',
  'x and not y and not z',
  'x and (y or z)',
  'x or not y and z',
  'not (x or y) and z',
  'x and not (y and z)',
)
const detection = fc.record({ x: search, y: search, z: search, condition })
/** One value a field, as the findings assume. */
const event = fc.record({ Image: fc.constantFrom(...TEXTS), User: fc.constantFrom(...TEXTS) }, { requiredKeys: [] })

const ruleOf = (section: object): string => JSON.stringify({ title: 'T', logsource: { product: 'windows' }, detection: section })

function firesOn(section: object, events: readonly object[]): readonly boolean[] {
  const { rules, problems } = parseRules(ruleOf(section), 'r.yml')
  expect(problems).toEqual([])
  const { matcher } = compileRules(rules, plainView)
  return events.map((document) => matcher.match(document, { product: 'windows', categories: [] }).length > 0)
}

const EVENTS: readonly object[] = [undefined, ...TEXTS].flatMap((image) =>
  [undefined, ...TEXTS].map((user) => ({ ...(image === undefined ? {} : { Image: image }), ...(user === undefined ? {} : { User: user }) })),
)

test('a rule said never to fire fires on no event, and a search said to change nothing changes nothing', () => {
  const said = { never_fires: 0, search_dead: 0 }
  fc.assert(
    fc.property(detection, (section) => {
      const findings = lintRules([{ file: 'r.yml', text: ruleOf(section) }])
      const fired = firesOn(section, EVENTS)
      if (findings.some(({ code }) => code === 'never_fires')) {
        said.never_fires++
        expect(fired).not.toContain(true)
      }
      for (const { code, message } of findings) {
        if (code !== 'search_dead') continue
        said.search_dead++
        const [, name = ''] = /"(.)"/.exec(message) ?? []
        // Asking for what is always so, or for what never is, in its place.
        const constant = message.includes('adds nothing') ? { 'T|exists': false } : { 'T|exists': true }
        expect(firesOn({ ...section, [name]: constant }, EVENTS), `${message} ${JSON.stringify(section)}`).toEqual(fired)
      }
    }),
    { numRuns: FULL ? 2_000 : 150 },
  )
  // Where nothing is ever said, nothing was shown.
  expect(said.never_fires).toBeGreaterThan(5)
  expect(said.search_dead).toBeGreaterThan(5)
}, 120_000)

test('a value said to be covered can go', () => {
  let said = 0
  const list = fc.record({
    modifier: fc.constantFrom(...MODIFIERS, '|contains|all'),
    values: fc.uniqueArray(nonEmpty, { minLength: 2, maxLength: 4 }),
  })
  fc.assert(
    fc.property(list, event, ({ modifier, values }, document) => {
      const section = (kept: readonly string[]) => ({ x: { [`Image${modifier}`]: kept }, condition: 'x' })
      const covered = lintRules([{ file: 'r.yml', text: ruleOf(section(values)) }]).filter(
        ({ code }) => code === 'value_covered' || code === 'value_duplicate',
      )
      const gone = covered.map(({ message }) => /^"([^"]*)"/.exec(message)?.[1])
      const kept = values.filter((value) => !gone.includes(value))
      if (covered.length === 0) return
      said++
      expect(kept.length).toBeGreaterThan(0)
      expect(firesOn(section(kept), [document])).toEqual(firesOn(section(values), [document]))
    }),
    { numRuns: FULL ? 2_000 : 150 },
  )
  expect(said).toBeGreaterThan(10)
}, 120_000)

test('where a field may hold a list, two values of it are no contradiction', () => {
  const text = (product: string) =>
    JSON.stringify({ title: 'T', logsource: { product }, detection: { x: { 'name|all': ['a', 'b'] }, condition: 'x' } })
  const codes = (product: string) => lintRules([{ file: 'r.yml', text: text(product) }]).map(({ code }) => code)
  expect(codes('m365')).not.toContain('never_fires')
  expect(codes('windows')).toContain('never_fires')
})
