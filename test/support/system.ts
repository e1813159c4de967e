import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The built programs as a customer runs them: a hub with its own PostgreSQL and an enrolled sensor, each a process that can be killed and
 * started again on the same data.
 */
export interface System {
  readonly hub: Program
  readonly sensor: Program
  readonly httpUrl: string
  readonly grpcPort: number
  readonly admin: { readonly email: string; readonly password: string }
  /** A call as the tenant's administrator. @throws on a status of 400 or above, with the body */
  api<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  token(): Promise<string>
  stop(): Promise<void>
}

export interface Program {
  start(): Promise<void>
  /** Ends it and waits until it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  readonly pid: number | undefined
  readonly dataDir: string
  /** What it wrote so far, for a failing test's message. */
  output(): string
}

const HUB = 'dist/picket.mjs'
const SENSOR = 'dist/picket-sensor.mjs'
const PASSWORD = 'correct horse battery staple'

export async function startSystem(options: { readonly sensor?: boolean; readonly env?: Readonly<Record<string, string>> } = {}): Promise<System> {
  const directory = await mkdtemp(join(tmpdir(), 'picket-system-'))
  // As root PostgreSQL runs as somebody else, who must be able to pass; otherwise its cluster goes where this test does not clean up.
  await chmod(directory, 0o711)
  const [httpPort = 0, grpcPort = 0] = await freePorts(2)
  const httpUrl = `http://127.0.0.1:${httpPort}`
  const admin = { email: 'admin@example.com', password: PASSWORD }
  const hubData = join(directory, 'hub')
  const sensorData = join(directory, 'sensor')
  const hub = program(
    HUB,
    ['hub'],
    hubData,
    {
      PICKET_DATA_DIR: hubData,
      PICKET_HTTP_PORT: String(httpPort),
      PICKET_HTTP_HOST: '127.0.0.1',
      PICKET_GRPC_PORT: String(grpcPort),
      PICKET_GRPC_HOST: '127.0.0.1',
      PICKET_ADMIN_EMAIL: admin.email,
      PICKET_ADMIN_PASSWORD: admin.password,
      PICKET_LOG_LEVEL: 'warn',
      ...options.env,
    },
    async () => (await fetch(`${httpUrl}/readyz`)).ok,
  )
  const sensor = program(SENSOR, ['run', '--data-dir', sensorData], sensorData, {}, async () =>
    (await listSensors()).some((each) => each.status === 'online'),
  )

  let bearer: string | undefined
  const token = async () => {
    if (bearer) return bearer
    const response = await fetch(`${httpUrl}/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(admin),
    })
    const body: { access_token?: string } = JSON.parse(await response.text())
    if (!body.access_token) throw new Error(`sign-in answered ${response.status}: ${JSON.stringify(body)}`)
    bearer = body.access_token
    return bearer
  }
  const api = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers = { authorization: `Bearer ${await token()}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    const response = await fetch(`${httpUrl}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  const listSensors = async () => (await api<{ sensors: { id: string; status: string }[] }>('GET', '/v1/sensors')).sensors

  const stop = async () => {
    await sensor.kill('SIGTERM')
    await hub.kill('SIGTERM')
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await hub.start()
    if (options.sensor !== false) {
      const { token: enrollment } = await api<{ token: string }>('POST', '/v1/sensors/enrollment-tokens', { name: 'test sensor' })
      await runOnce(SENSOR, ['enroll', '--hub', `127.0.0.1:${grpcPort}`, '--token', enrollment, '--data-dir', sensorData])
      await sensor.start()
    }
  } catch (error) {
    await stop()
    throw new Error(`the system did not start:\n${hub.output()}\n${sensor.output()}`, { cause: error })
  }
  return { hub, sensor, httpUrl, grpcPort, admin, api, token, stop }
}

function program(
  script: string,
  args: readonly string[],
  dataDir: string,
  env: Readonly<Record<string, string>>,
  isReady: () => Promise<boolean>,
): Program {
  let child: ChildProcess | undefined
  let written = ''
  return {
    dataDir,
    get pid() {
      return child?.pid
    },
    output: () => written.slice(-8_000),
    start: async () => {
      const started = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk: Buffer) => (written = `${written}${chunk}`.slice(-100_000)))
      await eventually(async () => {
        if (started.exitCode !== null || started.signalCode !== null)
          throw new Ended(`${script} ended with ${started.exitCode ?? started.signalCode}:\n${written.slice(-4_000)}`)
        return isReady().catch(() => false)
      }, 120_000)
    },
    kill: async (signal) => {
      const ending = child
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
      const gone = new Promise((resolve) => ending.once('exit', resolve))
      ending.kill(signal)
      const timer = globalThis.setTimeout(() => ending.kill('SIGKILL'), 30_000)
      await gone
      globalThis.clearTimeout(timer)
    },
  }
}

class Ended extends Error {}

/** Runs a program to its end. @throws with its output where it fails */
export async function runOnce(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (written += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${script} ${args[0]} ended with ${code}:\n${written}`)
  return written
}

/** Waits until `check` is true. @throws after `limitMs`, with the last error */
export async function eventually(check: () => Promise<boolean>, limitMs = 30_000, stepMs = 50): Promise<void> {
  const end = Date.now() + limitMs
  let last: unknown
  while (Date.now() < end) {
    try {
      if (await check()) return
      last = undefined
    } catch (error) {
      if (error instanceof Ended) throw error
      last = error
    }
    await sleep(stepMs)
  }
  throw new Error(`not within ${limitMs} ms`, { cause: last })
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<ReturnType<typeof createServer>>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
