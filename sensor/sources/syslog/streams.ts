import type { Server, Socket } from 'node:net'
import type { RawRecord } from '../../../shared/event/event.ts'
import type { SourceContext } from '../../source.ts'
import { storeUntilKept } from '../store-until-kept.ts'
import { type Message, StreamFramer } from './framing.ts'

export interface StreamLimits {
  readonly max_message_bytes: number
  readonly max_connections: number
}

const MAX_RECORDS_PER_BATCH = 1_000
/** With all places taken, a connection that has said nothing for this long gives its own up. */
const SILENT_MS = 60_000
/** When stopping: what a peer sent before it saw our FIN is still read, until it has been quiet this long. */
const QUIET_MS = 250
const DRAIN_MS = 3_000

/**
 * Reads syslog messages from a server's connections. A connection is read no further until what came is durable: the peer's TCP window is
 * the back-pressure.
 *
 * @param onFault - hears of what is neither the peer's nor the buffer's doing
 * @returns stops listening, reads what peers had already sent, and resolves once that is stored
 */
export const readStreams = (
  server: Server,
  event: 'connection' | 'secureConnection',
  context: SourceContext<StreamLimits>,
  onFault: (error: unknown) => void,
): (() => Promise<void>) => {
  const { config, rejected, now } = context
  const connections = new Map<Socket, { lastHeardMs: number; done: Promise<void> }>()
  let stopping = false

  const keep = async (messages: readonly Message[], peer: string | undefined): Promise<void> => {
    const observedAt = now()
    for (let from = 0; from < messages.length; from += MAX_RECORDS_PER_BATCH) {
      const some = messages.slice(from, from + MAX_RECORDS_PER_BATCH)
      const records = some.map(({ text }): RawRecord => ({ text, observedAt, peer }))
      await storeUntilKept(context, { records, cut: some.filter((each) => each.cut).length }, 'wait')
    }
  }

  const read = async (socket: Socket): Promise<void> => {
    const peer = socket.remoteAddress
    const framer = new StreamFramer(config.max_message_bytes)
    try {
      for await (const chunk of socket) {
        const connection = connections.get(socket)
        if (connection) connection.lastHeardMs = performance.now()
        await keep(framer.push(chunk), peer)
      }
    } catch (error) {
      // A peer that resets, or a drain that ends: what it had sent before still counts. Anything else is ours to hear about.
      if (!isConnectionError(error)) throw error
    } finally {
      connections.delete(socket)
      socket.destroy()
    }
    await keep(framer.end(), peer)
  }

  const hasPlace = (): boolean => {
    if (connections.size < config.max_connections) return true
    const [silent] = [...connections].sort(([, a], [, b]) => a.lastHeardMs - b.lastHeardMs)
    if (!silent || performance.now() - silent[1].lastHeardMs < SILENT_MS) return false
    connections.delete(silent[0])
    silent[0].destroy()
    return true
  }

  // A connection that could not be accepted (no descriptors left): the others go on.
  server.on('error', () => rejected(1))
  server.on(event, (socket: Socket) => {
    socket.on('error', () => {
      // Reported by the reader's own loop; without a listener it would end the process.
    })
    if (stopping || !hasPlace()) {
      rejected(1)
      socket.destroy()
      return
    }
    socket.setKeepAlive(true, 60_000)
    const done = read(socket).catch(onFault)
    connections.set(socket, { lastHeardMs: performance.now(), done })
  })

  return async () => {
    stopping = true
    const reading = [...connections.values()].map((each) => each.done)
    server.close()
    for (const socket of connections.keys()) {
      socket.end()
      socket.setTimeout(QUIET_MS, () => socket.destroy())
    }
    const deadline = setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy()
    }, DRAIN_MS)
    await Promise.all(reading)
    clearTimeout(deadline)
  }
}

const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(E[A-Z]+$|ERR_STREAM_|ERR_SSL_|ERR_TLS_)/.test(error.code)
