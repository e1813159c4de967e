import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unpackAddon } from '../../../sensor/addon/unpack-addon.ts'

const content = Buffer.from('an addon')
const packed = { gzipBase64: gzipSync(content).toString('base64'), sha256: createHash('sha256').update(content).digest('hex') }
let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'picket-addon-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

test('A26 the addon is unpacked for this user alone', async () => {
  const path = await unpackAddon(dataDir, packed)
  expect(await readFile(path)).toEqual(content)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(join(dataDir, 'native'))).mode & 0o777).toBe(0o700)
})

test('a second start leaves the file as it is', async () => {
  const path = await unpackAddon(dataDir, packed)
  const { mtimeMs, ino } = await stat(path)
  await unpackAddon(dataDir, packed)
  expect(await stat(path)).toMatchObject({ mtimeMs, ino })
})

test('a file that was changed is replaced before it is loaded', async () => {
  const path = await unpackAddon(dataDir, packed)
  await chmod(path, 0o666)
  await writeFile(path, 'something else')
  await unpackAddon(dataDir, packed)
  expect(await readFile(path)).toEqual(content)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a damaged program file is named', async () => {
  await expect(unpackAddon(dataDir, { ...packed, sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'bad_addon' })
})
