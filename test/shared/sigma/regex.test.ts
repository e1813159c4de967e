import { expect, test } from 'vitest'
import { fires, refusal, selecting } from '../../support/sigma.ts'

const on = (key: string, pattern: string, value: string) => fires(selecting(key, pattern), { f: value })

test.each([
  ['\\x41', 'A', 'a'],
  ['\\x{41}', 'A', 'a'],
  ['\\u0041', 'A', 'a'],
  ['[\\x41-\\x43]', 'B', 'b'],
  ['[\\u00e0-\\u00fc]', 'é', 'É'],
])('M7 the character numbered in %s is %s, and %s too where case is ignored', (pattern, same, other) => {
  expect([on('f|re', pattern, same), on('f|re', pattern, other)]).toEqual([true, false])
  expect([on('f|re|i', pattern, same), on('f|re|i', pattern, other)]).toEqual([true, true])
})

test('M7 digits of an escape are not taken for letters that have another case', () => {
  expect([on('f|re|i', 'a\\x2db', 'A-B'), on('f|re|i', '^\\cJ$', '\n'), on('f|re', '\\e\\[', '\u001b[')]).toEqual([true, true, true])
})

test('M7 in a class a hyphen, a bracket and sets are members', () => {
  expect(['a-', '-', ']', '9', 'x'].map((text) => on('f|re', '^[]a\\d-]+$', text))).toEqual([true, true, true, true, false])
  expect(['\t', 'h'].map((text) => on('f|re', '[\\h]', text))).toEqual([true, false])
})

test.each(['\\p{L}', '\\Qa.b\\E', '\\Kx', '[\\p{L}]', '[z-a]', '[[:odd:]]', '\\x{1F600}'])(
  'M7 %s, which means something else in JavaScript or nothing, is refused',
  (pattern) => {
    expect(refusal(selecting('f|re', pattern))).toMatchObject({ code: 'regex', line: 6 })
  },
)
