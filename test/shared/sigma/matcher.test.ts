import { expect, test } from 'vitest'
import { boundRegexTime, compileRules, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { fires, matchesOf, ruleText, selecting } from '../../support/sigma.ts'

boundRegexTime()

test('no document makes the matcher throw', () => {
  let deep: unknown = 'a'
  for (let i = 0; i < 100_000; i++) deep = [deep]
  const documents = [
    {},
    { f: deep },
    { f: { constructor: 1 } },
    Object.create(null),
    { f: [[['a']]] },
    { f: 'a'.repeat(1_000_000) },
    Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
  ]
  for (const detection of [
    selecting('f|contains', 'a'),
    selecting('', ['a']),
    selecting('f|re', 'a.*b'),
    selecting('f.constructor.name', 'x'),
    selecting('toString|exists', true),
  ]) {
    for (const document of documents) expect(() => matchesOf(detection, document)).not.toThrow()
  }
})

test('what every object inherits is no field of the event', () => {
  expect([
    fires(selecting('constructor|exists', true), {}),
    fires(selecting('__proto__|exists', true), {}),
    fires(selecting('a.__proto__.b|exists', false), { a: {} }),
  ]).toEqual([false, false, true])
})

test('a rule that cannot be compiled is a problem; the others match', () => {
  const good = parseRules(ruleText(selecting('f', 'a')), 'good.yml').rules
  const bad = good.map((rule) => ({ ...rule, file: 'bad.yml', detection: { searches: new Map(), condition: { kind: 'search', name: 'gone' } } }))
  const { matcher, problems } = compileRules([...bad, ...good], plainView)
  expect(problems).toMatchObject([{ file: 'bad.yml', code: 'invalid' }])
  expect(matcher.match({ f: 'a' }, { product: 'test', categories: [] }).map(({ rule }) => rule.file)).toEqual(['good.yml'])
})

test("evaluations count the events of a rule's logsource, whether or not it fired", () => {
  const texts = [ruleText(selecting('f', 'a'), 'product: one'), ruleText(selecting('f', 'b'), 'product: two')]
  const { matcher } = compileRules(
    texts.flatMap((text) => parseRules(text, 'x.yml').rules),
    plainView,
  )
  for (const product of ['one', 'one', 'two', 'three']) matcher.match({ f: 'a' }, { product, categories: [] })
  expect([...matcher.evaluations]).toEqual([2, 1])
})

test('one matcher gives the same answer again, whatever came between', () => {
  const { matcher } = compileRules(parseRules(ruleText(selecting('f|contains', 'a')), 'x.yml').rules, plainView)
  const answers = ['a', 'b', 'a', 'b'].map((f) => matcher.match({ f }, { product: 'test', categories: [] }).length)
  expect(answers).toEqual([1, 0, 1, 0])
})

test('S2 lists of numbers, more than a call takes arguments, are one index', () => {
  const lists = Array.from({ length: 8 }, (_, list) => Array.from({ length: 20_000 }, (__, index) => list * 20_000 + index))
  const rules = lists.flatMap(
    (values, list) => parseRules(ruleText(`selection:\n  port: [${values.join(', ')}]\ncondition: selection`), `${list}`).rules,
  )
  const { matcher } = compileRules(rules, plainView)
  const judged = (port: number) => matcher.match({ port }, { product: 'test', categories: [] }).map(({ rule }) => rule.file)
  expect([judged(0), judged(159_999), judged(160_000)]).toEqual([['0'], ['7'], []])
})
