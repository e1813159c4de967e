import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { messageOf } from '../../shared/errors.ts'
import { locateBinaries } from './embedded/binaries.ts'
import { removeForeignPidFile, runningServer, stopServer } from './embedded/orphan.ts'
import { canEnter, chooseRunAs, handOver, REACHABLE_BASE, type RunAs, runnableBinaries } from './embedded/run-as.ts'
import type { StorageLog } from './log.ts'
import { DatabaseSetupError } from './roles.ts'

export interface EmbeddedOptions {
  /** The hub's data directory. Passwords and the cluster's place are kept in `postgres/` inside it. */
  readonly dataDir: string
  /** Listen on 127.0.0.1 at this port too. Without it only a unix socket is opened (Windows: a free port, kept for the next start). */
  readonly port?: number | undefined
  readonly log: StorageLog
  readonly onProgress?: ((step: string) => void) | undefined
  /** False skips every fsync: for tests, whose data may die with the machine. */
  readonly durable?: boolean | undefined
}

export interface EmbeddedPostgres {
  /** Connects as `picket_owner`, who owns the database `picket` and may create roles, and is no superuser. */
  readonly ownerUrl: string
  /** The process, as of now; it changes when the server had to be started again. */
  readonly pid: number
  readonly clusterDir: string
  /** Stops the server ("fast": open transactions roll back) and waits for its end. */
  stop(): Promise<void>
}

/** What the data directory remembers of its PostgreSQL. Mode 0600: it holds the passwords. */
interface Memory {
  cluster: string
  socketDir: string | null
  port: number
  superuserPassword: string
  ownerPassword: string
  /** The process whose child the server is, to tell an orphan from a server in use. */
  hubPid?: number
}

// A socket's whole path must fit sockaddr_un: 104 bytes on macOS, 108 on Linux; `/.s.PGSQL.5432` takes 15 of them.
const SOCKET_DIR_LIMIT = 88
const START_TIMEOUT_MS = 60_000

/** For two cores and a few GB of memory. Compiling queries (jit) costs more than it saves on ours, which are short. */
const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '256MB',
  synchronous_commit: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB',
  jit: 'off',
  max_connections: '40',
  max_wal_senders: '0',
  wal_level: 'minimal',
  // Starts, recoveries and ends. What a statement did wrong goes to the hub, and repeated by the thousand would fill the file.
  log_min_messages: 'log',
  log_checkpoints: 'off',
  // Statements carry tenants' data, and log files have no tenant.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

/**
 * Runs the PostgreSQL that comes with the package on a cluster of its own, made at the first start, and keeps it running:
 * a server that dies is started again, and recovers from its log.
 *
 * Root works too: PostgreSQL itself then runs as an unprivileged user (see `chooseRunAs`), and where that user cannot reach the data
 * directory, the cluster lives under REACHABLE_BASE and the data directory remembers where.
 *
 * A server left behind by a killed hub is stopped first. One that belongs to a live hub is not touched.
 * @throws {DatabaseSetupError} where another hub uses the data directory, or the server does not come up within 60 s
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, onProgress = () => {} } = options
  const dataDir = resolve(options.dataDir)
  const home = join(dataDir, 'postgres')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const runAs = chooseRunAs()
  const binaries = runnableBinaries(locateBinaries(), runAs)
  const memory = readMemory(home) ?? remember(home, await newMemory(dataDir, home, runAs))
  openPath(dataDir, home, memory.cluster, runAs)

  await stopOrphan(dataDir, memory, log)
  if (!existsSync(join(memory.cluster, 'PG_VERSION'))) {
    onProgress('Creating the database')
    await createCluster(binaries, memory, runAs, options.durable ?? true)
  }
  if (memory.socketDir) handOver(memory.socketDir, runAs)
  const port = options.port ?? memory.port
  remember(home, { ...memory, port, hubPid: process.pid })

  const usesTcp = options.port !== undefined || memory.socketDir === null
  const settings = {
    ...SETTINGS,
    listen_addresses: usesTcp ? '127.0.0.1' : '',
    port: String(port),
    unix_socket_directories: memory.socketDir ?? '',
    ...(options.durable === false ? { fsync: 'off', full_page_writes: 'off' } : {}),
  }
  const server = superviseServer({ binaries, cluster: memory.cluster, home, settings, runAs, log })
  const url = (user: string, password: string, database: string) => {
    const host = memory.socketDir ? `?host=${encodeURIComponent(memory.socketDir)}` : ''
    return `postgres://${user}:${password}@127.0.0.1:${port}/${database}${host}`
  }
  try {
    onProgress('Starting the database')
    await untilReady(url('postgres', memory.superuserPassword, 'postgres'), server.failed)
    await prepareOwner(url('postgres', memory.superuserPassword, 'postgres'), memory.ownerPassword)
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    ownerUrl: url('picket_owner', memory.ownerPassword, 'picket'),
    clusterDir: memory.cluster,
    get pid() {
      return server.pid()
    },
    stop: server.stop,
  }
}

function readMemory(home: string): Memory | undefined {
  const file = join(home, 'postgres.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Memory) : undefined
}

function remember(home: string, memory: Memory): Memory {
  const file = join(home, 'postgres.json')
  writeFileSync(`${file}.new`, JSON.stringify(memory), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return memory
}

async function newMemory(dataDir: string, home: string, runAs: RunAs): Promise<Memory> {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  const inside = withinReach(dataDir, home, runAs)
  // The random part: a data directory deleted and made anew must not find the old cluster, whose passwords it does not know.
  const base = inside ? home : join(REACHABLE_BASE, `${hash}-${randomBytes(4).toString('hex')}`)
  const near = join(base, 'run')
  const socketDir = Buffer.byteLength(near) <= SOCKET_DIR_LIMIT ? near : join(tmpdir(), `picket-postgres-${hash}-${randomBytes(4).toString('hex')}`)
  const password = () => randomBytes(24).toString('base64url')
  const onWindows = process.platform === 'win32'
  return {
    cluster: join(base, 'cluster'),
    socketDir: onWindows ? null : socketDir,
    port: onWindows ? await freePort() : 5432,
    superuserPassword: password(),
    ownerPassword: password(),
  }
}

/** Whether the unprivileged user can get to `home`, if need be after our own two folders let it pass (not read). */
function withinReach(dataDir: string, home: string, runAs: RunAs): boolean {
  if (canEnter(home, runAs)) return true
  for (const folder of [dataDir, home]) chmodSync(folder, 0o711)
  if (canEnter(home, runAs)) return true
  for (const folder of [dataDir, home]) chmodSync(folder, 0o700)
  return false
}

/** On every start, since someone may have closed the folders in between. What is secret in them has mode 0600 of its own. */
function openPath(dataDir: string, home: string, cluster: string, runAs: RunAs): void {
  if (runAs.uid !== undefined && cluster.startsWith(home) && !canEnter(home, runAs)) for (const folder of [dataDir, home]) chmodSync(folder, 0o711)
  if (!cluster.startsWith(home)) mkdirSync(join(cluster, '..'), { recursive: true, mode: 0o755 })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done, failed) => probe.once('error', failed).listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1')
  return address.port
}

async function stopOrphan(dataDir: string, memory: Memory, log: StorageLog): Promise<void> {
  const running = runningServer(memory.cluster)
  if (!running) return removeForeignPidFile(memory.cluster)
  if (running.parent === memory.hubPid && running.parent !== process.pid)
    throw new DatabaseSetupError(`the data directory ${dataDir} is in use by another hub (process ${memory.hubPid})`)
  log.warn({ pid: running.pid }, 'stopping the database an earlier hub left running')
  await stopServer(running.pid)
}

/** Makes the cluster beside its place and moves it there whole, so that a kill half way leaves nothing that looks finished. */
async function createCluster(binaries: string, memory: Memory, runAs: RunAs, durable: boolean): Promise<void> {
  const unfinished = `${memory.cluster}.new`
  rmSync(unfinished, { recursive: true, force: true })
  handOver(unfinished, runAs)
  const passwordFile = `${memory.cluster}.password`
  rmSync(passwordFile, { force: true })
  writeFileSync(passwordFile, `${memory.superuserPassword}\n`, { mode: 0o600, flag: 'wx' })
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(passwordFile, runAs.uid, runAs.gid)
  const args = [
    `--pgdata=${unfinished}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    // PostgreSQL's own Unicode tables: the same order and case everywhere, whatever locales the machine has.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    ...(durable ? [] : ['--no-sync']),
  ]
  await new Promise<void>((done, failed) => {
    const child = spawn(join(binaries, 'bin', 'initdb'), args, { ...runAs, cwd: '/', env: bareEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-4_000)
    })
    child.once('error', failed)
    child.once('close', (code) => (code === 0 ? done() : failed(new Error(`initdb failed (${code}): ${complaint.trim()}`))))
  }).finally(() => rmSync(passwordFile, { force: true }))
  renameSync(unfinished, memory.cluster)
}

/** Without the caller's PG* variables, which would change what the programs do. */
const bareEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))),
  LC_MESSAGES: 'C',
  TZ: 'UTC',
})

interface ServerOptions {
  readonly binaries: string
  readonly cluster: string
  readonly home: string
  readonly settings: Readonly<Record<string, string>>
  readonly runAs: RunAs
  readonly log: StorageLog
}

/** Keeps one server process alive until `stop`. A death is followed by a new start after 0.2 s, then up to 5 s where it keeps dying. */
function superviseServer({ binaries, cluster, home, settings, runAs, log }: ServerOptions) {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let stopping = false
  let pid = 0
  let ended: Promise<void> = Promise.resolve()
  let restarts = 0
  let firstFailure: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    firstFailure = reject
  })
  failed.catch(() => {}) // Only the start waits for it.

  const launch = () => {
    const startedAt = Date.now()
    // A file, not a pipe: the server outlives a killed hub, and must not block or die on its messages. Emptied at each start.
    const output = openSync(join(home, 'postgres.log'), 'w', 0o600)
    const child = spawn(join(binaries, 'bin', 'postgres'), ['-D', cluster, ...flags], {
      ...runAs,
      cwd: '/',
      env: bareEnvironment(),
      stdio: ['ignore', output, output],
      // A group of its own: Ctrl-C in the terminal is for the hub, which stops the server when its last work is stored.
      detached: true,
    })
    closeSync(output)
    pid = child.pid ?? 0
    ended = new Promise((done) => {
      child.once('error', (error) => {
        firstFailure(error)
        done()
      })
      child.once('exit', (code, signal) => {
        done()
        if (stopping) return
        if (Date.now() - startedAt > 60_000) restarts = 0
        restarts += 1
        if (restarts > 5) firstFailure(new Error(`PostgreSQL does not start: ${lastLines(join(home, 'postgres.log'))}`))
        log.warn({ code, signal, restarts }, 'the database stopped and is started again')
        void sleep(Math.min(5_000, 100 * 2 ** restarts)).then(() => {
          if (!stopping) launch()
        })
      })
    })
  }
  launch()
  return {
    failed,
    pid: () => pid,
    async stop() {
      stopping = true
      if (pid > 0 && runningServer(cluster)?.pid === pid) await stopServer(pid)
      await ended
    },
  }
}

const lastLines = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-5).join(' | ') : '')

async function untilReady(url: string, failed: Promise<never>): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {}) // The server may die between connecting and closing; the next attempt notices.
    try {
      await Promise.race([client.connect(), failed])
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => {})
      // ECONNREFUSED, ENOENT: not there yet. 57P03: starting up, or replaying its log after a crash.
      const code = (error as { code?: string }).code ?? ''
      if (!['ECONNREFUSED', 'ENOENT', 'ECONNRESET', '57P03'].includes(code)) throw error
      if (Date.now() > deadline)
        throw new DatabaseSetupError(`PostgreSQL did not come up within ${START_TIMEOUT_MS / 1000} s: ${messageOf(error)}`, { cause: error })
      await Promise.race([sleep(30), failed])
    }
  }
}

/** The superuser is for this alone; from here on `picket_owner` works on the database, bound by the same row level security. */
async function prepareOwner(url: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ owner: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = 'picket_owner') as owner, exists (select from pg_database where datname = 'picket') as database`,
    )
    if (!rows[0]?.owner) await client.query(`create role picket_owner login createrole createdb password ${client.escapeLiteral(password)}`)
    if (!rows[0]?.database) await client.query('create database picket owner picket_owner')
  } finally {
    await client.end()
  }
}
