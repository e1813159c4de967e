import type { EventDocument, JsonValue } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, get, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'

const TEXTS: { readonly [key: string]: string } = {
  usrName: 'user.name',
  accountName: 'user.name',
  domain: 'user.domain',
  identHostName: 'host.name',
  action: 'event.action',
  policy: 'rule.name',
  resource: 'file.name',
  msg: 'message',
}
const IPS: { readonly [key: string]: string } = {
  src: 'source.ip',
  dst: 'destination.ip',
  srcPostNAT: 'source.nat.ip',
  dstPostNAT: 'destination.nat.ip',
}
const PORTS: { readonly [key: string]: string } = { srcPort: 'source.port', dstPort: 'destination.port' }
const MAX_PAIRS = 512

/** Version 2 may name its delimiter, as a character or as `x7C` or `0x7C`; otherwise it is a tab. */
const delimiterOf = (field: string): string => {
  const code = /^(?:0?x)([0-9a-f]{1,4})$/i.exec(field)
  return code ? String.fromCharCode(Number.parseInt(code[1] ?? '9', 16)) : field.length === 1 ? field : '\t'
}

/** IBM QRadar's Log Event Extended Format: a bar-separated header, then `key=value` parted by tabs or by a delimiter of the sender's. */
export const leef: Format = {
  name: 'leef',
  title: 'LEEF (QRadar Log Event Extended Format) 1.0 and 2.0, bare or inside syslog',
  recognise: ({ body, object }) => (object ? 0 : body.startsWith('LEEF:') ? 1 : 0),
  read(record, { zone }) {
    const { body } = record
    const version2 = body.startsWith('LEEF:2')
    const header = body.slice(5, 2_048).split('|', 7)
    // The delimiter's field may be left out in version 2: then pairs start right away.
    const hasDelimiter = version2 && header.length > 6 && !(header[5] ?? '').includes('=')
    const count = hasDelimiter ? 6 : 5
    if (header.length <= count) return undefined
    let at = 4
    for (let i = 0; i < count; i++) at = body.indexOf('|', at + 1)
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'leef' } }
    putEnvelope(document, record)
    put(document, 'observer.vendor', header[1])
    put(document, 'observer.product', header[2])
    put(document, 'observer.version', header[3])
    put(document, 'event.code', header[4])
    const rest: { [name: string]: JsonValue } = {}
    const fields = new Map<string, string>()
    for (const pair of body.slice(at + 1).split(delimiterOf(hasDelimiter ? (header[5] ?? '') : ''), MAX_PAIRS)) {
      const equals = pair.indexOf('=')
      if (equals <= 0) continue
      const key = pair.slice(0, equals).trim()
      const value = pair.slice(equals + 1).trim()
      fields.set(key, value)
      if (value !== '' && key !== '__proto__' && !place(document, key, value)) rest[key] = value
    }
    put(document, 'leef', rest)
    const url = fields.get('url')
    if (url) putUrl(document, url)
    const time = parseTimestamp(fields.get('devTime'), { zone, observedAt: record.observedAt })
    const isFirewall =
      get(document, 'source.ip') !== undefined && get(document, 'destination.ip') !== undefined && get(document, 'destination.port') !== undefined
    return finishEvent(record, 'leef', { categories: isFirewall ? ['firewall'] : [] }, time, document)
  },
}

function place(document: EventDocument, key: string, value: string): boolean {
  const own = (table: { readonly [key: string]: string }) => (Object.hasOwn(table, key) ? table[key] : undefined)
  const text = own(TEXTS)
  const ip = own(IPS)
  const port = own(PORTS)
  const path = text ?? ip ?? port
  if (key === 'proto') {
    put(document, 'network.transport', value.toLowerCase())
    return value === value.toLowerCase()
  }
  if (path === undefined || get(document, path) !== undefined) return false
  const typed = ip ? parseIp(value) : port ? parsePort(value) : value
  put(document, path, typed)
  return String(typed) === value
}
