import { expect, test } from 'vitest'
import { compileRules, parseRules, plainView } from '../../../shared/sigma/sigma.ts'
import { plainEvent } from '../../support/naive-sigma/event.ts'
import { naiveRules } from '../../support/naive-sigma/naive-rule.ts'

/** Every eighth event is compared; with PICKET_FULL=1 all of them, at more edges and with more long values. */
const FULL = process.env['PICKET_FULL'] === '1'
const EVENTS = 20_000
const STEP = FULL ? 1 : 8
const RULES = 160
const SOURCES = 5

/** A sequence that is the same in every run (Lehmer's generator). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 0x7fffffff
    return state % below
  }
}

const BEYOND = ['é', 'Я', 'İ', '\u212a', 'σ', 'ς', '你', '😀']
const ENDS = ['', '.exe', '\\', '"', '/x', 'é', 'K']

/** Texts that share their beginnings and grams, short and long. */
function literals(next: (below: number) => number, count: number): string[] {
  const stems = ['value number ', 'C:\\Windows\\System32\\', ' -enc ', 'a', 'http://', 'aaaa', 'sk', 'i']
  return Array.from({ length: count }, () => {
    const stem = stems[next(stems.length)] ?? ''
    const beyond = next(12) === 0 ? (BEYOND[next(BEYOND.length)] ?? '') : ''
    return `${stem}${next(3) === 0 ? next(20) : next(100_000)}${beyond}${ENDS[next(ENDS.length)]}`
  })
}

const asPattern = (text: string): string => text.replaceAll(/[*?\\]/g, '\\$&')

function ruleTexts(next: (below: number) => number, pool: readonly string[]): string[] {
  const some = (count: number) => Array.from({ length: count }, () => asPattern(pool[next(pool.length)] ?? ''))
  const modifiers = ['', '|contains', '|contains', '|startswith', '|endswith', '|contains|all', '|cased']
  return Array.from({ length: RULES }, (_, index) => {
    const key = ['f', 'g', 'list.of'][next(3)] + (modifiers[next(modifiers.length)] ?? '')
    const selection = next(12) === 0 ? some(3) : { [key]: key.endsWith('all') ? some(1) : some(next(10) === 0 ? 120 : 1 + next(8)) }
    const filter = { [`g|${['contains', 'startswith'][next(2)]}`]: some(1 + next(3)) }
    const source = next(3) === 0 ? '{product: test}' : `{product: test, category: c${next(SOURCES)}}`
    const detection = { selection, filter, condition: ['selection', 'selection and not filter', 'selection or filter'][next(3)] }
    return `title: Rule ${index}\nid: ${index}\nlogsource: ${source}\ndetection: ${JSON.stringify(detection)}\n`
  })
}

/** Ways to write the same JSON: as engines do, with slashes escaped, with all that is not ASCII escaped, with escapes nobody needs. */
const WRITERS: readonly ((json: string) => string)[] = [
  (json) => json,
  (json) => json,
  (json) => json.replaceAll('/', '\\/'),
  (json) => json.replaceAll(/[^\u0000-\u007f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (json) => json.replaceAll('m', '\\u006d'),
]

test('one matcher stays right while what it meets makes it build its indexes anew', () => {
  const next = numbers(20_261)
  const pool = literals(next, 3_000)
  const texts = ruleTexts(next, pool)
  const naive = texts.flatMap((text) => naiveRules(text))
  const { matcher } = compileRules(
    texts.flatMap((text, index) => parseRules(text, `${index}`).rules),
    plainView,
  )
  expect(matcher.rules).toHaveLength(RULES)
  const wrong: string[] = []
  let fired = 0
  for (let number = 0; number < EVENTS; number++) {
    // What events hold changes as they go on, so that what was learnt is not what comes.
    const phase = Math.floor((number * 10) / EVENTS) * 300
    const word = () => (next(4) === 0 ? `x${next(1_000_000)}` : (pool[(phase + next(400)) % pool.length] ?? ''))
    const value = () => `${next(3) === 0 ? `${word()} ` : ''}${next(2) === 0 ? word().toUpperCase() : word()}${next(4) === 0 ? ` ${word()}` : ''}`
    const event = { f: value(), g: next(5) === 0 ? [value(), value()] : value(), list: [{ of: word() }], n: next(9) }
    const json = WRITERS[next(WRITERS.length)]?.(JSON.stringify(event)) ?? ''
    const category = next(SOURCES + 1)
    const logsource = { product: 'test', categories: category === SOURCES ? [] : [`c${category}`, ...(next(2) === 0 ? ['c0'] : [])] }
    const document = JSON.parse(json)
    const matches = matcher.match(document, logsource, number % 3 === 0 ? undefined : json)
    if (number % STEP !== 0) continue
    const read = plainEvent(document)
    const expected = naive
      .filter((rule) => (rule.logsource.category === undefined || logsource.categories.includes(rule.logsource.category)) && rule.fires(read))
      .map(({ title }) => title)
    const found = matches.map(({ rule }) => rule.title)
    fired += expected.length
    if (found.join() !== expected.join()) wrong.push(`event ${number}: ${json}`)
  }
  expect(wrong.slice(0, 5)).toEqual([])
  expect(fired).toBeGreaterThan(EVENTS / STEP / 10)
}, 600_000)

test('a literal is found wherever it lies around the edge of the stretch of text that is looked at', () => {
  const words = ['Needle-7', 'x7q', 'needle number 12345, which is long', 'né', '\u212aelvin', 'C:\\needle\\']
  const texts = words.flatMap((word, index) =>
    ['contains', 'endswith'].map(
      (place) =>
        `title: ${place} ${index}\nlogsource: {product: test}\ndetection: ${JSON.stringify({ s: { [`f|${place}`]: asPattern(word) }, condition: 's' })}\n`,
    ),
  )
  const rules = texts.flatMap((text) => parseRules(text, 'x.yml').rules)
  const { matcher } = compileRules(rules, plainView)
  const logsource = { product: 'test', categories: [] }
  const wrong: string[] = []
  for (const edge of FULL ? [65_536, 131_064, 196_592] : [65_536]) {
    for (let at = edge - 42; at <= edge + 8; at++) {
      for (const [index, word] of words.entries()) {
        const f = `${(index % 2 === 0 ? 'x ' : 'y-').repeat(edge).slice(0, at - 6)}${word}`
        for (const tail of ['', ' and more']) {
          const text = JSON.stringify({ f: f + tail })
          const found = matcher.match({ f: f + tail }, logsource, text).map(({ rule }) => rule.title)
          const expected = tail === '' ? [`contains ${index}`, `endswith ${index}`] : [`contains ${index}`]
          if (found.join() !== expected.join()) wrong.push(`${word} at ${at}${tail}: ${found}`)
        }
      }
    }
  }
  expect(wrong).toEqual([])
}, 120_000)

test('patterns on values of 30 KB to 1 MB answer as the specification says', () => {
  const next = numbers(7)
  const tests: readonly (readonly [string, string])[] = [
    ['f|contains', 'needle number 7'],
    ['f|endswith', 'the end'],
    ['f', '*power?hell*-e* *'],
    ['f', 'start*a?b*z'],
    ['f', '*İ?x*'],
    ['f|cased', '*Need?e*'],
    ['f|re', 'need(?:le|ful) [a-z]+ \\d'],
    ['f|re|i', '^START.*\\bend$'],
    ['f|re', '\\s{3,}[^ ]+y'],
    ['f|contains|all', 'İstanbul'],
  ]
  const texts = tests.map(
    ([key, value], index) =>
      `title: ${index}\nlogsource: {product: test}\ndetection: ${JSON.stringify({ s: { [key]: key.endsWith('all') ? [value, 'needle'] : value }, condition: 's' })}\n`,
  )
  const naive = texts.flatMap((text) => naiveRules(text))
  const { matcher } = compileRules(
    texts.flatMap((text) => parseRules(text, 'x.yml').rules),
    plainView,
  )
  const parts = ['needle number 7 ', 'PowerShell -enc x ', 'a-b', 'İ1x', 'İSTANBUL ', 'Needle', '   why', 'lorem ipsum ', '😀é ', 'NEEDFUL thing 5 ']
  const counts = { fired: 0, silent: 0 }
  for (let number = 0; number < (FULL ? 200 : 16); number++) {
    const filler = ['x', 'a ', 'needle', '\\', 'é'][next(5)] ?? ''
    const length = number % 8 === 0 ? 1_000_000 : 30_000 + next(120_000)
    const inside = Array.from({ length: 3 }, () => parts[next(parts.length)] ?? '').join(next(2) === 0 ? '' : filler.repeat(500))
    const before = filler.repeat(next(length) / filler.length)
    const after = filler.repeat(Math.max(0, length - before.length) / filler.length)
    const f = `${next(2) === 0 ? 'start ' : ''}${before}${inside}${after}${['the end', 'z', ' '][next(3)]}`
    const json = WRITERS[next(WRITERS.length)]?.(JSON.stringify({ f })) ?? ''
    const document = JSON.parse(json)
    const read = plainEvent(document)
    const expected = naive.filter((rule) => rule.fires(read)).map(({ title }) => title)
    for (const text of [json, undefined]) {
      const found = matcher.match(document, { product: 'test', categories: [] }, text).map(({ rule }) => rule.title)
      expect(found, `${f.length} characters of ${filler}: ${inside.slice(0, 100)}`).toEqual(expected)
    }
    counts.fired += expected.length
    counts.silent += tests.length - expected.length
  }
  expect(Math.min(counts.fired, counts.silent)).toBeGreaterThan(16)
}, 300_000)

test('more log sources than plans are kept for change nothing in the answers and nothing in the counts', () => {
  const { rules } = parseRules('title: x\nlogsource: {product: test}\ndetection: {s: {f|contains: needle}, condition: s}\n', 'x.yml')
  const { matcher } = compileRules(rules, plainView)
  const wrong = Array.from({ length: 5_000 }, (_, number) => {
    const document = { f: number % 3 === 0 ? 'a Needle' : 'hay' }
    const matches = matcher.match(document, { product: 'test', categories: [`c${number % 1_500}`] }, JSON.stringify(document))
    return (matches.length === 1) === (number % 3 === 0)
  }).filter((right) => !right)
  expect([wrong.length, matcher.evaluations[0]]).toEqual([0, 5_000])
})
