import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Pack } from '../../../shared/pack/pack.ts'
import { signPack } from '../../../shared/pack/sign.ts'
import { type FakeHub, startFakeHub } from '../../support/fake-hub.ts'
import { bundleSensor, runProgram, startProgram } from '../../support/sensor-program.ts'

let home: string
let file: string
let hub: FakeHub
let dataDir: string
let port: number
const running: ReturnType<typeof startProgram>[] = []
const TOKEN = 'a-token-of-the-connector'

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'picket-program-'))
  file = await bundleSensor(home)
})
afterAll(() => rm(home, { recursive: true }))

beforeEach(async () => {
  hub = await startFakeHub()
  dataDir = await mkdtemp(join(home, 'data-'))
  port = await freePort()
})
afterEach(async () => {
  for (const program of running.splice(0)) {
    program.kill('SIGKILL')
    await program.finished
  }
  hub.close()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return free
}

const until = (condition: () => boolean | Promise<boolean>, timeout = 20_000) => vi.waitUntil(condition, { timeout, interval: 20 })

async function enrol(): Promise<string> {
  const { code, stdout, stderr } = await runProgram(file, [
    'enroll',
    '--hub',
    hub.address,
    '--token',
    hub.makeToken(),
    '--data-dir',
    dataDir,
    '--json',
  ])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout).sensor_id
}

const packFor = (sensorId: string, version: number): Pack => ({
  type: 'picket-pack',
  format: 1,
  version,
  sensor_id: sensorId,
  issued_at: new Date().toISOString(),
  expires_at: new Date(Date.now() + 86_400_000).toISOString(),
  connectors: [{ id: 'c-http', kind: 'http', name: 'Apps', enabled: true, config: { bind: '127.0.0.1', port, token: TOKEN } }],
  filters: [],
  edge_rules: [],
})

const run = () => {
  const program = startProgram(file, ['run', '--data-dir', dataDir])
  running.push(program)
  return program
}

/** Sends lines over HTTP; true once the sensor has confirmed them. */
async function send(lines: readonly string[]): Promise<boolean> {
  try {
    const body = lines.map((line) => JSON.stringify({ event: line })).join('\n')
    const response = await fetch(`http://127.0.0.1:${port}/services/collector/event`, {
      method: 'POST',
      headers: { authorization: `Splunk ${TOKEN}` },
      body,
      signal: AbortSignal.timeout(5_000),
    })
    return response.ok
  } catch {
    // Not listening, or killed meanwhile: not confirmed.
    return false
  }
}

const received = () => hub.seen.events.map(({ text }) => /run-\d+/.exec(text)?.[0] ?? text)

test('one file in an empty directory enrols, takes its pack, collects and delivers; the second start goes on with what it has', async () => {
  const sensorId = await enrol()
  hub.behaviour.pack = signPack(packFor(sensorId, 1), hub.packKey.privateKey)
  const first = run()
  await until(() => hub.seen.packStatuses.some(({ state }) => state === 'active'))
  await until(() => send(['run-1']))
  await until(() => received().includes('run-1'))

  const status = await runProgram(file, ['status', '--data-dir', dataDir, '--json'])
  expect(JSON.parse(status.stdout)).toMatchObject({ running: true, status: { sensorId, hub: { connected: true } } })
  expect(status.code).toBe(0)

  first.kill('SIGTERM')
  expect(await first.finished).toMatchObject({ code: 0, signal: null })
  expect(first.stderr).not.toContain(TOKEN)

  // The hub is away: the kept pack is enough to collect.
  hub.kill()
  const second = run()
  await until(() => send(['run-2']))
  await hub.restart()
  await until(() => received().includes('run-2'))
  second.kill('SIGINT')
  expect((await second.finished).code).toBe(0)
  expect(received()).toEqual(['run-1', 'run-2'])
})

test('T1 killed again and again while it collects: nothing confirmed is lost, nothing arrives twice', async () => {
  const sensorId = await enrol()
  hub.behaviour.pack = signPack(packFor(sensorId, 1), hub.packKey.privateKey)
  const confirmed = new Set<string>()
  let next = 0
  for (let round = 0; round < 5; round++) {
    const program = run()
    const killAt = Date.now() + 700 + Math.random() * 800
    while (Date.now() < killAt) {
      const lines = Array.from({ length: 20 }, () => `run-${next++}`)
      if (await send(lines)) for (const line of lines) confirmed.add(line)
      else await new Promise((resolve) => setTimeout(resolve, 20))
    }
    program.kill('SIGKILL')
    await program.finished
  }
  const hellos = hub.seen.hellos.length
  const last = run()
  await until(() => hub.seen.hellos.length > hellos)
  await until(() => {
    const got = new Set(received())
    return [...confirmed].every((line) => got.has(line))
  })
  last.kill('SIGTERM')
  expect((await last.finished).code).toBe(0)
  expect(confirmed.size).toBeGreaterThan(100)
  expect(new Set(received()).size).toBe(received().length)
  expect(hub.seen.gaps).toBe(0)
})

test('a tampered pack is refused, the reason goes up, and collection goes on', async () => {
  const sensorId = await enrol()
  hub.behaviour.pack = signPack(packFor(sensorId, 1), hub.packKey.privateKey)
  run()
  await until(() => hub.seen.packStatuses.some(({ state }) => state === 'active'))
  const tampered = Buffer.from(signPack(packFor(sensorId, 2), hub.packKey.privateKey))
    .toString()
    .replace('"Apps"', '"Oops"')
  hub.broadcast({ pack: { signedPack: Buffer.from(tampered) } })
  await until(() => hub.seen.packStatuses.some(({ state }) => state === 'refused'))
  expect(hub.seen.packStatuses.at(-1)).toMatchObject({ version: 2, reason: 'bad_signature', runningVersion: 1 })
  await until(() => send(['run-1']))
  await until(() => received().includes('run-1'))
})

test('SIGHUP starts the sources anew and loses nothing', async () => {
  const sensorId = await enrol()
  hub.behaviour.pack = signPack(packFor(sensorId, 1), hub.packKey.privateKey)
  const program = run()
  await until(() => send(['run-0']))
  const confirmed = ['run-0']
  for (let round = 1; round <= 10; round++) {
    program.kill('SIGHUP')
    await until(() => send([`run-${round}`]))
    confirmed.push(`run-${round}`)
  }
  await until(() => new Set(received()).size >= confirmed.length)
  expect([...new Set(received())].toSorted()).toEqual(confirmed.toSorted())
})

test('A26 everything the sensor keeps is for its user alone', async () => {
  const sensorId = await enrol()
  hub.behaviour.pack = signPack(packFor(sensorId, 1), hub.packKey.privateKey)
  const program = run()
  await until(() => hub.seen.packStatuses.length > 0)
  await until(() => send(['run-1']))
  program.kill('SIGTERM')
  await program.finished
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining(['identity.json', 'pack.json', 'buffer.db']))
  for (const entry of entries) {
    const { mode } = await stat(join(entry.parentPath, entry.name))
    expect([entry.name, (mode & 0o077).toString(8)]).toEqual([entry.name, '0'])
  }
})

test('a pack past its end degrades what the hub sees, and collection goes on', async () => {
  const sensorId = await enrol()
  const expiresAt = new Date(Date.now() + 5_000).toISOString()
  hub.behaviour.pack = signPack({ ...packFor(sensorId, 1), expires_at: expiresAt }, hub.packKey.privateKey)
  run()
  await until(() => send(['run-1']))
  const connector = () => hub.seen.heartbeats.at(-1)?.connectors?.[0]
  await until(() => connector()?.status === 'degraded')
  expect(connector()?.message).toContain(expiresAt)
  await until(() => send(['run-2']))
  await until(() => received().includes('run-2'))
})

test('two sensors cannot run with one data directory', async () => {
  await enrol()
  run()
  await until(() => hub.seen.hellos.length > 0)
  expect(await runProgram(file, ['run', '--data-dir', dataDir])).toMatchObject({ code: 1, stderr: expect.stringContaining('in use') })
})

test.each([
  [['--version'], 0, '9.9.9-test'],
  [['--help'], 0, 'enroll'],
  [['run', '--help'], 0, 'SIGHUP'],
  [['test-source', '--help'], 0, '--kind'],
  [[], 2, 'Usage'],
  [['fly'], 2, 'unknown command'],
  [['enroll'], 2, '--hub'],
  [['run', '--log-level', 'loud'], 2, 'loud'],
])('%j ends with %i', async (args, code, word) => {
  const { code: actual, stdout, stderr } = await runProgram(file, args)
  expect(stdout + stderr).toContain(word)
  expect(actual).toBe(code)
})

test('a wrong settings file stops the start with code 2 and a hint', async () => {
  const config = join(dataDir, 'sensor.yaml')
  await writeFile(config, 'buffer_limit_byte: 1\n')
  expect(await runProgram(file, ['run', '--config', config])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean "buffer_limit_bytes"'),
  })
})

test('running before enrolment says what to do', async () => {
  expect(await runProgram(file, ['run', '--data-dir', dataDir])).toMatchObject({ code: 1, stderr: expect.stringContaining('picket-sensor enroll') })
})

test('test-source answers for this machine: a free port passes, a taken one fails, a wrong setting is named', async () => {
  const settings = (changes: object) => [
    'test-source',
    '--kind',
    'http',
    '--json',
    '--config',
    JSON.stringify({ bind: '127.0.0.1', port, token: TOKEN, ...changes }),
  ]
  const free = await runProgram(file, settings({}))
  expect(free.code).toBe(0)
  expect(JSON.parse(free.stdout)).toContainEqual(expect.objectContaining({ type: 'connectivity', status: 'pass' }))
  const taken = await runProgram(file, settings({ port: hub.port }))
  expect(taken.code).toBe(1)
  expect(JSON.parse(taken.stdout)).toContainEqual(expect.objectContaining({ status: 'fail' }))
  expect(await runProgram(file, settings({ prot: 1 }))).toMatchObject({ code: 2, stderr: expect.stringContaining('prot') })
})

test('buffer inspect counts what waits', async () => {
  const sensorId = await enrol()
  hub.behaviour.pack = signPack(packFor(sensorId, 1), hub.packKey.privateKey)
  hub.behaviour.beforeCommit = () => false
  run()
  await until(() => send(['run-1', 'run-2']))
  const { code, stdout } = await runProgram(file, ['buffer', 'inspect', '--json', '--data-dir', dataDir])
  expect(code).toBe(0)
  expect(JSON.parse(stdout).lanes).toContainEqual(expect.objectContaining({ lane: 'bulk', events: 2, acked_total: 0 }))
})

test('the file stays under 8 MB', async () => {
  expect((await stat(file)).size).toBeLessThan(8 * 1024 * 1024)
})
