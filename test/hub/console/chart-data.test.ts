import { expect, test } from 'vitest'
import { lonely, withHoles } from '../../../hub/console/components/chart-data.ts'

test('no line is drawn over a time nothing was measured in', () => {
  expect(
    withHoles(
      [
        [0, 60, 300, 360],
        [1, 2, 3, 4],
        [5, null, 7, 8],
      ],
      60,
    ),
  ).toEqual([
    [0, 60, 120, 300, 360],
    [1, 2, null, 3, 4],
    [5, null, null, 7, 8],
  ])
})

test('points a little late leave no hole', () => {
  expect(
    withHoles(
      [
        [0, 60, 125, 180],
        [1, 2, 3, 4],
      ],
      60,
    )[0],
  ).toEqual([0, 60, 125, 180])
})

test('a value with neighbours on neither side is named, so that it gets a dot', () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5])
  expect(lonely([7])).toEqual([0])
  expect(lonely([])).toEqual([])
})
