import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSensorConfig } from '../../../sensor/config.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picket-config-'))
})
afterAll(() => rm(dir, { recursive: true }))

const withFile = async (text: string, env: Record<string, string> = {}, flags: { dataDir?: string; logLevel?: string } = {}) => {
  const config = join(dir, 'sensor.yaml')
  await writeFile(config, text)
  return () => readSensorConfig({ config, ...flags }, env)
}

test('an empty file gives the defaults', async () => {
  const read = await withFile('')
  expect(read()).toMatchObject({ log_level: 'info', buffer_limit_bytes: 2 * 1024 ** 3 })
})

test('flag beats environment beats file', async () => {
  const text = 'data_dir: /from-file\nlog_level: warn\nbuffer_limit_bytes: 20000000\n'
  const read = await withFile(text, { PICKET_SENSOR_DATA_DIR: '/from-env', PICKET_SENSOR_LOG_LEVEL: 'error' }, { dataDir: '/from-flag' })
  expect(read()).toMatchObject({ data_dir: '/from-flag', log_level: 'error', buffer_limit_bytes: 20_000_000 })
})

test('an unknown key is named together with the nearest known one', async () => {
  expect(await withFile('log_levle: debug\n')).toThrow(/unknown key "log_levle"; did you mean "log_level"/)
})

test.each([
  ['log_level: loud\n', /log_level/],
  ['buffer_limit_bytes: 1000\n', /buffer_limit_bytes/],
  ['- a list\n', /expected keys and values/],
  ['a: [\n', /sensor\.yaml/],
])('%j is refused, naming the place', async (text, message) => {
  expect(await withFile(text)).toThrow(message)
})

test('a wrong value of the environment is named by its variable', async () => {
  expect(await withFile('', { PICKET_SENSOR_BUFFER_LIMIT_BYTES: 'lots' })).toThrow(/PICKET_SENSOR_BUFFER_LIMIT_BYTES/)
})

test('a file that was named and is missing stops the start', () => {
  expect(() => readSensorConfig({ config: join(dir, 'nowhere.yaml') }, {})).toThrow(/cannot read/)
})
