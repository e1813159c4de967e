import { expect, test } from 'vitest'
import { splitJson } from '../../../hub/cli/json-splitter.ts'

async function split(...chunks: string[]): Promise<unknown[]> {
  const given = async function* () {
    yield* chunks
  }
  const values: unknown[] = []
  for await (const text of splitJson(given())) values.push(JSON.parse(text))
  return values
}

const EVENTS = [{ a: 'x}{"\\' }, { b: [{ c: 1 }, []] }]

test('objects one after another, pretty-printed or not, and in an array come out one by one', async () => {
  expect(await split(EVENTS.map((event) => JSON.stringify(event, null, 2)).join('\n'))).toEqual(EVENTS)
  expect(await split(EVENTS.map((event) => JSON.stringify(event)).join(''))).toEqual(EVENTS)
  expect(await split(JSON.stringify(EVENTS, null, 2))).toEqual(EVENTS)
})

test('it does not matter where the stream was cut', async () => {
  const text = JSON.stringify(EVENTS)
  for (let at = 0; at <= text.length; at++) expect(await split(text.slice(0, at), text.slice(at))).toEqual(EVENTS)
})

test('an object that was cut off is given out, so that it is counted as unreadable', async () => {
  await expect(split('{"a":1}{"b":')).rejects.toThrow(SyntaxError)
})
