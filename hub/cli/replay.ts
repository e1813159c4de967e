import { readdir, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { ExpectedError, messageOf } from '../../shared/errors.ts'
import { counted } from './counted.ts'
import { linesOf } from './lines.ts'
import { readLocalSensor } from './local-sensor.ts'
import { retime } from './retime.ts'

class ReplayFailed extends ExpectedError {
  readonly code = 'replay'
  readonly kind = 'unavailable'
}

/** Lines per HTTP request: a request is confirmed once its records are on the sensor's disk. */
const LINES_PER_REQUEST = 500

interface ReplayOptions {
  readonly url?: string
  readonly token?: string
  readonly syslog?: string
  readonly dataDir: string
  readonly keepTime?: boolean
  readonly rate?: number
}

/** `picket replay`: recorded events go through a sensor as if they happened now. */
export function registerReplay(program: Command, where: { samples: string; dataDir: string }): void {
  program
    .command('replay')
    .description('send recorded events through a sensor, as if they happened now; without files, the sample attacks that come with Picket')
    .argument('[files...]', 'files of records, one a line (.jsonl, .ndjson, .log, each also .gz), or folders of them')
    .option('--url <url>', "the sensor's HTTP connector, e.g. http://localhost:8088")
    .option('--token <token>', 'its token')
    .option('--syslog <host:port>', 'send every line to a syslog connector over TCP instead')
    .option('--data-dir <dir>', 'where `npm start` keeps its data: says where the local sensor listens', where.dataDir)
    .option('--keep-time', 'leave the times in the records as they are')
    .option('--rate <lines>', 'lines per second at most', Number)
    .addHelpText(
      'after',
      '\nExamples:\n  picket replay\n  picket replay attack.jsonl --url http://10.0.0.5:8088 --token …\n  picket replay auth.log --syslog localhost:5514 --keep-time',
    )
    .action(async (files: string[], options: ReplayOptions) => {
      const paths = await expand(files.length > 0 ? files : [where.samples])
      const send = await sender(options)
      let total = 0
      for (const path of paths) {
        const lines = await sendFile(path, send, options)
        total += lines
        process.stdout.write(`${basename(path)}: ${counted(lines, 'record')} sent\n`)
      }
      await send.end()
      process.stdout.write(`${counted(total, 'record')} sent; open the console's Alerts page to see what they set off\n`)
    })
}

interface Sender {
  send(lines: readonly string[]): Promise<void>
  end(): Promise<void>
}

async function sender({ syslog, url, token, dataDir }: ReplayOptions): Promise<Sender> {
  if (syslog !== undefined) return syslogSender(syslog)
  if (url !== undefined) return httpSender(url, token ?? '')
  const local = await readLocalSensor(dataDir)
  if (!local)
    throw new ReplayFailed(`no local sensor in ${dataDir}: run \`npm start\` first, or say where to send with --url and --token, or --syslog`)
  return httpSender(`http://localhost:${local.httpPort}`, local.httpToken)
}

function httpSender(url: string, token: string): Sender {
  return {
    send: async (lines) => {
      const target = new URL('/ingest', url)
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
      let response: Response
      try {
        response = await fetch(target, { method: 'POST', headers, body: lines.join('\n'), signal: AbortSignal.timeout(30_000) })
      } catch (error) {
        throw new ReplayFailed(`no sensor answers at ${target.origin}: ${messageOf(error)}`, { cause: error })
      }
      if (!response.ok) throw new ReplayFailed(`the sensor answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
    },
    end: async () => undefined,
  }
}

async function syslogSender(address: string): Promise<Sender> {
  const [host = 'localhost', port] = address.includes(':')
    ? [address.slice(0, address.lastIndexOf(':')), address.slice(address.lastIndexOf(':') + 1)]
    : [undefined, address]
  const socket = connect(Number(port), host)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error) => reject(new ReplayFailed(`cannot reach ${address}: ${error.message}`, { cause: error })))
  })
  return {
    send: (lines) => new Promise((resolve, reject) => socket.write(`${lines.join('\n')}\n`, (error) => (error ? reject(error) : resolve()))),
    end: () => new Promise((resolve) => socket.end(resolve)),
  }
}

async function sendFile(path: string, { send }: Sender, { keepTime, rate }: ReplayOptions): Promise<number> {
  const shift = keepTime ? (line: string) => line : retime(await newestTime(path), new Date())
  let batch: string[] = []
  let sent = 0
  const size = rate === undefined ? LINES_PER_REQUEST : Math.max(1, Math.min(LINES_PER_REQUEST, rate))
  const startedAt = Date.now()
  for await (const line of linesOf(path)) {
    batch.push(shift(line))
    if (batch.length < size) continue
    await send(batch)
    sent += batch.length
    batch = []
    const due = rate === undefined ? 0 : startedAt + (sent / rate) * 1_000 - Date.now()
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due))
    if (process.stderr.isTTY) process.stderr.write(`\r${sent} sent `)
  }
  if (batch.length > 0) await send(batch)
  return sent + batch.length
}

/** The latest time any of the file's records carries: that record is to happen now, the others as long before it as they were. */
async function newestTime(path: string): Promise<Date | undefined> {
  let newest: number | undefined
  for await (const line of linesOf(path)) {
    for (const [text] of line.matchAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?/g)) {
      const time = Date.parse(`${text.replace(' ', 'T').slice(0, 23)}Z`)
      if (!Number.isNaN(time) && (newest === undefined || time > newest)) newest = time
    }
  }
  return newest === undefined ? undefined : new Date(newest)
}

async function expand(paths: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const found = await stat(path).catch((error) => {
      throw new ReplayFailed(`cannot read ${path}: ${messageOf(error)}`, { cause: error })
    })
    if (!found.isDirectory()) files.push(path)
    else for (const name of (await readdir(path)).sort()) if (/\.(jsonl|ndjson|json|log)(\.gz)?$/.test(name)) files.push(join(path, name))
  }
  if (files.length === 0) throw new ReplayFailed(`no .jsonl, .ndjson or .log files in ${paths.join(', ')}`)
  return files
}
