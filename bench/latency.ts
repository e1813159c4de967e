import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { eventually, freePorts, startSystem } from '../test/support/system.ts'
import { firingRecord, record } from './records.ts'
import { type Benchmark, type Figure, percentile } from './report.ts'

const SECONDS = 20
/** One record in so many fires a rule. */
const FIRING_EVERY = 20

/** Written to the sensor's syslog socket → `new_alert` received on the hub's WebSocket, by one clock. */
export const latencyBenchmark: Benchmark = {
  name: 'latency',
  title: 'Event at the sensor → new_alert on the WebSocket',
  run: async () => {
    const [port = 0] = await freePorts(1)
    const system = await startSystem()
    try {
      await system.api('POST', '/v1/connectors', { name: 'bench', type: 'syslog', config: { bind: '127.0.0.1', tcp_port: port } })
      const socket = await eventuallyConnect(port)
      const heard = new Map<string, number>()
      const ws = new WebSocket(`${system.httpUrl.replace('http', 'ws')}/ws/monitoring?token=${await system.token()}`)
      ws.on('message', (data) => {
        const frame: { type: string; data: { host?: string } } = JSON.parse(String(data))
        if (frame.type === 'new_alert' && frame.data.host) heard.set(frame.data.host, performance.now())
      })
      await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
      const figures: Figure[] = []
      for (const rate of [100, 1_000, 2_000]) {
        const sent = new Map<string, number>()
        let index = 0
        const startedAt = performance.now()
        while (performance.now() - startedAt < SECONDS * 1_000) {
          const due = Math.floor(((performance.now() - startedAt) / 1_000) * rate)
          for (; index < due; index++) {
            if (index % FIRING_EVERY !== 0) socket.write(`${record(index, new Date())}\n`)
            else {
              const host = `lat-${rate}-${index}`
              sent.set(host, performance.now())
              socket.write(`${firingRecord(host, new Date())}\n`)
            }
          }
          await sleep(2)
        }
        await eventually(async () => [...sent.keys()].every((host) => heard.has(host)), 30_000)
        const latencies = [...sent].map(([host, at]) => (heard.get(host) ?? Number.NaN) - at)
        const label = `${rate.toLocaleString('en-US')} events/s, ${sent.size} alerts`
        figures.push({ what: `p50 at ${label}`, value: percentile(latencies, 0.5), unit: 'ms' })
        figures.push({ what: `p99 at ${label}`, value: percentile(latencies, 0.99), unit: 'ms', target: '< 500 (at 2,000/s)' })
      }
      ws.close()
      socket.destroy()
      return figures
    } finally {
      await system.stop()
    }
  },
}

async function eventuallyConnect(port: number) {
  const attempt = () =>
    new Promise<ReturnType<typeof connect> | undefined>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(socket))
      socket.once('error', () => resolve(undefined))
    })
  let socket: ReturnType<typeof connect> | undefined
  await eventually(async () => {
    socket = await attempt()
    return socket !== undefined
  })
  if (!socket) throw new Error('unreachable')
  socket.setNoDelay(true)
  return socket
}
