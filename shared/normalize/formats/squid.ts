import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { syslogDocument } from '../syslog-document.ts'
import { fromEpoch } from '../timestamps.ts'
import { putUrl } from '../urls.ts'

/** Squid's native format: `time elapsed client code/status bytes method URL user hierarchy/peer type` (https://wiki.squid-cache.org/Features/LogFormat). */
const LINE =
  /^(\d{9,10}\.\d{3}) +(\d{1,12}) (\S{1,255}) ([A-Z_]{3,48})\/(\d{3}) (\d{1,15}) ([A-Z_]{2,24}) (\S{1,16384}) (\S{1,256}) ([A-Z_]{2,48})\/(\S{1,255})(?: (\S{1,128}))?/

export const squid: Format = {
  name: 'squid.access',
  title: 'Squid proxy access log, native format',
  recognise: ({ body, object }) => (!object && LINE.test(body.slice(0, 17_000)) ? 0.95 : 0),
  read(record) {
    const line = LINE.exec(record.body.slice(0, 17_000))
    if (!line) return undefined
    const [, time = '', , client, code, status = '', bytes = '', method = '', url = '', user, , peer, type] = line
    const document: EventDocument = syslogDocument(record, 'squid.access')
    put(document, 'event.category', ['web', 'network'])
    put(document, 'event.action', code)
    put(document, 'source.ip', parseIp(client))
    put(document, 'http.request.method', method)
    if (Number(status) > 0) put(document, 'http.response.status_code', Number(status))
    put(document, 'event.outcome', code?.includes('DENIED') || Number(status) >= 400 ? 'failure' : 'success')
    put(document, 'http.response.bytes', Number(bytes))
    if (method === 'CONNECT') putTunnel(document, url)
    else putUrl(document, url)
    if (user !== '-') put(document, 'user.name', user)
    put(document, 'destination.ip', parseIp(peer))
    if (type !== '-') put(document, 'http.response.mime_type', type)
    return finishEvent(record, 'squid.access', { product: undefined, service: 'squid', categories: ['proxy'] }, fromEpoch(Number(time)), document)
  },
}

/** A tunnel names host and port alone. */
function putTunnel(document: EventDocument, target: string): void {
  const colon = target.lastIndexOf(':')
  put(document, 'url.original', target)
  put(document, 'url.domain', (colon > 0 ? target.slice(0, colon) : target).toLowerCase())
  put(document, 'url.port', parsePort(target.slice(colon + 1)))
}
