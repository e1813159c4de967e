import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bufferInspectCommand } from '../../../sensor/cli/buffer-inspect.ts'
import { enrollCommand } from '../../../sensor/cli/enroll.ts'
import { formatAge, formatBytes } from '../../../sensor/cli/output.ts'
import { statusCommand } from '../../../sensor/cli/status.ts'
import { testSourceCommand } from '../../../sensor/cli/test-source.ts'
import { type SensorStatus, writeStatus } from '../../../sensor/status-file.ts'
import { type FakeHub, startFakeHub } from '../../support/fake-hub.ts'

let hub: FakeHub
let dir: string
let printed: string[]
const NOW = new Date('2030-01-02T00:01:33Z')
const output = { print: (text: string) => void printed.push(text), now: () => NOW }

beforeAll(async () => {
  hub = await startFakeHub()
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'picket-cli-'))
  printed = []
  return () => rm(dir, { recursive: true })
})
afterAll(() => hub.close())

const statusOf = (changes: Partial<SensorStatus> = {}): SensorStatus => ({
  pid: process.pid,
  version: '0.1.0',
  sensorId: 's-1',
  startedAt: '2030-01-02T00:00:00Z',
  updatedAt: '2030-01-02T00:01:30Z',
  hub: { address: 'hub:8443', connected: true, connectedAt: '2030-01-02T00:00:03Z', failures: 0 },
  certificateNotAfter: '2030-02-01T00:00:00Z',
  pack: { version: 4, expired: false },
  lanes: [{ lane: 'bulk', events: 12, bytes: 2_048, limitBytes: 1024 ** 3, appendedTotal: 20, ackedTotal: 8, tombstonedTotal: 0 }],
  connectors: [{ id: 'c-1', kind: 'syslog', name: 'Firewall', status: 'healthy', message: '', eventsReceivedTotal: 20, eventsFailedTotal: 1 }],
  ...changes,
})

test('enrolling prints how to start, and the token is nowhere', async () => {
  const token = hub.makeToken()
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token }, output)
  expect(printed.join()).toContain('picket-sensor run')
  expect(printed.join() + (await readFile(join(dir, 'identity.json'), 'utf8'))).not.toContain(token)
})

test('enrolling over an identity needs --force, and does not spend the token', async () => {
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token: hub.makeToken() }, output)
  const before = await readFile(join(dir, 'identity.json'), 'utf8')
  const token = hub.makeToken()
  await expect(enrollCommand(dir, '0.1.0', { hub: hub.address, token }, output)).rejects.toMatchObject({ code: 'already_enrolled' })
  expect(await readFile(join(dir, 'identity.json'), 'utf8')).toBe(before)
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token, force: true, json: true }, output)
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ hub_address: hub.address, sensor_id: expect.any(String) })
})

test('status before enrolment says what to do', async () => {
  expect(await statusCommand(dir, {}, output)).toBe(false)
  expect(printed.join()).toContain('picket-sensor enroll')
})

test('status shows connection, pack, lanes and connectors of a running sensor', async () => {
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token: hub.makeToken() }, output)
  await writeStatus(dir, statusOf())
  expect(await statusCommand(dir, {}, output)).toBe(true)
  const text = printed.at(-1) ?? ''
  for (const part of [
    'running for 1 min 33 s',
    'connected to hub:8443 for 1 min 30 s',
    'version 4',
    'Buffer           2.0 KiB of 1.0 GiB',
    '12 waiting (2.0 KiB), 8 delivered',
    'syslog Firewall',
    'healthy',
  ])
    expect(text).toContain(part)
})

test.each<[string, Partial<SensorStatus>, string]>([
  ['a process that is gone', { pid: 2 ** 22 + 1 }, 'stopped'],
  ['a process that no longer writes', { updatedAt: '2030-01-02T00:01:00Z' }, 'not responding'],
])('%s is not called running', async (_name, changes, word) => {
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token: hub.makeToken() }, output)
  await writeStatus(dir, statusOf(changes))
  expect(await statusCommand(dir, { json: true }, output)).toBe(false)
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ running: false, state: word, enrolled: true })
  await statusCommand(dir, {}, output)
  expect(printed.at(-1)).toContain('not connected')
})

test('the lanes share one limit, and a buffer that cannot be written says so beside it', async () => {
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token: hub.makeToken() }, output)
  const [bulk] = statusOf().lanes
  const lanes = bulk ? [bulk, { ...bulk, lane: 'priority' }] : []
  await writeStatus(dir, statusOf({ lanes, bufferProblem: 'disk is full' }))
  await statusCommand(dir, {}, output)
  expect(printed.at(-1)).toContain('4.0 KiB of 1.0 GiB; cannot be written: disk is full')
})

test('a settings file for test-source that cannot be read is named', async () => {
  const file = join(dir, 'none.json')
  await expect(testSourceCommand({ kind: 'syslog', config: `@${file}` }, output)).rejects.toMatchObject({
    code: 'bad_source_settings',
    message: expect.stringContaining(file),
  })
})

test('looking into a buffer that is not there leaves nothing behind', async () => {
  const unpack = async () => {
    throw new Error('not to be unpacked')
  }
  await expect(bufferInspectCommand(join(dir, 'buffer'), unpack, {}, output)).rejects.toMatchObject({ code: 'no_buffer' })
})

test('a damaged status file is no status', async () => {
  await enrollCommand(dir, '0.1.0', { hub: hub.address, token: hub.makeToken() }, output)
  await writeFile(join(dir, 'status.json'), '{')
  await statusCommand(dir, {}, output)
  expect(printed.at(-1)).toContain('never started')
})

test('sizes and ages read like a person would write them', () => {
  expect([0, 1_023, 1_024, 1_536, 500 * 1024 ** 2, 2 * 1024 ** 3].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '500 MiB',
    '2.0 GiB',
  ])
  expect([0, 59_000, 60_000, 93_000, 3_600_000, 90_061_000].map(formatAge)).toEqual(['0 s', '59 s', '1 min', '1 min 33 s', '1 h', '1 d 1 h'])
})
