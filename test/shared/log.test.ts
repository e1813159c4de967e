import { expect, test } from 'vitest'
import { createLogger } from '../../shared/log.ts'

const linesOf = (pretty: boolean) => {
  const lines: string[] = []
  return { lines, log: createLogger({ level: 'info', pretty, write: (line) => lines.push(line) }) }
}

test.each([false, true])('T33 values under the names of secrets never reach a line (pretty: %s)', (pretty) => {
  const { lines, log } = linesOf(pretty)
  log.info({ token: 'canary', config: { password: 'canary', nested: { secret: 'canary' } } }, 'starting')
  expect(lines.join('')).toContain('starting')
  expect(lines.join('')).not.toContain('canary')
})

test('A16 control characters cannot forge a second pretty line', () => {
  const { lines, log } = linesOf(true)
  log.info({ peer: 'a\n12:00 error forged' }, 'line\r\nbreak\u001b[31m')
  expect(lines).toHaveLength(1)
  expect(lines[0]?.trimEnd()).not.toMatch(/[\r\n\u001b]/)
})

test('an error is logged with its cause', () => {
  const { lines, log } = linesOf(false)
  log.warn({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'failed', err: { message: 'outer', cause: { message: 'inner' } } })
})
