import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferUnavailable } from '../../../sensor/buffer/contract.ts'
import { fileSource } from '../../../sensor/sources/file/index.ts'
import { readLines } from '../../../sensor/sources/file/lines.ts'
import { FileConfig } from '../../../shared/connectors/file.ts'
import { range, running, temporaryDirectory, until } from './support.ts'

const following = (directory: string, rest: object = {}, cursor?: string) => {
  const config = FileConfig.parse({ paths: [join(directory, 'app.log')], start_at: 'beginning', poll_milliseconds: 50, ...rest })
  return running(fileSource, config, cursor === undefined ? {} : { cursor })
}

const inFolder = () => {
  const directory = temporaryDirectory()
  const log = join(directory, 'app.log')
  return { directory, log }
}

const lines = (from: number, to: number, ending = '\n') =>
  range(from, to)
    .map((n) => `line ${n}${ending}`)
    .join('')
const numbered = (from: number, to: number) => range(from, to).map((n) => `line ${n}`)
const severalPolls = () => new Promise((resolve) => setTimeout(resolve, 200))

test('lines are records with their path; a last line waits for its newline; CRLF and blank lines are taken off', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, 'one\r\n\ntwo\nthr')
  const source = following(directory)
  await until(() => source.texts().length === 2)
  await severalPolls()
  expect(source.texts()).toEqual(['one', 'two'])
  appendFileSync(log, 'ee\n')
  await until(() => source.texts().length === 3)
  expect(source.texts()[2]).toBe('three')
  expect(source.records()[0]?.hints?.path).toBe(log)
})

test('start_at end passes over what is there at the very first start, and only then', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, 'old\nhalf')
  const source = following(directory, { start_at: 'end', paths: [join(directory, '*.log')] })
  await until(() => source.cursor())
  appendFileSync(log, ' a line\nnew\n')
  writeFileSync(join(directory, 'later.log'), 'from its beginning\n')
  await until(() => source.texts().length === 3)
  expect(source.texts().sort()).toEqual(['from its beginning', 'half a line', 'new'])
})

test('T24 a restart goes on behind the last stored line, nothing twice', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 100))
  const first = following(directory)
  await until(() => first.texts().length === 100)
  await first.stop()
  appendFileSync(log, lines(101, 150))
  const second = following(directory, { start_at: 'end' }, first.cursor())
  await until(() => second.texts().length === 50)
  expect(second.texts()).toEqual(numbered(101, 150))
})

test('T24 rotation by rename: the old file is finished, the new one read from its beginning', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 10))
  const source = following(directory)
  await until(() => source.texts().length === 10)
  renameSync(log, `${log}.1`)
  // The writer still has the old file open.
  appendFileSync(`${log}.1`, lines(11, 15))
  writeFileSync(log, lines(16, 20))
  await until(() => source.texts().length === 20)
  await severalPolls()
  expect([...source.texts()].sort()).toEqual(numbered(1, 20).sort())
})

test('T24 rotation by rename under a glob that matches the old name too: nothing is read twice', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 10))
  const source = following(directory, { paths: [join(directory, 'app.log*')] })
  await until(() => source.texts().length === 10)
  renameSync(log, `${log}.1`)
  writeFileSync(log, lines(11, 20))
  await until(() => source.texts().length === 20)
  await severalPolls()
  expect(source.texts()).toEqual(numbered(1, 20))
})

test('T24 rotation by rename while the sensor is down: the rest of the old file is read first', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 10))
  const first = following(directory)
  await until(() => first.texts().length === 10)
  await first.stop()
  appendFileSync(log, lines(11, 15))
  renameSync(log, `${log}.1`)
  writeFileSync(log, lines(16, 20))
  const second = following(directory, {}, first.cursor())
  await until(() => second.texts().length === 10)
  expect([...second.texts()].sort()).toEqual(numbered(11, 20).sort())
})

test('T24 copytruncate and plain truncation: the file is read from its beginning again', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 100))
  const source = following(directory)
  await until(() => source.texts().length === 100)
  copyFileSync(log, join(directory, 'app.copy'))
  truncateSync(log, 0)
  appendFileSync(log, lines(101, 110))
  await until(() => source.texts().length === 110)
  expect(source.texts()).toEqual(numbered(1, 110))
})

test('T24 a file truncated and written past its old length between two looks is known by its beginning', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 5))
  const source = following(directory)
  await until(() => source.texts().length === 5)
  // Same inode: writeFileSync truncates and writes.
  writeFileSync(log, lines(100, 150))
  await until(() => source.texts().length === 56)
  expect(source.texts()).toEqual([...numbered(1, 5), ...numbered(100, 150)])
})

test('T24 an inode that went to another file while the sensor was down is known by its beginning', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 50))
  const first = following(directory)
  await until(() => first.texts().length === 50)
  await first.stop()
  writeFileSync(log, 'another file\n'.repeat(100))
  const second = following(directory, {}, first.cursor())
  await until(() => second.texts().length === 100)
  expect(new Set(second.texts())).toEqual(new Set(['another file']))
})

test('T24 NULs that a writer leaves after a truncation are not part of the line', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, Buffer.concat([Buffer.alloc(500), Buffer.from('after\n')]))
  const source = following(directory)
  await until(() => source.texts().length === 1)
  expect(source.texts()).toEqual(['after'])
})

test('A26 links, FIFOs and folders in place of a log file are refused with the reason, also behind a glob; compressed files are passed over', async () => {
  const { directory } = inFolder()
  writeFileSync(join(directory, 'secret'), 'top secret\n')
  symlinkSync(join(directory, 'secret'), join(directory, 'link.log'))
  execFileSync('mkfifo', [join(directory, 'fifo.log')])
  mkdirSync(join(directory, 'dir.log'))
  writeFileSync(join(directory, 'old.log'), gzipSync('compressed\n'))
  writeFileSync(join(directory, 'good.log'), 'good\n')
  const source = following(directory, { paths: [join(directory, '*.log'), join(directory, 'dir.log')] })
  await until(() => source.texts().length === 1)
  await severalPolls()
  expect(source.texts()).toEqual(['good'])
  const said = source.checks
    .filter((check) => check.status === 'fail')
    .map((check) => check.message)
    .join()
  for (const reason of ['a symbolic link', 'a FIFO', 'a folder']) expect(said).toContain(reason)
})

test('A26 a log file swapped for a link while it is followed is not followed through', async () => {
  const { directory, log } = inFolder()
  writeFileSync(join(directory, 'secret'), 'top secret\n')
  writeFileSync(log, 'good\n')
  const source = following(directory)
  await until(() => source.texts().length === 1)
  rmSync(log)
  symlinkSync(join(directory, 'secret'), log)
  await until(() => source.checks.some((check) => check.message.includes('a symbolic link')))
  await severalPolls()
  expect(source.texts()).toEqual(['good'])
})

test('T8 an over-long line is cut and marked once, counted, and the next line is whole', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, `${'x'.repeat(3_000_000)}\nnext\n`)
  const source = following(directory, { max_line_bytes: 1_000 })
  await until(() => source.texts().length === 2)
  expect(source.texts()).toEqual([`${'x'.repeat(1_000)} [cut at 1000 bytes]`, 'next'])
  expect(source.cuts()).toBe(1)
})

test('the position moves only with the batch: after a failed store the lines come again', async () => {
  const { directory, log } = inFolder()
  writeFileSync(log, lines(1, 10))
  const first = following(directory)
  await until(() => first.texts().length === 10)
  first.store.failWith = new BufferUnavailable('the disk is full')
  appendFileSync(log, lines(11, 20))
  await expect(first.done).rejects.toThrow(BufferUnavailable)
  const second = following(directory, {}, first.cursor())
  await until(() => second.texts().length === 10)
  expect(second.texts()).toEqual(numbered(11, 20))
})

test('T32 lines come out the same whatever chunks the file is read in', () => {
  const chunked = (bytes: Buffer, sizes: readonly number[], limitBytes: number) => {
    const texts: string[] = []
    let skipping = false
    let offset = 0
    let turn = 0
    while (offset < bytes.length) {
      const size = Math.max(limitBytes + 2, sizes[turn++ % sizes.length] ?? 1)
      const chunk = bytes.subarray(offset, offset + size)
      const read = readLines(chunk, { limitBytes, skipping, final: offset + chunk.length === bytes.length })
      texts.push(...read.texts)
      offset += read.consumedBytes
      skipping = read.skipping
    }
    return texts
  }
  const line = fc.oneof(fc.string({ maxLength: 30 }), fc.constant(''), fc.constant('y'.repeat(25)))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (texts, sizes) => {
      const bytes = Buffer.from(texts.join('\n'))
      expect(chunked(bytes, sizes, 20)).toEqual(chunked(bytes, [bytes.length], 20))
    }),
    { numRuns: 300 },
  )
})

test('test() says what it could read and what not', async () => {
  const { directory, log } = inFolder()
  const config = FileConfig.parse({ paths: [log] })
  const signal = new AbortController().signal
  expect((await fileSource.test(config, signal))[0]).toMatchObject({ type: 'connectivity', status: 'unknown' })
  writeFileSync(log, 'x\n')
  expect(await fileSource.test(config, signal)).toMatchObject([
    { type: 'connectivity', status: 'pass', latencyMs: expect.any(Number) },
    { type: 'authentication', status: 'pass' },
  ])
  const nested = await fileSource.test(FileConfig.parse({ paths: [`${directory}/*/x.log`] }), signal)
  expect(nested[0]).toMatchObject({ status: 'fail', message: expect.stringContaining('inside one folder') })
})
