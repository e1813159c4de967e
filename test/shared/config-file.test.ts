import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import * as z from 'zod'
import { readConfig } from '../../shared/config-file.ts'

const schema = z.strictObject({
  http_port: z.number().int().max(65_535).default(8080),
  data_dir: z.string().default('/data'),
  password: z.string().optional(),
})
const directory = mkdtempSync(join(tmpdir(), 'picket-config-'))
const file = (text: string) => {
  const path = join(directory, 'picket.yaml')
  writeFileSync(path, text)
  return path
}
afterAll(() => rmSync(directory, { recursive: true }))

test('defaults give way to the file, the file to the environment, the environment to flags', () => {
  const path = file('http_port: 1\ndata_dir: /from-file\n')
  const read = (env: Record<string, string>, flags = {}) => readConfig(schema, { file: path, env, prefix: 'PICKET_', flags })
  expect(readConfig(schema, { env: {}, prefix: 'PICKET_' })).toEqual({ http_port: 8080, data_dir: '/data' })
  expect(read({})).toEqual({ http_port: 1, data_dir: '/from-file' })
  expect(read({ PICKET_HTTP_PORT: '2' }).http_port).toBe(2)
  expect(read({ PICKET_HTTP_PORT: '2' }, { http_port: 3, data_dir: undefined })).toEqual({ http_port: 3, data_dir: '/from-file' })
})

test('an unknown key is refused with the nearest known one', () => {
  expect(() => readConfig(schema, { file: file('htp_port: 1\n'), env: {}, prefix: 'PICKET_' })).toThrow(
    /unknown key "htp_port"; did you mean "http_port"\?/,
  )
})

test('a value that does not fit is refused with the place it came from', () => {
  expect(() => readConfig(schema, { env: { PICKET_HTTP_PORT: '99999' }, prefix: 'PICKET_' })).toThrow(/^PICKET_HTTP_PORT: http_port: /)
  expect(() => readConfig(schema, { file: file('http_port: many\n'), env: {}, prefix: 'PICKET_' })).toThrow(/picket\.yaml: http_port: /)
})

test('a secret can be read from a file of its own', () => {
  const secret = join(directory, 'secret')
  writeFileSync(secret, 'hunter2 and more\n')
  expect(readConfig(schema, { env: { PICKET_PASSWORD_FILE: secret }, prefix: 'PICKET_' }).password).toBe('hunter2 and more')
})

test('text is taken as it is: one that looks like a number, or holds what YAML reads as a comment', () => {
  for (const password of ['123456789012', 'correct horse #1 battery', 'true', '- a'])
    expect(readConfig(schema, { env: { PICKET_PASSWORD: password }, prefix: 'PICKET_' }).password).toBe(password)
})

test('a file that is missing or is no mapping is refused by name', () => {
  expect(() => readConfig(schema, { file: join(directory, 'none.yaml'), env: {}, prefix: 'PICKET_' })).toThrow(/cannot read .*none\.yaml/)
  expect(() => readConfig(schema, { file: file('- a\n- b\n'), env: {}, prefix: 'PICKET_' })).toThrow(/expected keys and values/)
})
