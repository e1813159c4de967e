import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linearRegex } from '../../../shared/sigma/compile/linear-regex.ts'
import { WorkBudget } from '../../../shared/sigma/compile/work-budget.ts'
import { translateRegex } from '../../../shared/sigma/parse/regex.ts'
import { validRegex } from '../../support/naive-sigma/items.ts'
import { text } from '../../support/naive-sigma/texts.ts'

/** The test with all of an event's budget for each text. */
function unhurried(source: string, flags: string): (text: string) => boolean {
  const found = linearRegex(source, flags)
  const budget = new WorkBudget()
  return (each) => {
    budget.beginEvent()
    budget.beginQuestion()
    return found(each, budget)
  }
}

test('M7 the automaton finds a pattern exactly where JavaScript does', () => {
  const flags = fc.record({ ignoreCase: fc.boolean(), multiline: fc.boolean(), dotAll: fc.boolean() })
  const outcomes = { found: 0, not: 0 }
  fc.assert(
    fc.property(
      validRegex,
      flags,
      fc.array(fc.oneof(text, fc.constantFrom('', 'a', 'b', '\n', 'ab\nba', 'a b')), { minLength: 8, maxLength: 8 }),
      (source, asked, texts) => {
        const translated = translateRegex(source, asked)
        const linear = unhurried(translated.source, translated.flags)
        const native = new RegExp(translated.source, translated.flags)
        for (const each of [...texts, ...texts]) {
          expect(linear(each), JSON.stringify([translated, each])).toBe(native.test(each))
          outcomes[native.test(each) ? 'found' : 'not']++
        }
      },
    ),
    { numRuns: 1_500 },
  )
  expect(Math.min(outcomes.found, outcomes.not)).toBeGreaterThan(1_000)
}, 60_000)

test('M7 many states are made anew when they take too much room, and the answer stays the same', () => {
  const linear = unhurried('(?:a|b)*a(?:a|b){14}c', '')
  const value = (length: number) => Array.from({ length }, (_, i) => ((i * 7919) % 13 < 6 ? 'a' : 'b')).join('')
  expect([linear(`${value(9_000)}a${'b'.repeat(14)}c`), linear(`${value(9_000)}b${'b'.repeat(14)}c`)]).toEqual([true, false])
  expect(linear(`a${'b'.repeat(14)}c`)).toBe(true)
})

test('M7 a pattern whose counted repetitions are too many is refused', () => {
  expect(() => linearRegex('(?:(?:a{1,50}){1,50}){1,50}', '')).toThrow('counted repetitions')
})
