import type { IncomingMessage, ServerResponse } from 'node:http'
import * as z from 'zod'
import type { HttpConfig } from '../../../shared/connectors/http.ts'
import type { RawRecord, RecordHints } from '../../../shared/event/event.ts'
import type { SourceContext } from '../../source.ts'
import { isUnavailable } from '../store-until-kept.ts'
import { AckChannels } from './acks.ts'
import { type BodyBudget, BodyRefused, readBody } from './body.ts'
import { HecEventError, parseHecEvents } from './hec-events.ts'
import { toRecords } from './lines.ts'
import { createTokenCheck } from './token.ts'

/** How long a request waits for room in a full buffer before it is told to come again. */
const WAIT_FOR_ROOM_MS = 10_000
const RETRY_AFTER_SECONDS = '5'
const HELD_BODIES_BYTES = 134_217_728

/** The codes of Splunk's HTTP Event Collector, as its clients know them. */
const HEC = {
  success: { status: 200, code: 0, text: 'Success' },
  tokenRequired: { status: 401, code: 2, text: 'Token is required' },
  invalidAuthorization: { status: 401, code: 3, text: 'Invalid authorization' },
  invalidToken: { status: 403, code: 4, text: 'Invalid token' },
  noData: { status: 400, code: 5, text: 'No data' },
  invalidFormat: { status: 400, code: 6, text: 'Invalid data format' },
  busy: { status: 503, code: 9, text: 'Server is busy' },
  channelMissing: { status: 400, code: 10, text: 'Data channel is missing' },
  invalidChannel: { status: 400, code: 11, text: 'Invalid data channel' },
  eventRequired: { status: 400, code: 12, text: 'Event field is required' },
  eventBlank: { status: 400, code: 13, text: 'Event field cannot be blank' },
  healthy: { status: 200, code: 17, text: 'HEC is healthy' },
  unhealthy: { status: 503, code: 18, text: 'HEC is unhealthy, queues are full' },
} as const

const HEC_EVENT_PROBLEM = { 6: HEC.invalidFormat, 12: HEC.eventRequired, 13: HEC.eventBlank }

type HecAnswer = (typeof HEC)[keyof typeof HEC]

const AckQuery = z.object({ acks: z.array(z.number()).max(100_000) })

interface Request {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
}

const json = ({ incoming, response }: Request, status: number, body: object): void => {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (status === 503) headers['retry-after'] = RETRY_AFTER_SECONDS
  // What is left of an unread body is not worth waiting for: the connection ends with the answer.
  if (!incoming.complete) headers['connection'] = 'close'
  response.writeHead(status, headers).end(JSON.stringify(body))
}

const problem = (request: Request, status: number, code: string, detail: string): void =>
  json(request, status, { type: 'about:blank', title: code, status, code, detail })

const hec = (request: Request, answer: HecAnswer, more: object = {}): void =>
  json(request, answer.status, { text: answer.text, code: answer.code, ...more })

/** Answers the requests of one listener. Rejects only for a bug; what a client does wrong is answered and counted. */
export const createHandler = (context: SourceContext<HttpConfig>): ((incoming: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const { config, now } = context
  const tokenVerdict = createTokenCheck(config.token)
  const acks = new AckChannels()
  const budget: BodyBudget = { heldBytes: 0, limitBytes: Math.max(HELD_BODIES_BYTES, config.max_body_bytes) }
  let refusedTokens = 0
  /** False from the first time the buffer turned a request away until it takes one again. */
  let taking = true

  const authorised = (request: Request, refuse: (answer: HecAnswer) => void): boolean => {
    const verdict = tokenVerdict(request.incoming.headers.authorization)
    if (verdict === 'valid') return true
    refusedTokens += 1
    context.rejected(1)
    context.report({ type: 'authentication', status: 'pass', message: `clients must present the token; ${refusedTokens} requests came without it` })
    refuse(verdict === 'missing' ? HEC.tokenRequired : verdict === 'malformed' ? HEC.invalidAuthorization : HEC.invalidToken)
    return false
  }

  /** False where the buffer has no room or cannot be written: nothing was kept. */
  const stored = async (records: readonly RawRecord[], cut = 0): Promise<boolean> => {
    try {
      await context.store({ records, cut }, { waitMs: WAIT_FOR_ROOM_MS })
      taking = true
      return true
    } catch (error) {
      if (!isUnavailable(error)) throw error
      taking = false
      return false
    }
  }

  const collect = async (request: Request, read: (body: string) => { records: readonly RawRecord[]; cut?: number }): Promise<void> => {
    const channel = channelOf(request)
    if (channel === 'invalid') return reject(request, HEC.invalidChannel)
    const body = (await readBody(request.incoming, config.max_body_bytes, budget)).toString('utf8')
    if (body.trim() === '') return reject(request, HEC.noData)
    try {
      const { records, cut } = read(body)
      if (records.length === 0) return reject(request, HEC.noData)
      if (!(await stored(records, cut))) return hec(request, HEC.busy)
      hec(request, HEC.success, channel === undefined ? {} : { ackId: acks.issue(channel) })
    } catch (error) {
      if (!(error instanceof HecEventError)) throw error
      reject(request, HEC_EVENT_PROBLEM[error.code], { 'invalid-event-number': error.index })
    }
  }

  const reject = (request: Request, answer: HecAnswer, more: object = {}): void => {
    context.rejected(1)
    hec(request, answer, more)
  }

  const queryAcks = async (request: Request): Promise<void> => {
    const channel = channelOf(request)
    if (channel === undefined) return hec(request, HEC.channelMissing)
    if (channel === 'invalid') return hec(request, HEC.invalidChannel)
    const body = (await readBody(request.incoming, config.max_body_bytes, budget)).toString('utf8')
    const query = AckQuery.safeParse(jsonOrUndefined(body))
    if (!query.success) return hec(request, HEC.invalidFormat)
    json(request, 200, { acks: acks.status(channel, query.data.acks) })
  }

  const ingest = async (request: Request): Promise<void> => {
    const body = (await readBody(request.incoming, config.max_body_bytes, budget)).toString('utf8')
    const { records, cut } = toRecords(body, now(), request.incoming.socket.remoteAddress)
    if (records.length > 0 && !(await stored(records, cut)))
      return problem(request, 503, 'UNAVAILABLE', 'the sensor cannot keep events now; send them again')
    json(request, 200, { accepted: records.length })
  }

  const route = async (request: Request): Promise<void> => {
    const { incoming, url } = request
    const path = url.pathname.replace(/\/+$/, '')
    const peer = incoming.socket.remoteAddress
    if (/^\/services\/collector\/health(\/1\.0)?$/.test(path) && (incoming.method === 'GET' || incoming.method === 'HEAD')) {
      return hec(request, taking ? HEC.healthy : HEC.unhealthy)
    }
    const isHec = path === '/services/collector' || path.startsWith('/services/collector/')
    if (!isHec && path !== '/ingest') return problem(request, 404, 'NOT_FOUND', 'POST /services/collector/event, /services/collector/raw or /ingest')
    if (incoming.method !== 'POST') return problem(request, 405, 'METHOD_NOT_ALLOWED', 'POST')
    if (!isHec) {
      const refuse = ({ status, text }: HecAnswer) => problem(request, status, status === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN', text)
      return authorised(request, refuse) ? ingest(request) : undefined
    }
    if (!authorised(request, (answer) => hec(request, answer))) return
    if (/^\/services\/collector(\/event(\/1\.0)?)?$/.test(path)) return collect(request, (body) => ({ records: parseHecEvents(body, now(), peer) }))
    if (/^\/services\/collector\/raw(\/1\.0)?$/.test(path)) return collect(request, (body) => toRecords(body, now(), peer, rawHints(url)))
    if (/^\/services\/collector\/ack(\/1\.0)?$/.test(path)) return queryAcks(request)
    problem(request, 404, 'NOT_FOUND', 'no such HEC endpoint')
  }

  return async (incoming, response) => {
    const request = { incoming, response, url: new URL(`http://sensor${safePath(incoming.url)}`) }
    try {
      await route(request)
    } catch (error) {
      if (isPeerGone(incoming, error)) return
      const refusal = error instanceof BodyRefused ? error : undefined
      if (!refusal) throw error
      context.rejected(1)
      problem(request, refusal.status, 'BODY_REFUSED', refusal.message)
    }
  }
}

/** The client went away in the middle: there is nobody to answer, and nothing was kept. */
const isPeerGone = (incoming: IncomingMessage, error: unknown): boolean => !(error instanceof BodyRefused) && incoming.destroyed && !incoming.complete

const safePath = (path: string | undefined): string => (path?.startsWith('/') && !path.startsWith('//') ? path : '/')

const CHANNEL = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const channelOf = ({ incoming, url }: Request): string | undefined => {
  const header = incoming.headers['x-splunk-request-channel']
  const channel = (Array.isArray(header) ? header[0] : header) ?? url.searchParams.get('channel') ?? undefined
  return channel === undefined || CHANNEL.test(channel) ? channel?.toLowerCase() : 'invalid'
}

const rawHints = (url: URL): RecordHints | undefined => {
  const [host, sourcetype, path] = ['host', 'sourcetype', 'source'].map((name) => url.searchParams.get(name) ?? undefined)
  const hints = { ...(host ? { host } : {}), ...(sourcetype ? { sourcetype } : {}), ...(path ? { path } : {}) }
  return Object.keys(hints).length > 0 ? hints : undefined
}

const jsonOrUndefined = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
