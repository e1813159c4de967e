import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../hub/storage/embedded.ts'
import { silentLog } from '../../support/postgres.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

function newDataDir(mode = 0o700): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-embedded-'))
  chmodSync(dataDir, mode)
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

async function start(dataDir: string, options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog, durable: false, ...options })
  cleanups.push(() => server.stop())
  return server
}

async function ask(url: string, question: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(question)).rows
  } finally {
    await client.end()
  }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // A killed child of this process stays as a zombie until it is collected.
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test('a cluster is made once, its data is there at the next start, and nothing but its own user can read it', async () => {
  const dataDir = newDataDir()
  const first = await start(dataDir)
  await ask(first.ownerUrl, 'create table kept as select 42 as answer')
  await first.stop()
  expect(alive(first.pid)).toBe(false)
  const second = await start(dataDir)
  expect(await ask(second.ownerUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
  expect(await ask(second.ownerUrl, 'select rolsuper, rolbypassrls from pg_roles where rolname = current_user')).toEqual([
    { rolsuper: false, rolbypassrls: false },
  ])
  expect(statSync(join(dataDir, 'postgres', 'postgres.json')).mode & 0o777).toBe(0o600)
  expect(statSync(second.clusterDir).mode & 0o077).toBe(0)
  expect(await ask(second.ownerUrl, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
})

test('no one connects without the password', async () => {
  const server = await start(newDataDir())
  const url = new URL(server.ownerUrl)
  url.password = 'guessed'
  await expect(ask(url.href, 'select 1')).rejects.toThrow(/password authentication failed/)
})

test('a server that is killed comes back by itself with what was committed', async () => {
  const server = await start(newDataDir())
  await ask(server.ownerUrl, 'create table kept as select 42 as answer')
  const before = server.pid
  process.kill(before, 'SIGKILL')
  await expect.poll(() => ask(server.ownerUrl, 'select answer from kept').catch(() => 'not yet'), { timeout: 15_000 }).toEqual([{ answer: 42 }])
  expect(server.pid).not.toBe(before)
  await server.stop()
  expect(alive(server.pid)).toBe(false)
})

test('a stale pid file, one that names a foreign process too, does not stop a start', async () => {
  const dataDir = newDataDir()
  const first = await start(dataDir)
  await first.stop()
  const bystander = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' })
  cleanups.push(() => bystander.kill('SIGKILL'))
  writeFileSync(join(first.clusterDir, 'postmaster.pid'), `${bystander.pid}\n${first.clusterDir}\n1\n5432\n\n\n  0 0\nready\n`)
  const second = await start(dataDir)
  expect(await ask(second.ownerUrl, 'select 1 as up')).toEqual([{ up: 1 }])
  expect(alive(bystander.pid ?? 0)).toBe(true)
})

/** Another process that starts the server on `dataDir`, as a hub does. */
async function anotherHub(dataDir: string): Promise<{ process: ChildProcess; serverPid: number }> {
  const program = fileURLToPath(new URL('./embedded-holder.ts', import.meta.url))
  const bundle = join(dataDir, 'holder.mjs')
  const { build } = await import('esbuild')
  await build({ entryPoints: [program], outfile: bundle, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent' })
  // Run from here, so that the packages resolve.
  const child = spawn(process.execPath, ['--input-type=module', '-e', readFileSync(bundle, 'utf8'), dataDir], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanups.push(() => child.kill('SIGKILL'))
  const line = await new Promise<string>((done, failed) => {
    child.stdout.once('data', (chunk: Buffer) => done(chunk.toString()))
    child.once('exit', () => failed(new Error('the other hub ended')))
  })
  return { process: child, serverPid: Number(line) }
}

test('a second hub on the same data directory is refused while the first lives, and takes over when it was killed', async () => {
  const dataDir = newDataDir()
  const other = await anotherHub(dataDir)
  await expect(start(dataDir)).rejects.toThrow(/in use by another hub/)
  expect(alive(other.serverPid)).toBe(true)
  other.process.kill('SIGKILL')
  while (alive(other.process.pid ?? 0)) await sleep(20)
  const server = await start(dataDir)
  expect(alive(other.serverPid)).toBe(false)
  expect(await ask(server.ownerUrl, 'select mark from left_behind')).toEqual([{ mark: 1 }])
})

test('a port that is asked for is opened on the loopback only', async () => {
  const { createServer } = await import('node:net')
  const probe = createServer()
  const port = await new Promise<number>((done) => {
    probe.listen(0, '127.0.0.1', () => done((probe.address() as { port: number }).port))
  })
  await new Promise((done) => probe.close(done))
  const server = await start(newDataDir(), { port })
  const url = new URL(server.ownerUrl)
  url.search = ''
  expect(await ask(url.href, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
})

test.runIf(process.getuid?.() === 0)('as root the server runs as somebody else, also for a data directory nobody else can reach', async () => {
  const closed = mkdtempSync('/root/picket-embedded-')
  cleanups.push(() => rmSync(closed, { recursive: true, force: true }))
  const server = await start(join(closed, 'data'))
  cleanups.push(() => rmSync(join(server.clusterDir, '..'), { recursive: true, force: true }))
  expect(server.clusterDir.startsWith(closed)).toBe(false)
  expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0)
  await ask(server.ownerUrl, 'create table kept as select 42 as answer')
  await server.stop()
  const again = await start(join(closed, 'data'))
  expect(again.clusterDir).toBe(server.clusterDir)
  expect(await ask(again.ownerUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
})
