import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPackKeeper } from '../../../sensor/pack/pack-keeper.ts'
import type { Pack } from '../../../shared/pack/pack.ts'
import { signPack } from '../../../shared/pack/sign.ts'
import { generatePackKey } from '../../support/certificates.ts'
import { createMemoryLog } from '../../support/quiet-log.ts'

const hubKey = generatePackKey()
const stranger = generatePackKey()
let dataDir: string
let applied: number[]
let failOn: number | undefined

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'picket-pack-'))
  applied = []
  failOn = undefined
})
afterEach(() => rm(dataDir, { recursive: true }))

const NOW = new Date('2030-01-02T00:00:00Z')
const keeper = ({ now = NOW } = {}) =>
  createPackKeeper({
    dataDir,
    sensorId: 's-1',
    trustedKeys: () => [hubKey.publicPem],
    apply: async (pack) => {
      if (pack.version === failOn) throw new Error('port 514 is taken')
      applied.push(pack.version)
    },
    now: () => now,
    log: createMemoryLog(),
  })

const packOf = (version: number, changes: Partial<Pack> = {}): Pack => ({
  type: 'picket-pack',
  format: 1,
  version,
  sensor_id: 's-1',
  issued_at: '2030-01-01T00:00:00Z',
  expires_at: '2030-02-01T00:00:00Z',
  connectors: [],
  filters: [],
  edge_rules: [],
  ...changes,
})
const signed = (version: number, changes: Partial<Pack> = {}) => signPack(packOf(version, changes), hubKey.privateKey)

test('a good pack is put to work and survives a restart', async () => {
  const first = keeper()
  expect(await first.offer(signed(2))).toEqual({ version: 2, state: 'active', runningVersion: 2 })
  const second = keeper()
  await second.start()
  expect(second.runningVersion()).toBe(2)
  expect(applied).toEqual([2, 2])
})

test('A26 the kept pack is readable by its user alone: it may hold tokens', async () => {
  await keeper().offer(signed(2))
  expect((await stat(join(dataDir, 'pack.json'))).mode & 0o777).toBe(0o600)
})

test.each<[string, () => Uint8Array, string]>([
  ['tampered', () => Buffer.from(Buffer.from(signed(3)).toString().replace('"filters":[]', '"filters": [] ,"x":1')), 'bad_signature'],
  ['unsigned', () => Buffer.from(JSON.stringify({ signed: packOf(3), signatures: [] })), 'unsigned'],
  ['older', () => signed(1), 'rollback'],
  ['signed by another key', () => signPack(packOf(3), stranger.privateKey), 'unknown_key'],
  ["another sensor's", () => signed(3, { sensor_id: 's-2' }), 'wrong_sensor'],
  ['expired', () => signed(3, { expires_at: '2030-01-01T12:00:00Z' }), 'expired'],
  ['of the same version with other content', () => signed(2, { expires_at: '2030-03-01T00:00:00Z' }), 'rollback'],
  ['no pack at all', () => Buffer.from('hello'), 'invalid'],
])('T18 a pack that is %s is refused and the last good one keeps running', async (_name, make, reason) => {
  const packs = keeper()
  await packs.offer(signed(2))
  expect(await packs.offer(make())).toMatchObject({ state: 'refused', reason, runningVersion: 2 })
  expect(applied).toEqual([2])
  const restarted = keeper()
  await restarted.start()
  expect(restarted.runningVersion()).toBe(2)
})

test('the running pack offered again is active, and not applied again', async () => {
  const packs = keeper()
  await packs.offer(signed(2))
  expect(await packs.offer(signed(2))).toMatchObject({ state: 'active', runningVersion: 2 })
  expect(applied).toEqual([2])
})

test('a pack that cannot be put to work leaves the one before at work, and on disk', async () => {
  const packs = keeper()
  await packs.offer(signed(2))
  failOn = 3
  expect(await packs.offer(signed(3))).toMatchObject({
    version: 3,
    state: 'refused',
    reason: 'apply_failed',
    detail: 'port 514 is taken',
    runningVersion: 2,
  })
  expect(applied).toEqual([2, 2])
  expect(await packs.offer(signed(4))).toMatchObject({ state: 'active', runningVersion: 4 })
})

test('a restart that overlaps an offer ends with the newer pack at work', async () => {
  const packs = keeper()
  await packs.offer(signed(1))
  await Promise.all([packs.restart(), packs.offer(signed(2))])
  expect([applied.at(-1), packs.runningVersion()]).toEqual([2, 2])
})

test('no rollback after a restart either', async () => {
  await keeper().offer(signed(5))
  const restarted = keeper()
  await restarted.start()
  expect(await restarted.offer(signed(4))).toMatchObject({ state: 'refused', reason: 'rollback' })
})

test('a kept pack that cannot be put to work at the start is still no reason to go back', async () => {
  await keeper().offer(signed(5))
  failOn = 5
  const restarted = keeper()
  await restarted.start()
  expect(restarted.runningVersion()).toBe(0)
  expect(await restarted.offer(signed(4))).toMatchObject({ state: 'refused', reason: 'rollback' })
  expect(await restarted.offer(signed(6))).toMatchObject({ state: 'active', runningVersion: 6 })
})

test('a pack past its end keeps working after a restart, and says that it is old', async () => {
  await keeper().offer(signed(2))
  const later = keeper({ now: new Date('2030-06-01T00:00:00Z') })
  await later.start()
  expect(later.runningVersion()).toBe(2)
  expect(later.expired()).toBe(true)
})

test.each([
  ['damaged', (text: string) => text.slice(0, -20)],
  ['changed by hand', (text: string) => text.replace('"version":2', '"version":9')],
])('a kept pack that was %s is not run', async (_name, edit) => {
  await keeper().offer(signed(2))
  const file = join(dataDir, 'pack.json')
  await writeFile(file, edit(await readFile(file, 'utf8')))
  const restarted = keeper()
  await restarted.start()
  expect(restarted.runningVersion()).toBe(0)
  expect(await restarted.offer(signed(2))).toMatchObject({ state: 'active' })
})
