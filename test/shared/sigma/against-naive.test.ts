import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileRules, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { naiveSigma } from '../../support/naive-sigma.ts'
import { ruleText } from '../../support/sigma.ts'

/** Few letters, so that generated values and events meet often. */
const letters = fc.constantFrom('a', 'A', 'b', 'é', 'É', 'σ', 'Σ', '-', '/', ' ', '\\', '.', '1')
const text = fc.string({ unit: letters, maxLength: 6 })
const pattern = fc.string({
  unit: fc.oneof({ weight: 5, arbitrary: letters }, { weight: 1, arbitrary: fc.constantFrom('*', '?', '\\') }),
  maxLength: 5,
})
const number = fc.integer({ min: -2, max: 12 })
const field = fc.constantFrom('f', 'g', 'h')

const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.constantFrom('10.0.0.1', '192.168.1.7', 'fe80::1', 'YWI=', 'QQ=='))
const value = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) })
const event = fc.record({ f: value, g: value, h: value, deep: fc.record({ er: text }) }, { requiredKeys: [] })

const PLACES = ['', '|contains', '|startswith', '|endswith', '|cased', '|contains|cased', '|windash', '|contains|windash', '|neq', '|contains|neq']
const REGEXES = ['a', '^a+$', 'A|b', '[^a]b', 'é?b', '\\d', 'a.b', '(?:ab)+', 'ab*', 'a{2}']
const listOf = <T>(element: fc.Arbitrary<T>) => fc.oneof(element, fc.array(element, { minLength: 1, maxLength: 20 }))
const keyed = <T>(suffixes: readonly string[], values: fc.Arbitrary<T>) =>
  fc.tuple(field, fc.constantFrom(...suffixes), values).map(([name, suffix, each]) => [`${name}${suffix}`, each] as const)

const item = fc.oneof(
  { weight: 6, arbitrary: keyed(PLACES, listOf(pattern)) },
  { weight: 2, arbitrary: keyed(['|all', '|contains|all'], fc.array(pattern, { minLength: 2, maxLength: 3 })) },
  { weight: 2, arbitrary: keyed([''], listOf(fc.oneof(number, fc.boolean(), fc.constant(null), fc.constant('')))) },
  { weight: 1, arbitrary: keyed(['|exists'], fc.boolean()) },
  { weight: 2, arbitrary: keyed(['|re', '|re|i', '|re|m', '|re|s'], listOf(fc.constantFrom(...REGEXES))) },
  { weight: 1, arbitrary: keyed(['|lt', '|lte', '|gt', '|gte'], number) },
  { weight: 1, arbitrary: keyed(['|cidr'], listOf(fc.constantFrom('10.0.0.0/8', '192.168.0.0/16', 'fe80::/10'))) },
  { weight: 1, arbitrary: keyed(['|fieldref', '|fieldref|neq'], field) },
  { weight: 1, arbitrary: keyed(['|base64', '|base64offset|contains', '|wide|base64offset|contains'], fc.constantFrom('a', 'ab', 'abc')) },
)
const map = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => Object.fromEntries(items))
const keywords = fc.array(fc.oneof(pattern, number), { minLength: 1, maxLength: 3 })
const search = fc.oneof(
  { weight: 5, arbitrary: map },
  { weight: 2, arbitrary: fc.array(map, { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: keywords },
  { weight: 1, arbitrary: keywords.map((words) => ({ '|all': words })) },
)

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('one', 'two_a', 'two_b', '1 of two_*', 'all of two*', '1 of them', 'all of them', '1 of *'),
    fc.tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition')).map(([left, word, right]) => `${left} ${word} ${right}`),
    tie('condition').map((inner) => `not ${inner}`),
    tie('condition').map((inner) => `(${inner})`),
  ),
}))

const detection = fc.record({ one: search, two_a: search, two_b: search, condition }).map((sections) =>
  Object.entries(sections)
    .map(([name, content]) => `${name}: ${JSON.stringify(content)}`)
    .join('\n'),
)

test('the compiled matcher fires exactly the rules that the specification, read literally, says', () => {
  const rules = fc.array(detection, { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(rules, fc.array(event, { minLength: 1, maxLength: 6 }), (detections, events) => {
      const texts = detections.map((each) => ruleText(each))
      const parsed = texts.map((each, index) => parseRules(each, `${index}`))
      expect(parsed.flatMap(({ problems }) => problems)).toEqual([])
      const { matcher } = compileRules(
        parsed.flatMap((each) => each.rules),
        plainView,
      )
      for (const each of events) {
        const fired = matcher.match(each, { product: 'test', categories: [] }).map((match) => match.rule.file)
        const expected = texts.flatMap((rule, index) => (naiveSigma(rule, each) ? [`${index}`] : []))
        expect(fired).toEqual(expected)
      }
    }),
    { numRuns: 100 },
  )
}, 180_000)
