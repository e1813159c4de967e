import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EvtxLoss, type EvtxRecord, readEvtx, readEvtxChunk } from '../../../shared/evtx/evtx.ts'
import { type BuiltElement, buildChunk, buildFile, element, embedded, processCreation, sealChunk, sub, utf16 } from '../../support/evtx-builder.ts'

const FILE_HEADER = 4_096
const CHUNK = 65_536

async function* pieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function read(bytes: Buffer, { piece = CHUNK, slack = false } = {}) {
  const records: EvtxRecord[] = []
  const losses: EvtxLoss[] = []
  let slackRecords = 0
  for await (const batch of readEvtx(pieces(bytes, piece), { slack })) {
    records.push(...batch.records)
    losses.push(...batch.losses)
    slackRecords += batch.slackRecords
  }
  return { ids: records.map(({ id }) => id), records, losses, kinds: losses.map(({ kind }) => kind), slackRecords }
}

/** Three chunks of three records, 1 to 9. */
const chunks = () => [1, 4, 7].map((first) => buildChunk([0, 1, 2].map((more) => processCreation(first + more))))
const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9]

test('a whole file gives every record, in order, whatever the pieces it comes in', async () => {
  const file = buildFile(chunks())
  for (const piece of [1_000, CHUNK, 1 << 20]) expect(await read(file, { piece })).toMatchObject({ ids: ALL, losses: [], slackRecords: 0 })
})

test('space set aside behind the last chunk is no loss', async () => {
  expect(await read(Buffer.concat([buildFile(chunks()), Buffer.alloc(2 * CHUNK)]))).toMatchObject({ ids: ALL, losses: [] })
})

test('a file header that is damaged or missing loses no record', async () => {
  const damaged = buildFile(chunks())
  damaged[42] = 0x7f
  expect(await read(damaged)).toMatchObject({ ids: ALL, kinds: ['file_header'] })
  expect(await read(buildFile(chunks()).subarray(FILE_HEADER))).toMatchObject({ ids: ALL, kinds: ['file_header'] })
})

test('a chunk of zeros in the middle is a loss with its place; the others are read', async () => {
  const [first = Buffer.alloc(0), , third = Buffer.alloc(0)] = chunks()
  const { ids, losses } = await read(buildFile([first, Buffer.alloc(CHUNK), third]))
  expect(ids).toEqual([1, 2, 3, 7, 8, 9])
  expect(losses).toEqual([{ kind: 'chunk_missing', offset: FILE_HEADER + CHUNK, reason: expect.any(String) }])
})

test('a chunk of garbage in the middle is a loss; the others are read', async () => {
  const [first = Buffer.alloc(0), , third = Buffer.alloc(0)] = chunks()
  const { ids, losses } = await read(buildFile([first, Buffer.alloc(CHUNK, 0x2a), third]))
  expect(ids).toEqual([1, 2, 3, 7, 8, 9])
  expect(losses.map(({ kind, offset }) => [kind, offset])).toEqual([
    ['chunk_header', FILE_HEADER + CHUNK],
    ['bytes_skipped', FILE_HEADER + CHUNK + 512],
  ])
})

test('a chunk whose header alone is destroyed gives its records', async () => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = chunks()
  second.fill(0xff, 0, 512)
  expect(await read(buildFile([first, second, third]))).toMatchObject({ ids: ALL, kinds: ['chunk_header'] })
})

test('bytes lost or put in move only what they hit', async () => {
  const file = buildFile(chunks())
  const cut = Buffer.concat([file.subarray(0, FILE_HEADER + CHUNK), file.subarray(FILE_HEADER + CHUNK + 30_000)])
  // The second chunk lost its head and all its records; the third begins 30,000 bytes too early.
  expect(await read(cut)).toMatchObject({ ids: [1, 2, 3, 7, 8, 9] })
  expect((await read(cut)).kinds).toContain('misaligned')
  // Bytes lost behind the second chunk's records: the third begins inside its 64 KiB.
  const inside = Buffer.concat([file.subarray(0, FILE_HEADER + 2 * CHUNK - 20_000), file.subarray(FILE_HEADER + 2 * CHUNK)])
  expect(await read(inside)).toMatchObject({ ids: ALL, kinds: ['misaligned'] })
  const added = Buffer.concat([file.subarray(0, FILE_HEADER + CHUNK), Buffer.alloc(100, 1), file.subarray(FILE_HEADER + CHUNK)])
  expect(await read(added)).toMatchObject({ ids: ALL })
})

test('a truncated file gives what is there and says how much is missing', async () => {
  const file = buildFile(chunks())
  const short = await read(file.subarray(0, FILE_HEADER + 2 * CHUNK + 3_000))
  expect(short.ids.slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(short.losses.find(({ kind }) => kind === 'truncated')).toMatchObject({ offset: FILE_HEADER + 2 * CHUNK + 3_000 })
  expect(await read(file.subarray(0, FILE_HEADER + CHUNK))).toMatchObject({ ids: [1, 2, 3], kinds: ['chunk_missing'] })
  for (const length of [0, 7, 100, 4_095]) expect((await read(file.subarray(0, length))).ids).toEqual([])
})

test('a damaged record is a loss with its number and place; those around it are read', async () => {
  const chunk = buildChunk([1, 2, 3].map((id) => processCreation(id)))
  const second = 512 + chunk.readUInt32LE(512 + 4)
  chunk[second + 24] = 0x77
  const { ids, losses } = await read(buildFile([chunk]))
  expect(ids).toEqual([1, 3])
  expect(losses).toEqual([
    { kind: 'chunk_checksum', offset: FILE_HEADER, reason: expect.any(String) },
    { kind: 'record', offset: FILE_HEADER + second, reason: expect.stringContaining('token'), recordId: 2 },
  ])
})

test('a record whose size is destroyed is skipped to the next one', async () => {
  const chunk = buildChunk([1, 2, 3].map((id) => processCreation(id)))
  const second = 512 + chunk.readUInt32LE(512 + 4)
  chunk.writeUInt32LE(0x7fff_ffff, second + 4)
  expect(await read(buildFile([sealChunk(chunk)]))).toMatchObject({ ids: [1, 3], kinds: ['bytes_skipped'] })
})

test('a name that does not fit its hash is reported and still used', async () => {
  const chunk = buildChunk([processCreation(1)])
  const name = chunk.indexOf(Buffer.from('Computer', 'utf16le'))
  chunk.write('K', name, 'utf16le')
  const { records, kinds } = await read(buildFile([sealChunk(chunk)]))
  expect(kinds).toEqual(['name_hash'])
  expect(records[0]?.document).toHaveProperty('Event.System.Komputer', 'host-1')
})

test('slack: records behind the chunk’s end are counted, and given when asked for', async () => {
  // Written before the log was cleared: they count on from elsewhere.
  const chunk = buildChunk([processCreation(10), processCreation(3), processCreation(4)], { end: (ends) => ends[0] ?? 0 })
  expect(await read(buildFile([chunk]))).toMatchObject({ ids: [10], slackRecords: 2, losses: [] })
  expect(await read(buildFile([chunk]), { slack: true })).toMatchObject({ ids: [10, 3, 4], slackRecords: 2 })
})

test('a log that was not closed: records behind the stale end that go on counting are its own', async () => {
  const chunk = buildChunk([processCreation(10), processCreation(11), processCreation(12)], { end: (ends) => ends[0] ?? 0 })
  expect(await read(buildFile([chunk]))).toMatchObject({ ids: [10, 11, 12], slackRecords: 0 })
})

test('the same value named a thousand times, level in level, is stopped and not expanded', async () => {
  const many = Array.from({ length: 500 }, () => element('m', {}, sub(0)))
  const levels = (depth: number): BuiltElement => element(`l${depth}`, {}, ...many.slice(0, 40).map(() => element('x', {}, sub(0))))
  let value = utf16('x'.repeat(1_000))
  for (let depth = 0; depth < 8; depth++) value = embedded(levels(depth), [value])
  const chunk = buildChunk([{ id: 1, root: element('Event', {}, ...many), values: [value] }, processCreation(2)])
  const { ids, losses } = await read(buildFile([chunk]))
  expect(ids).toEqual([2])
  expect(losses[0]).toMatchObject({ kind: 'record', recordId: 1, reason: expect.stringContaining('expands') })
})

test('elements nested without end are stopped', async () => {
  let root = element('e', {}, 'x')
  for (let depth = 0; depth < 1_000; depth++) root = element('e', {}, root)
  const { ids, losses } = await read(buildFile([buildChunk([{ id: 1, root }, processCreation(2)])]))
  expect(ids).toEqual([2])
  expect(losses[0]).toMatchObject({ reason: expect.stringContaining('nested') })
})

test('a template that names itself is stopped', () => {
  const chunk = buildChunk([{ id: 1, root: element('Event', {}, 'padding padding padding padding'), values: [] }])
  // Behind the template's fragment header stands an instance of the same template.
  const template = chunk.indexOf(Buffer.from([0x0c, 1])) + 10
  const body = template + 24 + 4
  chunk.copy(chunk, body, template - 10, template)
  expect(readEvtxChunk(chunk, 0).records).toEqual([])
})

test('whatever bytes are changed, reading ends, nothing is thrown, and no record comes twice', async () => {
  const whole = buildChunk([
    ...Array.from({ length: 20 }, (_, index) => processCreation(index + 1)),
    { id: 21, root: element('Event', {}, element('UserData', {}, sub(0))), values: [embedded(element('x', { a: sub(0) }, sub(0)), [utf16('v')])] },
  ])
  const used = whole.readUInt32LE(48)
  const change = fc.record({
    at: fc.integer({ min: 0, max: used - 4 }),
    value: fc.oneof(fc.constantFrom(0, 1, 0xff, 0x7f, 0xffff, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff })),
  })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      const chunk = Buffer.from(whole)
      for (const { at, value } of changes) chunk.writeUInt32LE(value >>> 0, at)
      const { records } = readEvtxChunk(chunk, 0, { slack: true })
      expect(new Set(records.map(({ offset }) => offset)).size).toBe(records.length)
      expect(() => JSON.stringify(records)).not.toThrow()
    }),
    { numRuns: 3_000 },
  )
})

test('random bytes are no event log and no fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 9_000 }), async (bytes) => {
      expect((await read(Buffer.from(bytes), { piece: 700 })).ids).toEqual([])
    }),
    { numRuns: 200 },
  )
})
