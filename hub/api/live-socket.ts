import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import * as z from 'zod'
import type { Logger } from '../../shared/log.ts'
import type { Identity } from '../identity/identity.ts'
import type { Session } from '../identity/session.ts'
import type { Live, LiveEvent } from '../live/contract.ts'
import type { PipelineMeter } from '../pipeline/contract.ts'
import type { HttpMetrics } from './metrics.ts'
import { WS_TOPICS, type WsFrame, WsSubscribe } from './schemas/views.ts'

const PATH = '/ws/monitoring'
/** How often the API document promises `metrics_update`. */
export const METRICS_PERIOD_MS = 5_000
const PING_MS = 20_000
/** Past the soft bound metrics frames are left out, the next one says the same and more; past the hard one the socket is cut. */
const SOFT_BUFFER_BYTES = 1_048_576
const HARD_BUFFER_BYTES = 4_194_304
const LARGEST_CLIENT_FRAME_BYTES = 8_192
const MOST_SOCKETS_PER_TENANT = 200
const MOST_CLIENT_FRAMES_PER_MINUTE = 120

const CLOSE_EXPIRED = 4401
const CLOSE_POLICY = 1008
const CLOSE_GOING_AWAY = 1001

type Topic = (typeof WS_TOPICS)[number]
type Frame = z.infer<typeof WsFrame>
type Body = Frame extends infer Each ? (Each extends Frame ? Omit<Each, 'timestamp'> : never) : never

/** A client's renewal: a socket lives as long as the token last presented. */
const Renewal = z.strictObject({ action: z.literal('auth'), token: z.string().max(4_096) })

export interface LiveSocketOptions {
  readonly identity: Pick<Identity, 'authenticate' | 'spendTicket'>
  readonly live: Live
  readonly meter: Pick<PipelineMeter, 'snapshot'>
  readonly metrics: Pick<HttpMetrics, 'sockets' | 'framesDropped'>
  readonly now: () => Date
  readonly log: Logger
  /** Where the console is served from, where that is not the address the hub itself is called by. */
  readonly publicUrl?: string | undefined
  /** Period of `metrics_update`; the API promises 5 s, tests do not want to wait. */
  readonly metricsMs?: number | undefined
}

/**
 * `/ws/monitoring`: what happens in the session's tenant, pushed as it happens. The token in the address is an access token or a ticket
 * and appears in no log. Until it subscribes, a socket gets every topic.
 *
 * @returns close: tells every client to come back later, and ends
 */
export function attachLiveSocket(server: Server, options: LiveSocketOptions): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_CLIENT_FRAME_BYTES, perMessageDeflate: false })
  const perTenant = new Map<string, number>()

  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://hub')
    if (url.pathname !== PATH) return refuse(socket, 404)
    if (!originAllowed(request, options.publicUrl)) return refuse(socket, 403)
    const token = url.searchParams.get('token') ?? ''
    const session = options.identity.spendTicket(token) ?? (await options.identity.authenticate(token))
    if (!session) return refuse(socket, 401)
    const { tenantId } = session.tenant
    if ((perTenant.get(tenantId) ?? 0) >= MOST_SOCKETS_PER_TENANT) return refuse(socket, 429)
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      perTenant.set(tenantId, (perTenant.get(tenantId) ?? 0) + 1)
      options.metrics.sockets.inc()
      accepted.once('close', () => {
        perTenant.set(tenantId, (perTenant.get(tenantId) ?? 1) - 1)
        options.metrics.sockets.dec()
      })
      runSocket(accepted, session, options)
    })
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A peer that goes away while it is looked at is nobody's problem; without a listener it would end the process.
    const onError = (error: Error) => options.log.debug({ err: error }, 'a socket failed before it was accepted')
    socket.on('error', onError)
    admit(request, socket, head).then(
      () => socket.off('error', onError),
      (error: unknown) => {
        options.log.error({ err: error }, 'a WebSocket could not be opened')
        refuse(socket, 500)
      },
    )
  })

  return {
    close() {
      for (const client of sockets.clients) client.close(CLOSE_GOING_AWAY, 'the hub is stopping')
      sockets.close()
    },
  }
}

function runSocket(
  socket: WebSocket,
  first: Session,
  { identity, live, meter, metrics, now, log, metricsMs = METRICS_PERIOD_MS }: LiveSocketOptions,
): void {
  const { tenantId } = first.tenant
  let session = first
  let topics = new Set<Topic>(WS_TOPICS)
  let alive = true
  let framesThisMinute = 0

  const send = (body: Body, dropWhenSlow = false): void => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > HARD_BUFFER_BYTES) {
      log.warn({ bufferedBytes: socket.bufferedAmount }, 'a WebSocket reads too slowly and is cut')
      socket.terminate()
      return
    }
    if (dropWhenSlow && socket.bufferedAmount > SOFT_BUFFER_BYTES) {
      metrics.framesDropped.inc()
      return
    }
    socket.send(JSON.stringify({ type: body.type, timestamp: now().toISOString(), data: body.data }))
  }

  const sendMetrics = (): void => {
    if (!topics.has('metrics')) return
    const flow = meter.snapshot(tenantId)
    const data = {
      ingestion_rate: flow.eventsPerSecond,
      normalization_latency_p99: flow.normalizeP99Ms,
      alerts_last_minute: flow.alertsLastMinute,
      queue_consumer_lag_total: Math.max(flow.waiting, flow.inFlight),
    }
    send({ type: 'metrics_update', data }, true)
  }

  const onLive = (event: LiveEvent): void => {
    const frame = toFrame(event)
    if (topics.has(frame.topic)) send(frame.body)
  }

  const onMessage = async (text: string): Promise<void> => {
    if (++framesThisMinute > MOST_CLIENT_FRAMES_PER_MINUTE) return socket.close(CLOSE_POLICY, 'too many messages')
    const message = readJson(text)
    const renewal = Renewal.safeParse(message)
    if (renewal.success) {
      const renewed = await identity.authenticate(renewal.data.token)
      if (!renewed || renewed.tenant.tenantId !== tenantId || renewed.userId !== session.userId) return socket.close(CLOSE_EXPIRED, 'token refused')
      session = renewed
      return
    }
    const subscription = WsSubscribe.safeParse(message)
    if (!subscription.success)
      return send({ type: 'error', data: { code: 'INVALID_MESSAGE', message: 'Expected {"action":"subscribe"|"unsubscribe","topics":[…]}.' } })
    const { action, topics: named } = subscription.data
    const known = WS_TOPICS.filter((topic) => named.includes(topic))
    const unknown = named.filter((name) => !WS_TOPICS.some((topic) => topic === name))
    if (unknown.length > 0)
      return send({ type: 'error', data: { code: 'UNKNOWN_TOPIC', message: `Topics are ${WS_TOPICS.join(', ')}. Nothing was changed.` } })
    topics = action === 'subscribe' ? new Set(known) : new Set([...topics].filter((topic) => !known.includes(topic)))
    send({ type: 'subscribed', data: { topics: [...topics] } })
  }

  const unsubscribe = live.subscribe(tenantId, onLive)
  const metricsTimer = setInterval(sendMetrics, metricsMs)
  const expiryTimer = setInterval(() => {
    if (session.expiresAt <= now()) socket.close(CLOSE_EXPIRED, 'token expired')
  }, 1_000)
  const pingTimer = setInterval(() => {
    framesThisMinute = Math.max(0, framesThisMinute - MOST_CLIENT_FRAMES_PER_MINUTE / 3)
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, PING_MS)

  socket.on('pong', () => {
    alive = true
  })
  socket.on('message', (data, isBinary) => {
    onMessage(isBinary ? '' : String(data)).catch((error: unknown) => {
      log.error({ err: error }, 'a WebSocket message failed')
      socket.close(1011, 'internal error')
    })
  })
  socket.on('error', (error) => log.debug({ err: error }, 'a WebSocket failed'))
  socket.once('close', () => {
    unsubscribe()
    for (const timer of [metricsTimer, expiryTimer, pingTimer]) clearInterval(timer)
  })
  sendMetrics()
}

function toFrame(event: LiveEvent): { topic: Topic; body: Body } {
  switch (event.type) {
    case 'alert': {
      const { created, alertId, severity, ruleTitle, host } = event.notice
      if (!created) return { topic: 'alerts', body: { type: 'alert_updated', data: { alert_id: alertId } } }
      return { topic: 'alerts', body: { type: 'new_alert', data: { alert_id: alertId, severity, rule_title: ruleTitle, host: host ?? null } } }
    }
    case 'alert_updated':
      return { topic: 'alerts', body: { type: 'alert_updated', data: { alert_id: event.alertId } } }
    case 'connector_status': {
      const data = { connector_id: event.connectorId, old_status: event.from, new_status: event.to, message: event.message }
      return { topic: 'connector_health', body: { type: 'connector_status_change', data } }
    }
  }
}

/** Browsers always say where a page came from; a page from elsewhere must not read a tenant's stream. Programs say nothing. */
function originAllowed(request: IncomingMessage, publicUrl: string | undefined): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  return new URL(origin).host === host || (publicUrl !== undefined && new URL(publicUrl).origin === origin)
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
