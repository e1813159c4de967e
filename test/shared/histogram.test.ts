import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../shared/histogram.ts'

test('a percentile is within a fifth above the value that many durations stay under', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (durations, share) => {
        const histogram = new Histogram()
        for (const duration of durations) histogram.add(duration)
        const exact = [...durations].sort((a, b) => a - b)[Math.ceil(durations.length * share) - 1] ?? 0
        const got = histogram.percentile(share)
        expect(got).toBeGreaterThanOrEqual(exact * 0.999)
        expect(got).toBeLessThanOrEqual(exact * 1.21)
      },
    ),
  )
})

test('nothing measured is nothing claimed', () => {
  expect([new Histogram().percentile(0.99), new Histogram().mean]).toEqual([0, 0])
})

test('merging gives what counting together would have', () => {
  const [a, b, both] = [new Histogram(), new Histogram(), new Histogram()]
  for (const ms of [1, 2, 300]) {
    a.add(ms)
    both.add(ms)
  }
  b.add(40, 5)
  both.add(40, 5)
  a.merge(b)
  expect([a.count, a.mean, a.percentile(0.5)]).toEqual([both.count, both.mean, both.percentile(0.5)])
})
