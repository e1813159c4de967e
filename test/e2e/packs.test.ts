import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, freePorts, type System, startSystem } from '../support/system.ts'

interface SensorRow {
  readonly status: string
  readonly pack: { readonly running_version: number; readonly state: string; readonly reason: string | null }
  readonly ledger: { readonly received: number; readonly delivered: number; readonly lost: number; readonly filtered: number }
}

const ROOT_LOGIN = 'Root Signed In Over SSH With a Password'
let system: System
let socket: Socket
let filterId: string
let port = 0

const sensor = async (): Promise<SensorRow> => {
  const { sensors } = await system.api<{ sensors: SensorRow[] }>('GET', '/v1/sensors')
  const [only] = sensors
  if (!only) throw new Error('there is no sensor')
  return only
}
const writeFilter = (word: string) => ({ name: 'Noise', action: 'drop', detection: { noise: { 'message|contains': word }, condition: 'noise' } })
const send = (text: string) => new Promise((resolve) => socket.write(`<13>1 ${new Date().toISOString()} host-p app - - - ${text}\n`, resolve))
const arrived = async (word: string): Promise<number> => {
  const query = new URLSearchParams({
    q: word,
    from: new Date(Date.now() - 3_600_000).toISOString(),
    to: new Date(Date.now() + 3_600_000).toISOString(),
  })
  return (await system.api<{ events: unknown[] }>('GET', `/v1/timeline?${query}`)).events.length
}
/** Sends a line that is dropped and one that is kept; once the kept one is there, the other is not on its way any more. */
const isDropped = async (word: string): Promise<boolean> => {
  const mark = `mark${Math.random().toString(36).slice(2)}`
  await send(`${word} ${mark}`)
  await send(`after ${mark}x`)
  await eventually(async () => (await arrived(`${mark}x`)) > 0)
  return (await arrived(`"${word} ${mark}"`)) === 0
}

const dial = async () => {
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      }),
  )
  socket.on('error', () => undefined) // The sensor is stopped on purpose below.
}

beforeAll(async () => {
  ;[port = 0] = await freePorts(1)
  system = await startSystem()
  await system.api('POST', '/v1/connectors', { name: 'packs', type: 'syslog', config: { bind: '127.0.0.1', tcp_port: port } })
  await dial()
})

afterAll(async () => {
  socket?.destroy()
  await system?.stop()
})

test('a filter written over the API is in force at a connected sensor, and the hub shows the version that runs', async () => {
  const before = (await sensor()).pack.running_version
  filterId = (await system.api<{ id: string }>('POST', '/v1/filters', writeFilter('alpha'))).id
  await eventually(async () => (await sensor()).pack.running_version > before)
  expect((await sensor()).pack).toMatchObject({ state: 'active', reason: null })
  expect(await isDropped('alpha')).toBe(true)
  expect(await isDropped('beta')).toBe(false)
})

test('a changed filter replaces the old one, and what it drops is counted', async () => {
  const before = (await sensor()).pack.running_version
  await system.api('PUT', `/v1/filters/${filterId}`, writeFilter('beta'))
  await eventually(async () => (await sensor()).pack.running_version > before)
  expect(await isDropped('beta')).toBe(true)
  expect(await isDropped('alpha')).toBe(false)
  await eventually(async () => (await sensor()).ledger.filtered === 2)
  const { ledger } = await sensor()
  expect(ledger.lost).toBe(0)
})

test('a rule marked for the edge runs at the sensor, and its alert is the same one', async () => {
  const { rules } = await system.api<{ rules: { id: string; title: string }[] }>(
    'GET',
    `/v1/detection/rules?q=${encodeURIComponent('Root Signed In')}`,
  )
  const rule = rules.find(({ title }) => title === ROOT_LOGIN)
  const before = (await sensor()).pack.running_version
  await system.api('PUT', `/v1/detection/rules/${rule?.id}`, { edge: true })
  await eventually(async () => (await sensor()).pack.running_version > before)
  socket.write(`<38>1 ${new Date().toISOString()} edge-host sshd 2240 - - Accepted password for root from 198.51.100.23 port 52114 ssh2\n`)
  const alerts = async () =>
    (await system.api<{ alerts: { rule_title: string; event: { host: string }; count: number }[] }>('GET', '/v1/alerts')).alerts.filter(
      ({ event }) => event.host === 'edge-host',
    )
  await eventually(async () => (await alerts()).length > 0)
  expect(await alerts()).toMatchObject([{ rule_title: ROOT_LOGIN, count: 1 }])
})

test('a sensor that was away has the new filter once it is back', async () => {
  const before = (await sensor()).pack.running_version
  await system.sensor.kill('SIGTERM')
  await system.api('PUT', `/v1/filters/${filterId}`, writeFilter('gamma'))
  await system.sensor.start()
  await eventually(async () => (await sensor()).pack.running_version > before)
  expect((await sensor()).status).toBe('online')
})

test('T18 a pack signed with a key the sensor does not know is refused, the hub shows why, and collection goes on with the last good one', async () => {
  const before = (await sensor()).pack.running_version
  await system.hub.kill('SIGTERM')
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(system.hub.dataDir, 'pki', 'pack.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  writeFileSync(join(system.hub.dataDir, 'pki', 'pack.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
  await system.hub.start()
  await system.api('PUT', `/v1/filters/${filterId}`, writeFilter('delta'))
  await eventually(async () => (await sensor()).pack.state === 'refused')
  expect((await sensor()).pack).toMatchObject({ state: 'refused', reason: 'unknown_key', running_version: before })
  await dial()
  expect(await isDropped('gamma')).toBe(true)
  expect(await isDropped('delta')).toBe(false)
})
