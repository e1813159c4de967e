import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrayBlocks, type BlockLimits, type EventBlock, lineBlocks, objectBlocks, type Pieces } from '../../../hub/cli/detect-blocks.ts'
import { createDetectEngine } from '../../../hub/cli/detect-engine.ts'

async function* pieces(text: string, size: number): Pieces {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const engine = createDetectEngine({ files: [], format: 'plain', slack: false })
/** The documents of all blocks, undefined for each record that could not be read. */
async function read(blocks: AsyncIterable<EventBlock>) {
  const documents: (object | undefined)[] = []
  for await (const block of blocks) engine.read(block, (shaped) => documents.push(shaped?.document))
  return documents
}
const limits = (blockBytes: number, recordBytes = 1 << 20): BlockLimits => ({ blockBytes, recordBytes })

const event = fc.record({
  text: fc.string(),
  nested: fc.array(fc.record({ 'a{}b': fc.constantFrom('"', '\\', '}\n{', '},{', '[', 'é☃') }), { maxLength: 3 }),
})
const anywhere = { events: fc.array(event, { maxLength: 20 }), piece: fc.integer({ min: 1, max: 300 }), block: fc.integer({ min: 8, max: 400 }) }

test('lines: the same records, whatever the pieces and blocks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ ...anywhere, end: fc.constantFrom('\n', '\r\n', '\n\n') }), async ({ events, piece, block, end }) => {
      const text = events.map((each) => JSON.stringify(each)).join(end)
      expect(await read(lineBlocks(pieces(text, piece), 'json_lines', limits(block)))).toEqual(events)
    }),
  )
})

test('objects one after another: the same records, whatever stands between them', async () => {
  const between = fc.constantFrom('', '\n', '\r\n', ' ', '\n \n')
  await fc.assert(
    fc.asyncProperty(fc.record({ ...anywhere, between, indent: fc.constantFrom(0, 2) }), async ({ events, piece, block, between: gap, indent }) => {
      const text = events.map((each) => JSON.stringify(each, null, indent)).join(gap)
      expect(await read(objectBlocks(pieces(text, piece), limits(block)))).toEqual(events)
    }),
  )
})

test('arrays: the same records, whatever the pieces and blocks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record({ ...anywhere, indent: fc.constantFrom(0, 2) }), async ({ events, piece, block, indent }) => {
      expect(await read(arrayBlocks(pieces(JSON.stringify(events, null, indent), piece), limits(block)))).toEqual(events)
    }),
  )
})

test.each([
  ['lines', (text: string) => lineBlocks(pieces(text, 7), 'json_lines', limits(16, 64)), '\n'],
  ['objects', (text: string) => objectBlocks(pieces(text, 7), limits(16, 64)), '\n'],
] as const)('%s: a record past the limit is one unreadable record, and the next is read', async (_, blocks, end) => {
  const long = JSON.stringify({ long: 'x'.repeat(500) })
  expect(await read(blocks(['{"a":1}', long, '{"b":2}', '{"c":3}'].join(end)))).toEqual([{ a: 1 }, undefined, { b: 2 }, { c: 3 }])
})

test('a record that is not JSON, and one cut off at the end, are unreadable records in their places', async () => {
  expect(await read(lineBlocks(pieces('{"a":1}\nnot json\n{"b":', 5), 'json_lines'))).toEqual([{ a: 1 }, undefined, undefined])
  expect(await read(objectBlocks(pieces('{"a":1}\n{"b":', 5)))).toEqual([{ a: 1 }, undefined])
  expect(await read(arrayBlocks(pieces('[{"a":1},{"b":', 5)))).toEqual([{ a: 1 }, undefined])
})

test('blank lines are no records', async () => {
  expect(await read(lineBlocks(pieces('\n\r\n  \n{"a":1}\n\n', 3), 'json_lines'))).toEqual([{ a: 1 }])
})
