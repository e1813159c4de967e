import { expect, test } from 'vitest'
import { boundRegexTime, compileRules, explainRule, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { HOSTILE_REGEXES, hostileText } from '../../support/hostile-regexes.ts'
import { hostileEvents, hostileRuleSets } from '../../support/hostile-rules.ts'

const LOGSOURCE = { product: 'test', categories: [] }
boundRegexTime()

test('M7 each of 200 hostile regular expressions answers on long values, with and without flags', () => {
  expect(HOSTILE_REGEXES.length).toBeGreaterThanOrEqual(200)
  const answers = HOSTILE_REGEXES.map((hostile) => {
    const key = ['f', 're', ...hostile.flags].join('|')
    const detection = { selection: { [key]: hostile.pattern }, condition: 'selection' }
    const { rules, problems } = parseRules(`title: x\nlogsource: {product: test}\ndetection: ${JSON.stringify(detection)}\n`, 'x.yml')
    const { matcher, problems: more } = compileRules(rules, plainView)
    for (const length of [30, 1_000, 30_000, 1_000_000]) matcher.match({ f: hostileText(hostile, length) }, LOGSOURCE)
    return matcher.rules.length + problems.length + more.length
  })
  // Each is either a rule that was put to every value, or refused with its reason.
  expect(new Set(answers)).toEqual(new Set([1]))
}, 120_000)

test('hostile rule sets are refused with a reason, or answer on hostile events', () => {
  const events = hostileEvents()
  const silent = hostileRuleSets().filter(({ yaml }) => {
    const { rules, problems } = parseRules(yaml, 'x.yml')
    const { matcher, problems: more } = compileRules(rules, plainView)
    matcher.prepare()
    for (const { document, text } of events) matcher.match(document, LOGSOURCE, text)
    return matcher.rules.length + problems.length + more.length === 0
  })
  expect(silent.map(({ name }) => name)).toEqual([])
}, 120_000)

test('a matcher of 10,000 rules that met hostile events still tells the next one right, and can explain it', () => {
  const yaml = hostileRuleSets().find(({ name }) => name === '10,000 rules')?.yaml ?? ''
  const { rules, problems } = parseRules(yaml, 'x.yml')
  expect([rules.length, problems]).toEqual([10_000, []])
  const { matcher } = compileRules(rules, plainView)
  for (const { document, text } of hostileEvents()) matcher.match(document, LOGSOURCE, text)
  const event = { f: 'a needle 7719 b', g: 'x.e7719' }
  const [match, ...others] = matcher.match(event, LOGSOURCE, JSON.stringify(event))
  expect([match?.rule.title, others.length]).toEqual(['Abuse 7719', 0])
  const [rule] = rules.slice(7719)
  expect(rule && explainRule(rule, plainView, event, LOGSOURCE).matched).toBe(true)
}, 120_000)

test.each(hostileEvents())('$name is explained', ({ document }) => {
  const { rules } = parseRules(
    'title: x\nlogsource: {product: test}\ndetection:\n  s:\n    f: [a, b]\n  k: [needle]\n  condition: s and not k\n',
    'x.yml',
  )
  const explained = rules.map((rule) => explainRule(rule, plainView, document, LOGSOURCE))
  expect(explained.map(({ searches }) => searches.length)).toEqual([2])
})

test('hostile patterns spend what an event may cost, and an ordinary rule is still right about its ordinary values', () => {
  const detections = [
    ...Array.from({ length: 60 }, (_, i) => ({ 'f|re': `(?:.*a){${i + 2}}.*b` })),
    ...Array.from({ length: 60 }, (_, i) => ({ f: `*a${'?'.repeat(300 + i)}b${'?'.repeat(200)}c*` })),
    { g: '*power?hell* -e*nc *' },
    { 'g|re': 'hidden\\s+-e[nc]*\\s' },
  ].map((selection) => ({ selection, condition: 'selection' }))
  const text = detections.map((detection, i) => `title: ${i}\nlogsource: {product: test}\ndetection: ${JSON.stringify(detection)}\n`).join('---\n')
  const { matcher } = compileRules(parseRules(text, 'x.yml').rules, plainView)
  const ordinary = `C:\\Windows\\PowerShell.exe -w hidden -enc ${'QUJD'.repeat(200)}`
  const fired = (event: object) => matcher.match(event, LOGSOURCE, JSON.stringify(event)).map(({ rule }) => rule.title)
  const hostile = [Array(30_000).fill('a'.repeat(40)), 'a'.repeat(1_000_000), 'a😀'.repeat(200_000), 'ab'.repeat(1_000)]
  expect(hostile.map((f) => fired({ f, g: ordinary }).filter((title) => Number(title) >= 120))).toEqual(hostile.map(() => ['120', '121']))
})

test('of an array so many elements count as of an event for keywords', () => {
  const { matcher } = compileRules(
    parseRules('title: x\nlogsource: {product: test}\ndetection:\n  s: {f: needle}\n  condition: s\n', 'x.yml').rules,
    plainView,
  )
  const among = (place: number) => matcher.match({ f: Array.from({ length: 30_000 }, (_, i) => (i === place ? 'needle' : 'x')) }, LOGSOURCE).length
  expect([among(0), among(19_999), among(20_000)]).toEqual([1, 1, 0])
})
