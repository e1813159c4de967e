import type { EventDocument, EventLogsource, JsonValue } from '../../event/event.ts'
import { own } from '../../own.ts'
import type { Format } from '../contract.ts'
import { finishEvent, get, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { type Pairs, parseKeyValues } from '../key-value.ts'
import { putLogin } from '../logins.ts'
import { outcomeOf } from '../outcomes.ts'
import { putEnvelope } from '../syslog-document.ts'
import { fromEpoch, parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'
import { createZone, type Zone } from '../zones.ts'

/** Names that move, and where to; the taxonomy reads them there. */
const TEXTS: { readonly [name: string]: string } = {
  action: 'event.action',
  devname: 'host.name',
  devid: 'observer.serial_number',
  logid: 'event.code',
  msg: 'message',
  policyname: 'rule.name',
  virus: 'threat.software.name',
  filename: 'file.name',
  qname: 'dns.question.name',
  qtype: 'dns.question.type',
  agent: 'user_agent.original',
}
const IPS: { readonly [name: string]: string } = { srcip: 'source.ip', dstip: 'destination.ip', remip: 'source.ip', transip: 'source.nat.ip' }
const PORTS: { readonly [name: string]: string } = { srcport: 'source.port', dstport: 'destination.port', transport: 'source.nat.port' }
const BYTES: { readonly [name: string]: string } = { sentbyte: 'source.bytes', rcvdbyte: 'destination.bytes' }
const TRANSPORTS: { readonly [number: string]: string } = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' }

/** Sigma's categories by what the log is about; UTM logs say it in `subtype`. */
const CATEGORIES: { readonly [kind: string]: readonly string[] } = {
  traffic: ['firewall'],
  webfilter: ['proxy'],
  dns: ['dns'],
  virus: ['antivirus'],
}

/** A FortiGate's log line, in Fortinet's own `key=value` (https://docs.fortinet.com/document/fortigate/7.4.0/fortios-log-message-reference). What does not move stays under `fortinet.firewall`. */
export const fortigate: Format = {
  name: 'fortinet.firewall',
  title: 'FortiGate log, key=value',
  recognise({ body, object }) {
    if (object) return 0
    const head = body.slice(0, 600)
    return head.includes('devid=') && head.includes('logid=') && head.includes('type=') ? 0.97 : 0
  },
  read(record, { zone }) {
    const pairs = parseKeyValues(record.body)
    const type = pairs.get('type')
    if (type === undefined || !pairs.has('logid')) return undefined
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'fortinet.firewall' } }
    putEnvelope(document, record)
    // The header's name for the sender is the device's, which it says itself.
    delete document['process']
    const rest: { [name: string]: JsonValue } = {}
    for (const [name, value] of pairs) if (value !== '' && name !== '__proto__' && !place(document, name, value)) rest[name] = value
    put(document, 'fortinet.firewall', rest)
    put(document, 'observer.vendor', 'Fortinet')
    const transport = own(TRANSPORTS, pairs.get('proto') ?? '')
    put(document, 'network.transport', transport)
    putLogin(document, 'user', pairs.get('user') ?? pairs.get('xauthuser'))
    const url = pairs.get('url')
    if (url)
      putUrl(
        document,
        url.startsWith('/') && pairs.has('hostname')
          ? `${pairs.get('service') === 'HTTPS' ? 'https' : 'http'}://${pairs.get('hostname')}${url}`
          : url,
      )
    else put(document, 'url.domain', pairs.get('hostname'))
    if (get(document, 'event.outcome') === undefined) put(document, 'event.outcome', outcomeOf(pairs.get('status') ?? pairs.get('result') ?? ''))
    return finishEvent(record, 'fortinet.firewall', logsourceOf(type, pairs), timeOf(pairs, zone, record.observedAt), document)
  },
}

function logsourceOf(type: string, pairs: Pairs): EventLogsource {
  const categories = own(CATEGORIES, type) ?? own(CATEGORIES, pairs.get('subtype') ?? '') ?? []
  // The daemon of the SSL-VPN reports its crashes among the system's events.
  const isSslVpnDaemon = type === 'event' && `${pairs.get('msg') ?? ''}${pairs.get('process') ?? ''}`.includes('sslvpnd')
  return { product: 'fortigate', service: isSslVpnDaemon ? 'sslvpnd' : type, categories }
}

/** True where the value stands in ECS as it was. */
function place(document: EventDocument, name: string, value: string): boolean {
  const text = own(TEXTS, name)
  if (text !== undefined) {
    put(document, text, value)
    return true
  }
  const ip = own(IPS, name)
  const port = own(PORTS, name)
  const bytes = own(BYTES, name)
  const path = ip ?? port ?? bytes
  if (path === undefined || get(document, path) !== undefined) return false
  const typed = ip ? parseIp(value) : port ? parsePort(value) : /^\d{1,15}$/.test(value) ? Number(value) : undefined
  put(document, path, typed)
  return typed !== undefined && String(typed) === value
}

/** `eventtime` counts s, ms or ns; older devices give only date and time, in the zone `tz` names. */
function timeOf(pairs: Pairs, zone: Zone, observedAt: Date): Date | undefined {
  const exact = pairs.get('eventtime')
  const time = exact === undefined ? undefined : fromEpoch(Number(exact))
  if (time) return time
  const [date, clock, offset] = [pairs.get('date'), pairs.get('time'), pairs.get('tz')]
  if (date === undefined || clock === undefined) return undefined
  return parseTimestamp(`${date} ${clock}`, {
    zone: offset !== undefined && /^[+-]\d{4}$/.test(offset) ? createZone(`${offset.slice(0, 3)}:${offset.slice(3)}`) : zone,
    observedAt,
  })
}
