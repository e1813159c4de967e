import { expect, test } from 'vitest'
import { type Look, lookOf } from '../../../hub/cli/detect-look.ts'
import { type Hit, REPORTS } from '../../../hub/cli/detect-report.ts'

/** A terminal of this width, with or without colours. */
const terminal = (columns: number, colours = false) => ({ isTTY: true, columns, hasColors: () => colours }) as unknown as NodeJS.WriteStream
const hit = (more: Partial<Hit> = {}): Hit => ({
  event: 12,
  file: `/cases/${'deep/'.repeat(20)}Security.evtx`,
  rule: { id: 'r', title: `A rule with ${'a long '.repeat(20)}title`, level: 'critical' },
  conditions: ['selection'],
  timestamp: '2024-05-01T10:00:00.1234567Z',
  host: `host.${'sub.'.repeat(20)}example`,
  ...more,
})
const show = (output: keyof typeof REPORTS, look: Look, hits: readonly Hit[] = [hit()]) => {
  const report = REPORTS[output](look)
  return hits.map((each) => report.hit(each)).join('') + report.end()
}
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g')

test.each(['table', 'summary', 'timeline'] as const)('a %s keeps to the terminal’s width', (output) => {
  const lines = show(output, lookOf(terminal(130))).split('\n')
  expect(lines.length).toBeGreaterThan(2)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(130)
})

test.each(['table', 'summary', 'timeline'] as const)('the columns of a %s stand below each other, in colour and without', (output) => {
  const plain = show(output, lookOf(terminal(130)))
  const coloured = show(output, lookOf(terminal(130, true)))
  expect(coloured).toMatch(ESCAPES)
  expect(coloured.replaceAll(ESCAPES, '')).toBe(plain)
  const [head = '', row = ''] = plain.split('\n')
  expect(row.indexOf('A rule')).toBe(head.indexOf('RULE'))
  expect(row.indexOf('critical')).toBe(head.indexOf('LEVEL'))
})

test('where the output is no terminal there are no colours', () => {
  expect(show('table', lookOf({ isTTY: false } as NodeJS.WriteStream))).not.toMatch(ESCAPES)
})

test('first and last are told by the instant, whatever way events write it', () => {
  const times = ['2024-05-01 10:00:00.000', '2024-05-01T12:30:00+03:00', '2024-05-01T10:00:01Z', 'no time', undefined]
  const [, row] = show(
    'timeline',
    lookOf(terminal(200)),
    times.map((timestamp) => hit({ timestamp })),
  ).split('\n')
  expect(row).toMatch(/^2024-05-01T12:30:00\+03:.* 2024-05-01T10:00:01Z +5 /)
})

test('rules and hosts past the bound are counted together', () => {
  const report = REPORTS.timeline(lookOf(terminal(200)))
  for (let host = 0; host < 100_050; host++) report.hit(hit({ host: `h${host}` }))
  const lines = report.end().split('\n')
  expect(lines).toHaveLength(100_000 + 3)
  expect(lines.find((line) => line.includes('(other hosts)'))).toMatch(/ 50 {2}critical/)
})
