import { expect, test } from 'vitest'
import { retime } from '../../../hub/cli/retime.ts'

const now = new Date('2026-11-21T18:00:00.000Z')
const moved = retime(new Date('2026-03-10T09:30:00Z'), now)

test('the newest record happens now and the others as long before as they were', () => {
  expect(moved('{"published":"2026-03-10T09:30:00.000Z"}')).toBe('{"published":"2026-11-21T18:00:00.000Z"}')
  expect(moved('{"EventTime":"2026-03-10 09:29:15"}')).toBe('{"EventTime":"2026-11-21 17:59:15"}')
})

test('headers without a year and access log times become now', () => {
  expect(moved('<38>Mar 10 09:12:44 web-03 sshd[1]: x')).toBe('<38>Nov 21 18:00:00 web-03 sshd[1]: x')
  expect(moved('1.2.3.4 - - [10/Mar/2026:09:15:31 +0000] "GET / HTTP/1.1"')).toBe('1.2.3.4 - - [21/Nov/2026:18:00:00 +0000] "GET / HTTP/1.1"')
})

test('what is no time stays as it is', () => {
  expect(moved('{"id":"2026-03-10","n":20260310093000,"bad":"2026-99-99T09:00:00"}')).toBe(
    '{"id":"2026-03-10","n":20260310093000,"bad":"2026-99-99T09:00:00"}',
  )
})
