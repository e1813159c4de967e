import { expect, test } from 'vitest'
import { fires, matchesOf, refusal } from '../../support/sigma.ts'

/** Searches a, b, c that are true where the event has the field of that name. */
const SEARCHES = ['a', 'b', 'c', '_d', 'x_1_y', 'x_2_y'].map((name) => `${name}:\n  ${name}|exists: true`).join('\n')
const holds = (condition: string, ...names: string[]) =>
  fires(`${SEARCHES}\ncondition: ${condition}`, Object.fromEntries(names.map((name) => [name, 1])))

test('K1 a list of values is looked for in the whole event, also deep inside, numbers too', () => {
  const keywords = 'words:\n  - needle\n  - 42\ncondition: words'
  expect([{ a: { b: ['x', 'a NEEDLE b'] } }, { a: 'port 4243' }, { a: 142 }, { needle: 'x' }].map((event) => fires(keywords, event))).toEqual([
    true,
    true,
    true,
    false,
  ])
})

test('S1 a map is AND, a list of maps OR, a list of values OR', () => {
  const detection = 's:\n  - a: 1\n    b: [2, 3]\n  - c: 4\ncondition: s'
  expect([{ a: 1, b: 3 }, { a: 1 }, { c: 4 }].map((event) => fires(detection, event))).toEqual([true, false, true])
})

test('S2 a list of 5,000 values is matched as a set', () => {
  const values = Array.from({ length: 5_000 }, (_, i) => `IMPHASH=${i.toString(16).padStart(32, '0')}`)
  const detection = `s:\n  Hashes|contains: ${JSON.stringify(values)}\ncondition: s`
  expect([`MD5=1,${values[4_999]}`, 'IMPHASH=zz'].map((Hashes) => fires(detection, { Hashes }))).toEqual([true, false])
})

test('C1 or binds weaker than and, and weaker than not', () => {
  expect([holds('a or b and c', 'a'), holds('(a or b) and c', 'a')]).toEqual([true, false])
  expect([holds('not a and b', 'b'), holds('not (a and b)', 'b'), holds('not a and b', 'a', 'b')]).toEqual([true, true, false])
})

test('C1 1 of, any of and all of take patterns with * anywhere', () => {
  expect([holds('1 of x_*_y', 'x_2_y'), holds('any of x_*', 'x_1_y'), holds('all of x_*_y', 'x_2_y'), holds('all of *_y', 'x_1_y', 'x_2_y')]).toEqual(
    [true, true, false, true],
  )
})

test('C1 them leaves out what begins with an underscore', () => {
  expect([holds('1 of them', '_d'), holds('1 of them', 'c'), holds('1 of _*', '_d')]).toEqual([false, true, true])
})

test.each(['a and', 'a b', '(a', 'a)', 'nobody', '1 of nobody*', '2 of x_*', 'not', '1 of'])(
  'C1 the condition "%s" is refused at its line',
  (condition) => {
    expect(refusal(`${SEARCHES}\ncondition: ${condition}`)).toMatchObject({ code: 'condition', line: 17 })
  },
)

test('C1 nesting without end is refused instead of overflowing', () => {
  expect(refusal(`${SEARCHES}\ncondition: ${'('.repeat(30_000)}a${')'.repeat(30_000)}`)?.reason).toContain('nested deeper')
  expect(refusal(`${SEARCHES}\ncondition: ${'not '.repeat(15_000)}a`)?.reason).toContain('nested deeper')
})

test('C1 a condition without end, and one whose patterns stand for too much, are refused', () => {
  expect(refusal(`${SEARCHES}\ncondition: ${'a or '.repeat(50_000)}a`)?.reason).toContain('longer than')
  const many = Array.from({ length: 200 }, (_, i) => `s${i}: {a: ${i}}`).join('\n')
  expect(refusal(`${many}\ncondition: ${Array(1_000).fill('1 of s*').join(' and ')}`)?.reason).toContain('stand for more than')
})

test('C1 a pattern with many stars is put to a long name in no time', () => {
  const name = 'a'.repeat(1_000)
  expect(refusal(`${name}:\n  f: 1\ncondition: 1 of ${'*a'.repeat(500)}*b`)?.reason).toContain('matches no search identifier')
  expect(refusal(`${name}:\n  f: 1\ncondition: 1 of ${'*a'.repeat(500)}*`)).toBeUndefined()
})

test.each([
  ['x_*_y', ['x_1_y', 'x_2_y']],
  ['*_y', ['x_1_y', 'x_2_y']],
  ['x*1*y', ['x_1_y']],
  ['*', ['a', 'b', 'c', '_d', 'x_1_y', 'x_2_y']],
  ['a*a', []],
])('C1 the pattern %s stands for %j', (pattern, names) => {
  for (const name of ['a', 'b', 'c', '_d', 'x_1_y', 'x_2_y']) expect(names.length > 0 && holds(`1 of ${pattern}`, name)).toBe(names.includes(name))
  if (names.length === 0) expect(refusal(`${SEARCHES}\ncondition: 1 of ${pattern}`)?.reason).toContain('matches no search identifier')
})

test('C2 a list of conditions is OR', () => {
  expect([holds('[a and b, c]', 'c'), holds('[a and b, c]', 'a')]).toEqual([true, false])
})

test('C3 the obsolete aggregations are refused with what to use instead', () => {
  for (const condition of ["'a | count() by x > 3'", "'a near b'"])
    expect(refusal(`${SEARCHES}\ncondition: ${condition}`)).toMatchObject({ code: 'obsolete_aggregation' })
  expect(refusal(`${SEARCHES}\ntimeframe: 5m\ncondition: a`)).toMatchObject({ code: 'obsolete_aggregation', line: 17 })
})

test('a match names the searches that were true and not negated', () => {
  const [match] = matchesOf(`${SEARCHES}\ncondition: (a or b) and not c`, { b: 1 })
  expect(match?.matchedConditions).toEqual(['b'])
  const [every] = matchesOf(`${SEARCHES}\ncondition: 1 of x_* and not _d`, { x_1_y: 1, x_2_y: 1 })
  expect(every?.matchedConditions).toEqual(['x_1_y', 'x_2_y'])
})
