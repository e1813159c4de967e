import { createSocket } from 'node:dgram'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasRsyslog, startRsyslog } from '../support/rsyslog.ts'
import { eventually, freePorts, type System, startSystem } from '../support/system.ts'

let system: System
let directory: string
let syslogPort: number
let httpPort: number
const httpToken = 'test-token-of-the-http-source'

interface Timeline {
  events: { id: string; message: string; event: { message?: string } }[]
  next_cursor: string | null
}

/** Every event of the hub whose text holds `word`, page by page. */
async function eventsWith(word: string): Promise<string[]> {
  const found: string[] = []
  const from = new Date(Date.now() - 3_600_000).toISOString()
  const to = new Date(Date.now() + 3_600_000).toISOString()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: URLSearchParams = new URLSearchParams({ q: word, from, to, limit: '200', sort: 'timestamp:asc', ...(cursor ? { cursor } : {}) })
    const page: Timeline = await system.api('GET', `/v1/timeline?${query}`)
    found.push(...page.events.map((each) => JSON.stringify(each.event)))
    cursor = page.next_cursor
  }
  return found
}

/** The oracle: which numbers of the run arrived, and how often. */
async function numbersOf(run: string): Promise<Map<number, number>> {
  const seen = new Map<number, number>()
  for (const text of await eventsWith(run)) {
    const number = Number(new RegExp(`${run} n=(\\d+);`).exec(text)?.[1])
    seen.set(number, (seen.get(number) ?? 0) + 1)
  }
  return seen
}

async function expectEachOnce(run: string, count: number): Promise<void> {
  await eventually(async () => (await numbersOf(run)).size >= count, 90_000, 500)
  await sleep(1_000) // A copy that is still on its way would arrive now.
  const seen = await numbersOf(run)
  expect([...seen].filter(([, times]) => times !== 1)).toEqual([])
  expect([...Array(count).keys()].filter((number) => !seen.has(number))).toEqual([])
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'picket-delivery-'))
  ;[syslogPort = 0, httpPort = 0] = await freePorts(2)
  system = await startSystem()
  const create = (type: string, config: object) => system.api('POST', '/v1/connectors', { name: `test ${type}`, type, config })
  await create('syslog', { bind: '127.0.0.1', udp_port: syslogPort, tcp_port: syslogPort })
  await create('http', { bind: '127.0.0.1', port: httpPort, token: httpToken })
  await create('file', { paths: [join(directory, 'tail*.log')], start_at: 'beginning', poll_milliseconds: 50 })
  const isListening = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(syslogPort, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  await eventually(isListening)
  await eventually(async () => (await fetch(`http://127.0.0.1:${httpPort}/services/collector/health`)).ok)
})

afterAll(async () => {
  await system?.stop()
  await rm(directory, { recursive: true, force: true })
})

test('a line over UDP, over TCP, and an event over HEC each reach the timeline once', async () => {
  const udp = createSocket('udp4')
  await new Promise((resolve) => udp.send('<13>Mar 10 09:00:00 host-a app: mark udp-line', syslogPort, '127.0.0.1', resolve))
  udp.close()
  const tcp = connect(syslogPort, '127.0.0.1')
  tcp.end('<13>1 2026-11-21T10:00:00Z host-b app - - - mark tcp-line\n')
  const hec = await fetch(`http://127.0.0.1:${httpPort}/services/collector/event`, {
    method: 'POST',
    headers: { authorization: `Splunk ${httpToken}` },
    body: JSON.stringify({ event: 'mark hec-event', host: 'host-c', time: Date.now() / 1_000 }),
  })
  expect(await hec.json()).toMatchObject({ text: 'Success', code: 0 })

  const byReceipt = async (word: string) => {
    const query = new URLSearchParams({ q: word, from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' })
    return (await system.api<Timeline>('GET', `/v1/timeline?${query}`)).events.length
  }
  for (const word of ['udp-line', 'tcp-line', 'hec-event']) await eventually(async () => (await byReceipt(word)) > 0, 10_000)
  for (const word of ['udp-line', 'tcp-line', 'hec-event']) expect(await byReceipt(word), word).toBe(1)
})

/** Writes numbered lines, some every few milliseconds, for as long as the harm goes on. @returns how many */
async function writeDuring(harm: Promise<void>, write: (from: number, count: number) => Promise<void>): Promise<number> {
  const [step, pauseMs, most] = [100, 25, 40_000]
  let harmed = false
  const ended = harm.finally(() => {
    harmed = true
  })
  let written = 0
  for (; !harmed && written < most; written += step) {
    await write(written, step)
    await sleep(pauseMs)
  }
  await ended
  return written
}

test('T1, T2: a followed file arrives exactly once though sensor and hub are killed while it is written', async () => {
  const run = `run-${Date.now()}-file`
  const file = join(directory, 'tail-1.log')
  const write = (from: number, count: number) =>
    appendFile(file, Array.from({ length: count }, (_, i) => `${new Date().toISOString()} host-f app ${run} n=${from + i};\n`).join(''))
  const harm = async () => {
    for (const victim of [system.sensor, system.hub, system.sensor, system.hub]) {
      await sleep(200 + Math.random() * 300)
      await victim.kill('SIGKILL')
      await victim.start()
    }
  }
  await expectEachOnce(run, await writeDuring(harm(), write))
}, 240_000)

test.skipIf(!hasRsyslog)(
  'rsyslog over TCP: each message arrives exactly once though the hub is killed twice and the sensor restarted',
  async () => {
    const run = `run-${Date.now()}-rsyslog`
    const rsyslog = await startRsyslog(directory, syslogPort)
    try {
      const write = (from: number, count: number) =>
        appendFile(rsyslog.inputFile, Array.from({ length: count }, (_, i) => `${run} n=${from + i};\n`).join(''))
      const harm = async () => {
        await sleep(300)
        await system.hub.kill('SIGKILL')
        await system.hub.start()
        // A graceful stop: plain syslog over TCP has no acknowledgement, so what a killed reader had taken in is nobody's to send again.
        await system.sensor.kill('SIGTERM')
        await system.sensor.start()
        await system.hub.kill('SIGKILL')
        await system.hub.start()
        await sleep(500)
      }
      await expectEachOnce(run, await writeDuring(harm(), write))
    } finally {
      await rsyslog.stop()
    }
  },
  240_000,
)
