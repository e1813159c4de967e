import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { expect, test } from 'vitest'
import { colourFor } from '../../../hub/cli/rules/colour.ts'
import { createProgress } from '../../../hub/cli/rules/progress.ts'

/** A terminal as the commands see one. */
function screen(isTTY: boolean, env: Record<string, string> = {}) {
  let written = ''
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    // Node's own reading of NO_COLOR and its kin.
    hasColors: () => WriteStream.prototype.hasColors(16, { TERM: 'xterm', ...env }),
    write: (text: string) => {
      written += text
      return true
    },
  })
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => written }
}

test('progress is shown once work takes over a second, not at every step, and wiped at the end', () => {
  const { stream, written } = screen(true)
  let now = 0
  const progress = createProgress(stream, () => now)
  for (now = 0; now < 1_000; now += 100) progress.show(() => 'early')
  expect(written()).toBe('')
  for (now = 1_000; now < 1_400; now += 50) progress.show(() => `at ${now}`)
  expect(written()).toBe('\r\x1b[Kat 1000\r\x1b[Kat 1200')
  progress.clear()
  expect(written().endsWith('\r\x1b[K')).toBe(true)
})

test('where nobody looks, there is no progress and no colour', () => {
  const { stream, written } = screen(false)
  let now = 0
  const progress = createProgress(stream, () => now)
  now = 5_000
  progress.show(() => 'x')
  progress.clear()
  expect(written()).toBe('')
  expect(colourFor(stream)('error', 'x')).toBe('x')
})

test('NO_COLOR is obeyed', () => {
  expect(colourFor(screen(true).stream)('error', 'x')).toBe('\x1b[31mx\x1b[0m')
  expect(colourFor(screen(true, { NO_COLOR: '1' }).stream)('error', 'x')).toBe('x')
})
