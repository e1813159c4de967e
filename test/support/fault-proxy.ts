import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/**
 * `pass` · `stall`: bytes wait, and go on when the mode changes · `drop`: nothing is accepted, open connections close ·
 * `rst`: connections are reset · `slow`: a limited rate · `halfopen`: bytes of both directions vanish, nobody is told ·
 * `lost-answers`: bytes towards the client vanish.
 */
export type FaultMode = 'pass' | 'stall' | 'drop' | 'rst' | 'slow' | 'halfopen' | 'lost-answers'

/** A TCP proxy on an ephemeral port that misbehaves on demand. */
export async function startFaultProxy(target: { host: string; port: number }) {
  let mode: FaultMode = 'pass'
  let bytesPerSecond = 64 * 1024
  const pairs = new Set<{ client: Socket; upstream: Socket; muted: { up: boolean; down: boolean } }>()
  const released: (() => void)[] = []
  let connections = 0

  const throttled = (isMuted: () => boolean) =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const forward = () => (isMuted() ? done() : done(null, chunk))
        if (mode === 'stall') released.push(forward)
        else if (mode === 'slow') setTimeout(forward, (chunk.length / bytesPerSecond) * 1_000)
        else forward()
      },
    })

  const server = createServer((client) => {
    connections++
    if (mode === 'drop') return client.destroy()
    if (mode === 'rst') return client.resetAndDestroy()
    const upstream = connect(target)
    // A connection that lost bytes stays mute: TLS could not go on after a gap.
    const pair = { client, upstream, muted: { up: mode === 'halfopen', down: mode === 'halfopen' || mode === 'lost-answers' } }
    pairs.add(pair)
    const close = () => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      // Resets are this proxy's business; the programs at both ends see them by themselves.
      socket.on('error', close)
      socket.on('close', close)
      socket.setNoDelay(true)
    }
    client.pipe(throttled(() => pair.muted.up)).pipe(upstream)
    upstream.pipe(throttled(() => pair.muted.down)).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    set(next: FaultMode, rate?: number): void {
      mode = next
      if (rate) bytesPerSecond = rate
      for (const pair of pairs) {
        if (next === 'halfopen') pair.muted = { up: true, down: true }
        if (next === 'lost-answers') pair.muted = { ...pair.muted, down: true }
        if (next === 'drop') pair.client.destroy()
        if (next === 'rst') pair.client.resetAndDestroy()
      }
      if (next !== 'stall') for (const release of released.splice(0)) release()
    },
    async close(): Promise<void> {
      for (const { client, upstream } of pairs) {
        client.destroy()
        upstream.destroy()
      }
      server.close()
      await once(server, 'close')
    },
  }
}

export type FaultProxy = Awaited<ReturnType<typeof startFaultProxy>>
