import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseEndpoint, parseIp } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'

/** `host ident user [date] "request" status bytes`, perhaps with the virtual host first (Apache's vhost_combined). */
const HEAD = /^(?:(\S{1,255}) )?(\S{1,255}) (\S{1,64}) (\S{1,256}|"[^"]{0,256}") \[(\d{1,2}\/[A-Za-z]{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "/
const RESULT = /^ (\d{3}|-) (\d{1,15}|-)/

/** The end of a quoted field that starts at `at`: servers escape `"` with a backslash. */
const endOfQuoted = (text: string, at: number): number => {
  let cursor = at
  while (cursor < text.length) {
    const code = text.charCodeAt(cursor)
    if (code === 34) return cursor
    cursor += code === 92 ? 2 : 1
  }
  return -1
}

/** Access log of nginx, Apache and what copies them: common and combined format. */
export const webAccess: Format = {
  name: 'web.access',
  title: 'Web access log, common or combined format (nginx, Apache)',
  recognise({ body, object }) {
    if (object) return 0
    const bracket = body.indexOf(' [')
    return bracket > 4 && bracket < 700 && body.startsWith('] "', bracket + 28) && HEAD.test(body.slice(0, bracket + 32).trimStart()) ? 0.95 : 0
  },
  read(record, { zone }) {
    const body = record.body.trim()
    const head = HEAD.exec(body.length > 1_100 ? body.slice(0, 1_100) : body)
    if (!head) return undefined
    const requestStart = head[0].length
    const requestEnd = endOfQuoted(body, requestStart)
    const result = requestEnd < 0 ? null : RESULT.exec(body.slice(requestEnd + 1, requestEnd + 24))
    if (!result) return undefined
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'web.access', category: ['web'], type: ['access'] } }
    putEnvelope(document, record)
    const [, virtualHost, client, ident, user, date] = head
    const ip = client === undefined ? undefined : parseIp(client)
    put(document, ip === undefined ? 'source.domain' : 'source.ip', ip ?? client)
    if (virtualHost !== undefined) {
      const server = parseEndpoint(virtualHost)
      const colon = virtualHost.lastIndexOf(':')
      put(document, 'url.domain', server.ip ?? (colon > 0 ? virtualHost.slice(0, colon) : virtualHost))
      if (colon > 0) put(document, 'url.port', Number(virtualHost.slice(colon + 1)) || undefined)
    }
    if (ident !== '-') put(document, 'apache.access.identity', ident)
    if (user !== '-') put(document, 'user.name', user)
    putRequest(document, body.slice(requestStart, requestEnd))
    const status = Number(result[1])
    if (status > 0) {
      put(document, 'http.response.status_code', status)
      put(document, 'event.outcome', status < 400 ? 'success' : 'failure')
    }
    if (result[2] !== '-') put(document, 'http.response.body.bytes', Number(result[2]))
    putQuoted(document, body, requestEnd + 1 + result[0].length)
    const time = parseTimestamp(date, { zone, observedAt: record.observedAt })
    return finishEvent(record, 'web.access', { categories: ['webserver'] }, time, document)
  },
}

/** `GET /path?query HTTP/1.1`; anything else (a TLS hello on the plain port, a probe) stays whole. */
function putRequest(document: EventDocument, request: string): void {
  const first = request.indexOf(' ')
  const last = request.lastIndexOf(' ')
  const method = request.slice(0, Math.max(0, first))
  if (!/^[A-Z_-]{3,24}$/.test(method)) {
    if (request !== '-') put(document, 'http.request.line', request)
    return
  }
  put(document, 'http.request.method', method)
  const hasVersion = last > first && request.startsWith('HTTP/', last + 1)
  putUrl(document, request.slice(first + 1, hasVersion ? last : undefined))
  if (hasVersion) put(document, 'http.version', request.slice(last + 6))
}

/** `"referrer" "agent"`, then whatever the site added (a forwarded-for address, timings). */
function putQuoted(document: EventDocument, body: string, from: number): void {
  let at = from
  for (const path of ['http.request.referrer', 'user_agent.original']) {
    if (!body.startsWith(' "', at)) break
    const end = endOfQuoted(body, at + 2)
    if (end < 0) break
    const value = body.slice(at + 2, end)
    if (value !== '-') put(document, path, value)
    at = end + 1
  }
  put(document, 'web.access.extra', body.slice(at).trim())
}
