import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDetectEngine } from '../../../hub/cli/detect-engine.ts'
import { findEventFiles, readBlocks } from '../../../hub/cli/event-files.ts'
import { buildChunk, buildFile, processCreation } from '../../support/evtx-builder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picket-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const engine = createDetectEngine({ files: [], format: 'auto', slack: false })
async function read(name: string, content: string | Uint8Array) {
  const path = join(folder, name)
  writeFileSync(path, content)
  const documents: (object | undefined)[] = []
  for await (const block of readBlocks(path)) engine.read(block, (shaped) => documents.push(shaped?.document))
  return documents
}
const cloud = (eventName: string) => ({ eventSource: 's', awsRegion: 'r', eventName })
const EVENTS = [cloud('one'), cloud('two')]
const lines = EVENTS.map((event) => JSON.stringify(event)).join('\n')

test('every ending, plain and gzipped, gives its records', async () => {
  for (const [name, text] of [
    ['a.jsonl', lines],
    ['a.ndjson', `${lines}\n`],
    ['a.json', lines],
    ['b.json', JSON.stringify(EVENTS)],
    ['c.json', `\n  ${EVENTS.map((event) => JSON.stringify(event, null, 2)).join('\n')}`],
    ['A.JSONL', lines],
  ] as const) {
    expect(await read(name, text)).toEqual(EVENTS)
    expect(await read(`${name}.gz`, gzipSync(text))).toEqual(EVENTS)
  }
  expect(await read('a.log', '<13>Feb 28 10:00:00 h1 a: one\n<13>Feb 28 10:00:00 h2 a: two')).toMatchObject([
    { host: { name: 'h1' } },
    { host: { name: 'h2' } },
  ])
})

test('event logs are read, gzipped too', async () => {
  const log = buildFile([buildChunk([processCreation(1, { computer: 'a' }), processCreation(2, { computer: 'b' })])])
  const expected = [{ Event: { System: { Computer: 'a' } } }, { Event: { System: { Computer: 'b' } } }]
  expect(await read('s.evtx', log)).toMatchObject(expected)
  expect(await read('s.evtx.gz', gzipSync(log))).toMatchObject(expected)
})

test('byte order marks are taken off, and UTF-16 as Windows tools write it is read', async () => {
  expect(await read('a.jsonl', `\uFEFF${lines}`)).toEqual(EVENTS)
  expect(await read('b.jsonl', Buffer.from(`\uFEFF${lines}`, 'utf16le'))).toEqual(EVENTS)
  expect(await read('c.json', Buffer.from(`\uFEFF${JSON.stringify(EVENTS)}`, 'utf16le').swap16())).toEqual(EVENTS)
})

test('empty files have no records', async () => {
  for (const name of ['a.json', 'a.jsonl', 'a.log', 'a.evtx']) expect(await read(name, '')).toEqual([])
})

test('what cannot be read is an error: an unknown ending, a file that is not there, a gzip cut short', async () => {
  await expect(read('a.docx', 'x')).rejects.toThrow('the ending of')
  await expect(async () => {
    for await (const _ of readBlocks(join(folder, 'absent.jsonl'))) expect(_).toBeUndefined()
  }).rejects.toThrow('ENOENT')
  await expect(read('a.jsonl.gz', gzipSync(lines.repeat(1_000)).subarray(0, 60))).rejects.toThrow('unexpected end of file')
  await expect(read('a.jsonl.gz', 'not gzip')).rejects.toThrow('incorrect header check')
})

test('folders are entered; files with known endings are found in order of their names, the others counted', () => {
  mkdirSync(join(folder, 'sub'))
  for (const name of ['b.jsonl', 'a.evtx', 'notes.docx', join('sub', 'c.log.gz')]) writeFileSync(join(folder, name), 'x'.repeat(10))
  expect(findEventFiles([folder, '-'])).toEqual({
    files: [join(folder, 'a.evtx'), join(folder, 'b.jsonl'), join(folder, 'sub', 'c.log.gz'), '-'],
    bytes: 10 + 10 + 100,
    others: 1,
  })
})
