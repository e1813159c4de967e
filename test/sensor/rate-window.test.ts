import { expect, test } from 'vitest'
import { RateWindow } from '../../sensor/rate-window.ts'

const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1_000)
const TWENTY_YEARS_S = 20 * 365 * 86_400

test('what happened counts for a minute', () => {
  const window = new RateWindow()
  window.add(3, at(0))
  window.add(2, at(30))
  expect([at(30), at(59), at(60), at(90)].map((now) => window.total(now))).toEqual([5, 5, 2, 0])
})

test.each([
  ['-1 d', [0, -86_400]],
  ['+20 y and back', [0, TWENTY_YEARS_S, 60]],
  ['+10 h', [0, 36_000]],
])('T15 after a clock jump of %s the minute is one again', (_name, jumps) => {
  const window = new RateWindow()
  for (const seconds of jumps) window.add(7, at(seconds))
  const last = jumps.at(-1) ?? 0
  window.add(1, at(last + 1))
  expect(window.total(at(last + 61))).toBe(0)
})

test('T15 a clock put back by a few seconds loses no count', () => {
  const window = new RateWindow()
  window.add(3, at(10))
  window.add(2, at(5))
  expect(window.total(at(5))).toBe(5)
})
