import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createFile, replaceFile } from '../../shared/private-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'picket-files-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('of many that create one file at once, one wins, and the file is its content, whole and 0600', async () => {
  const path = join(directory, 'key')
  const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000))
  const results = await Promise.allSettled(contents.map((content) => createFile(path, content)))
  const winner = results.findIndex((result) => result.status === 'fulfilled')
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  expect(readFileSync(path, 'utf8')).toBe(contents[winner])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory)).toEqual(['key'])
})

test('a file that is replaced has the new content and stays private', async () => {
  const path = join(directory, 'key')
  await replaceFile(path, 'new')
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o600])
})
