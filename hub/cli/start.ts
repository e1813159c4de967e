import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { ExpectedError } from '../../shared/errors.ts'
import type { Assets } from '../assets.ts'
import { readHubConfig } from '../config.ts'
import type { RunningHub } from '../hub.ts'
import { runHub } from './hub.ts'
import { type LocalSensor, readLocalSensor, writeLocalSensor } from './local-sensor.ts'

class LocalSensorFailed extends ExpectedError {
  readonly code = 'local_sensor'
  readonly kind = 'unavailable'
}

const SYSLOG_PORT = 5514
const HTTP_PORT = 8088
/** Where Linux systems keep what a SOC wants first; those that can be read are followed. */
const SYSTEM_LOGS = ['/var/log/auth.log', '/var/log/syslog', '/var/log/secure', '/var/log/messages']
const CONNECT_LIMIT_MS = 60_000
/** A sensor that ends is started again after this long: not at once, for it may only end again. */
const RESTART_PAUSE_MS = 3_000
const STOP_LIMIT_MS = 15_000

interface StartOptions {
  readonly config?: string
  readonly dataDir: string
  readonly syslogPort: number
  readonly pushPort: number
}

/** `picket start`: what `npm start` runs. A hub and a sensor on this machine, set up by themselves the first time. */
export function registerStart(program: Command, assets: Assets, stopped: Promise<void>): void {
  program
    .command('start')
    .description('run a hub and a local sensor; the first time, set both up')
    .option('--config <file>', 'picket.yaml')
    .option('--data-dir <dir>', 'where everything is kept', process.env['PICKET_DATA_DIR'] ?? '.picket')
    .option('--syslog-port <port>', 'where the local sensor is first set up to take syslog, UDP and TCP', Number, SYSLOG_PORT)
    .option('--push-port <port>', 'where it is first set up to take HTTP', Number, HTTP_PORT)
    .action(async (options: StartOptions) => {
      const dataDir = resolve(options.dataDir)
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      const config = readHubConfig(options.config, { data_dir: dataDir, log_level: process.env['PICKET_LOG_LEVEL'] ?? 'warn' })
      const say = (text: string) => void process.stdout.write(`${text}\n`)
      const hub = await runHub(config, assets, (step) => say(`  ${step}`))
      const sensor = createSensorProcess(assets, join(dataDir, 'sensor'))
      try {
        const local = (await readLocalSensor(dataDir)) ?? (await setUp(hub, sensor, { ...options, dataDir }, say))
        sensor.run()
        const limit = Date.now() + CONNECT_LIMIT_MS
        while (!hub.fleet.isConnected(local.sensorId)) {
          if (Date.now() > limit) throw new LocalSensorFailed('the local sensor did not connect within a minute; the lines above say why')
          await pause(50)
        }
        say(banner(hub, local))
        await stopped
        say('Picket is stopping')
      } finally {
        await sensor.stop()
        await hub.close()
      }
    })
}

/** First start: enrols the sensor and gives it its connectors. The file that remembers it is written last, so that half a set-up is done again. */
async function setUp(
  hub: RunningHub,
  sensor: SensorProcess,
  { dataDir, syslogPort, pushPort }: StartOptions,
  say: (text: string) => void,
): Promise<LocalSensor> {
  say('  Enrolling the local sensor')
  const { token } = await hub.fleet.createEnrollmentToken(hub.tenant, { name: 'This machine', validForMs: 600_000, createdBy: 'picket start' })
  await sensor.enroll(`127.0.0.1:${hub.grpcPort}`, token)
  const enrolled = (await hub.sensors(hub.tenant)).toSorted((a, b) => b.enrolledAt.getTime() - a.enrolledAt.getTime())[0]
  if (!enrolled) throw new LocalSensorFailed('the local sensor enrolled, but the hub does not list it')
  const httpToken = randomBytes(24).toString('base64url')
  const add = (name: string, type: string, config: object) =>
    hub.connectors.create(hub.tenant, { name, type, sensorId: enrolled.id, enabled: true, config: { ...config } })
  await add('Syslog', 'syslog', { udp_port: syslogPort, tcp_port: syslogPort })
  await add('HTTP push', 'http', { port: pushPort, token: httpToken })
  const logs = SYSTEM_LOGS.filter(isReadable)
  if (logs.length > 0) await add('System logs', 'file', { paths: logs, start_at: 'end' })
  const local = { sensorId: enrolled.id, httpPort: pushPort, httpToken, syslogPort }
  await writeLocalSensor(dataDir, local)
  return local
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false // Not there, or not for this user: either way nothing to follow.
  }
}

function banner(hub: RunningHub, local: LocalSensor): string {
  const password = hub.firstAdmin
    ? `${hub.firstAdmin.email}  password  ${hub.firstAdmin.password}   (shown this once)`
    : 'the e-mail and password of your first start'
  return `
Picket is ready.

  Console    http://localhost:${hub.httpPort}/
  Sign in    ${password}

  Syslog     localhost:${local.syslogPort}, UDP and TCP
  HTTP       localhost:${local.httpPort}, Splunk HEC and NDJSON

  Make alerts appear, in another terminal:

    node dist/picket.mjs replay

Ctrl-C stops everything; the next start goes on with the same data.
`
}

interface SensorProcess {
  enroll(address: string, token: string): Promise<void>
  /** Keeps it running until `stop`. */
  run(): void
  stop(): Promise<void>
}

function createSensorProcess(assets: Assets, dataDir: string): SensorProcess {
  const bundle = assets.sensorBundle
  if (!bundle) throw new LocalSensorFailed('dist/picket-sensor.mjs is missing: run `npm run build`')
  let child: ChildProcess | undefined
  let stopping = false
  const env = { ...process.env, PICKET_SENSOR_LOG_LEVEL: process.env['PICKET_SENSOR_LOG_LEVEL'] ?? 'error' }
  // Detached: Ctrl-C in the terminal is for this process, which stops the sensor in its turn.
  const start = (args: readonly string[]) =>
    spawn(process.execPath, [bundle.path, ...args, '--data-dir', dataDir], { env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
  return {
    enroll: async (address, token) => {
      const enrolling = spawn(
        process.execPath,
        [bundle.path, 'enroll', '--hub', address, '--token', token, '--name', 'This machine', '--force', '--data-dir', dataDir],
        { env, stdio: ['ignore', 'pipe', 'pipe'] },
      )
      let output = ''
      for (const stream of [enrolling.stdout, enrolling.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
      const code = await new Promise((done) => enrolling.once('close', done))
      if (code !== 0) throw new LocalSensorFailed(`the local sensor could not enrol: ${output.trim()}`)
    },
    run: function run() {
      child = start(['run'])
      child.once('exit', (code, signal) => {
        child = undefined
        if (stopping) return
        process.stderr.write(`the local sensor ended (${signal ?? code}); starting it again\n`)
        setTimeout(() => stopping || run(), RESTART_PAUSE_MS).unref()
      })
    },
    stop: async () => {
      stopping = true
      const running = child
      if (!running) return
      const gone = new Promise((done) => running.once('exit', done))
      running.kill('SIGTERM')
      const timer = setTimeout(() => running.kill('SIGKILL'), STOP_LIMIT_MS)
      await gone
      clearTimeout(timer)
    },
  }
}
