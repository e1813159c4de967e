import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'
import { UTC } from '../zones.ts'

/**
 * IIS's default W3C fields: `date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status …`. The header
 * that names other fields is a line of its own, so a log with other fields is read as far as these stand.
 */
const LINE =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:(W3SVC\d{1,10}) (\S{1,255}) )?(\S{2,45}) ([A-Z_]{2,24}) (\/\S{0,8192}|\*) (\S{1,8192}) (\d{1,5}) (\S{1,256}) ([0-9a-fA-F:.]{2,45}) (?:HTTP\/(\d(?:\.\d)?) )?(\S{1,4096}) (?:(\S{1,4096}) )?(\d{3}) (\d{1,6}) (\d{1,10})/

/** Access log of IIS in the W3C extended format, default fields. A blank inside a field is written as `+`. */
export const webIis: Format = {
  name: 'web.iis',
  title: 'IIS access log, W3C extended format with the default fields',
  recognise: ({ body, object }) => (!object && body.charCodeAt(4) === 45 && LINE.test(body.slice(0, 26_000)) ? 0.95 : 0),
  read(record) {
    const line = LINE.exec(record.body.slice(0, 26_000))
    if (!line) return undefined
    const [, date, site, server, serverIp, method, stem = '', query = '-', port, user, client, version, agent, referrer, status = ''] = line
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'web.iis', category: ['web'], type: ['access'] } }
    putEnvelope(document, record)
    put(document, 'host.name', server)
    put(document, 'iis.access.site_name', site)
    put(document, 'source.ip', parseIp(client))
    put(document, 'destination.ip', parseIp(serverIp))
    put(document, 'destination.port', parsePort(port))
    put(document, 'http.request.method', method)
    putUrl(document, query === '-' ? stem : `${stem}?${query}`)
    put(document, 'http.version', version)
    put(document, 'http.response.status_code', Number(status))
    put(document, 'event.outcome', Number(status) < 400 ? 'success' : 'failure')
    if (user !== '-') put(document, 'user.name', user)
    if (agent !== '-') put(document, 'user_agent.original', agent?.replaceAll('+', ' '))
    if (referrer !== '-') put(document, 'http.request.referrer', referrer)
    // IIS writes UTC whatever the server's zone.
    const time = parseTimestamp(date, { zone: UTC, observedAt: record.observedAt })
    return finishEvent(record, 'web.iis', { product: undefined, service: 'iis', categories: ['webserver'] }, time, document)
  },
}
