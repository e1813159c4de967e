import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseEndpoint, parsePort } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'

// `2026/10/05 13:02:01 [error] 123#123: *45 message, client: 10.0.0.1, server: …, request: "GET / HTTP/1.1", host: "…"`
const NGINX = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[(\w{1,16})\] (\d{1,10})#\d{1,10}: (?:\*\d{1,20} )?/
// `[Wed Oct 11 14:32:52.123456 2026] [core:error] [pid 35708:tid 4328636416] [client 10.0.0.1:5555] message`
const APACHE =
  /^\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4})\] \[(?:([\w-]{0,64}):)?(\w{1,16})\] (?:\[pid (\d{1,10})(?::tid \d{1,20})?\] )?(?:\(\d{1,6}\)[^:[\]]{1,128}: )?(?:\[client ([^\]]{1,64})\] )?/

/** Error log of nginx and Apache. The message stays whole; the client, host and request it names are in ECS too. */
export const webError: Format = {
  name: 'web.error',
  title: 'Web server error log (nginx, Apache)',
  recognise({ body, object }) {
    if (object) return 0
    const first = body.charCodeAt(0)
    if (first === 91) return APACHE.test(body.slice(0, 400)) ? 0.9 : 0
    return first >= 48 && first <= 57 && body.charCodeAt(4) === 47 && NGINX.test(body.slice(0, 100)) ? 0.9 : 0
  },
  read(record, { zone }) {
    const body = record.body.trim()
    const head = body.slice(0, 600)
    const nginx = NGINX.exec(head)
    const apache = nginx ? null : APACHE.exec(head)
    const start = nginx ?? apache
    if (!start) return undefined
    const message = body.slice(start[0].length)
    const document: EventDocument = { '@timestamp': '', message, event: { kind: 'event', dataset: 'web.error', category: ['web'], type: ['error'] } }
    putEnvelope(document, record)
    const level = nginx ? nginx[2] : apache?.[3]
    put(document, 'log.level', level)
    put(document, 'log.logger', apache?.[2])
    if (level !== 'info' && level !== 'notice' && level !== 'debug') put(document, 'event.outcome', 'failure')
    const pid = nginx ? nginx[3] : apache?.[4]
    if (pid !== undefined) put(document, 'process.pid', Number(pid))
    if (nginx) putNginx(document, message)
    else putApache(document, message, apache?.[5])
    const time = parseTimestamp(start[1], { zone, observedAt: record.observedAt })
    return finishEvent(record, 'web.error', { product: undefined, service: nginx ? 'nginx' : 'apache', categories: [] }, time, document)
  },
}

const after = (message: string, label: string, end: string): string | undefined => {
  const at = message.indexOf(label)
  if (at < 0) return undefined
  const from = at + label.length
  const to = message.indexOf(end, from)
  return message.slice(from, to < 0 ? message.length : to)
}

function putNginx(document: EventDocument, message: string): void {
  const client = after(message, ', client: ', ',')
  if (client !== undefined) put(document, 'source.ip', parseEndpoint(client).ip)
  put(document, 'url.domain', after(message, ', host: "', '"') ?? after(message, ', server: ', ','))
  const request = /^([A-Z]{3,16}) (\S{1,8192})/.exec(after(message, ', request: "', '"') ?? '')
  if (!request) return
  put(document, 'http.request.method', request[1])
  putUrl(document, request[2] ?? '')
}

function putApache(document: EventDocument, message: string, client: string | undefined): void {
  if (client !== undefined) {
    const { ip, port } = parseEndpoint(client.replace(' :', ':'))
    put(document, 'source.ip', ip)
    put(document, 'source.port', parsePort(port))
  }
  // ModSecurity appends its facts as `[name "value"]`.
  put(document, 'rule.id', after(message, ' [id "', '"]'))
  put(document, 'rule.description', after(message, ' [msg "', '"]'))
  put(document, 'url.domain', after(message, ' [hostname "', '"]'))
  const uri = after(message, ' [uri "', '"]')
  if (uri !== undefined) putUrl(document, uri)
}
