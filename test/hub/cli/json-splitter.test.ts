import { expect, test } from 'vitest'
import { createJsonScanner } from '../../../hub/cli/json-splitter.ts'

/** Objects found when the text comes in pieces that end at these places. */
function split(text: string, ...ends: number[]) {
  const bytes = Buffer.from(text)
  const scanner = createJsonScanner()
  const found: unknown[] = []
  for (const end of [...ends, bytes.length]) scanner.scan(bytes, end, (from, to) => found.push(JSON.parse(bytes.toString('utf8', from, to))))
  return { found, openAt: scanner.openAt }
}

const EVENTS = [{ a: 'x}{"\\' }, { b: [{ c: 1 }, []] }]

test('objects one after another, pretty-printed or not, and in an array come out one by one', () => {
  for (const text of [
    EVENTS.map((event) => JSON.stringify(event, null, 2)).join('\n'),
    EVENTS.map((event) => JSON.stringify(event)).join(''),
    JSON.stringify(EVENTS, null, 2),
  ])
    expect(split(text)).toEqual({ found: EVENTS, openAt: undefined })
})

test('it does not matter where the bytes were cut', () => {
  const text = JSON.stringify(EVENTS)
  for (let at = 0; at <= text.length; at++) expect(split(text, at).found).toEqual(EVENTS)
})

test('an object that was cut off is known to be open', () => {
  expect(split('{"a":1} {"b":')).toEqual({ found: [{ a: 1 }], openAt: 8 })
})
