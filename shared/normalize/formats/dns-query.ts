import type { EventDocument } from '../../event/event.ts'
import type { Format, OpenRecord } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { syslogDocument } from '../syslog-document.ts'

const NAME = '(\\S{1,255})'
/** Each pattern gives client, port, name and type, as far as the resolver says them. */
const LINES: readonly { readonly mark: string; readonly pattern: RegExp; readonly order: readonly ('client' | 'port' | 'name' | 'type')[] }[] = [
  // BIND: `client @0x7f 192.0.2.1#38251 (host.example): query: host.example IN AAAA + (192.0.2.53)`
  {
    mark: ': query: ',
    pattern: new RegExp(
      `client (?:@0x[0-9a-f]{1,16} )?([0-9a-fA-F.:]{2,45})#(\\d{1,5})[^:]{0,300}(?:: view [^:]{1,64})?: query: ${NAME} IN ([A-Z0-9]{1,12})\\b`,
    ),
    order: ['client', 'port', 'name', 'type'],
  },
  // Unbound: `[1113:1] query: 192.0.2.1 example.com. A IN`, `[27:0] info: 192.0.2.1 example.com. A IN`
  { mark: ' IN', pattern: new RegExp(`(?:query|info): ([0-9a-fA-F.:]{2,45}) ${NAME}\\. ([A-Z0-9]{1,12}) IN\\b`), order: ['client', 'name', 'type'] },
  // dnsmasq and Pi-hole: `query[AAAA] example.com from 192.0.2.1`
  {
    mark: 'query[',
    pattern: new RegExp(`^(?:\\d{1,10} \\S{1,64} )?query\\[([A-Z0-9]{1,12})\\] ${NAME} from ([0-9a-fA-F.:]{2,45})`),
    order: ['type', 'name', 'client'],
  },
]

const find = (body: string) => {
  const head = body.slice(0, 1_200)
  for (const { mark, pattern, order } of LINES) {
    const match = head.includes(mark) ? pattern.exec(head) : null
    if (match) return Object.fromEntries(order.map((name, index) => [name, match[index + 1]]))
  }
  return undefined
}

/** Questions put to a resolver, from its query log: BIND, Unbound, dnsmasq. */
export const dnsQuery: Format = {
  name: 'dns.query',
  title: "A resolver's query log (BIND, Unbound, dnsmasq)",
  recognise: ({ body, object }: OpenRecord) => (!object && find(body) ? 0.9 : 0),
  read(record) {
    const query = find(record.body)
    if (!query) return undefined
    const document: EventDocument = syslogDocument(record, 'dns.query')
    put(document, 'event.category', ['network'])
    put(document, 'event.type', ['protocol', 'start'])
    put(document, 'source.ip', parseIp(query['client']))
    put(document, 'source.port', parsePort(query['port']))
    // The root's dot at the end is no part of the name rules know.
    put(document, 'dns.question.name', query['name']?.replace(/\.$/, '').toLowerCase())
    put(document, 'dns.question.type', query['type'])
    return finishEvent(record, 'dns.query', { product: undefined, service: undefined, categories: ['dns'] }, undefined, document)
  },
}
