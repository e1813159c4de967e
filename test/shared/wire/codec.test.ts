import { crc32, deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { BadBatch, decodeEntries, packBatch, unpackBatch } from '../../../shared/wire/codec.ts'
import { picket } from '../../../shared/wire/generated/picket.js'
import { BATCH_MAX_EVENTS, MAX_UNCOMPRESSED_BYTES } from '../../../shared/wire/limits.ts'

const entriesOf = (count: number) =>
  picket.v1.Entries.encode({
    entries: Array.from({ length: count }, (_, index) => ({
      seq: index + 1,
      event: { timeMs: 1, document: Buffer.from('{"message":"the same words again"}') },
    })),
  }).finish()

const runOf = (entries: Uint8Array) => ({ lane: 'bulk', epoch: 'e', first: 1, last: 4, entries })

test.each([1, 400])('a batch of %i events survives the wire', async (count) => {
  const sent = picket.v1.Batch.encode(await packBatch(runOf(entriesOf(count)))).finish()
  const entries = decodeEntries(await unpackBatch(picket.v1.Batch.decode(sent)))
  expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
})

test('400 similar events are sent compressed', async () => {
  const entries = entriesOf(400)
  expect((await packBatch(runOf(entries))).payload.length).toBeLessThan(entries.length / 3)
})

test.each([
  ['a flipped bit', { payload: Buffer.from([1, 2, 3]), uncompressedBytes: 3, crc32: 1 }],
  ['a bomb that announces 10 bytes', { codec: 1, payload: deflateSync(Buffer.alloc(50_000_000)), uncompressedBytes: 10, crc32: 0 }],
  ['a size above the limit', { codec: 1, payload: Buffer.from([1]), uncompressedBytes: MAX_UNCOMPRESSED_BYTES + 1, crc32: 0 }],
  ['a shorter payload than announced', { payload: Buffer.from([1]), uncompressedBytes: 2, crc32: crc32(Buffer.from([1])) }],
  ['bytes that are no deflate stream', { codec: 1, payload: Buffer.from('hello'), uncompressedBytes: 5, crc32: 0 }],
  ['an unknown codec', { codec: 99, payload: Buffer.from([1]), uncompressedBytes: 1, crc32: 0 }],
  ['a range that runs backwards', { first: 5, last: 4, payload: Buffer.alloc(0), uncompressedBytes: 0, crc32: 0 }],
])('A5 a batch with %s is refused', async (_name, fields) => {
  await expect(unpackBatch({ first: 1, last: 1, ...fields })).rejects.toThrow(BadBatch)
})

test('a batch of exactly the most entries is taken, one more is refused', () => {
  expect(decodeEntries(entriesOf(BATCH_MAX_EVENTS))).toHaveLength(BATCH_MAX_EVENTS)
  expect(() => decodeEntries(entriesOf(BATCH_MAX_EVENTS + 1))).toThrow(BadBatch)
})

test('bytes that are no protobuf are refused', () => {
  expect(() => decodeEntries(Buffer.from([0x0a, 0xff, 0xff]))).toThrow(BadBatch)
})
