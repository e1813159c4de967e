import type { EventDocument, EventLogsource, JsonValue } from '../../event/event.ts'
import { own } from '../../own.ts'
import type { Format } from '../contract.ts'
import { baseName, finishEvent, get, put, relate, textAt } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { isEscaped, type Pairs, parseCefExtension, unescapeCef } from '../key-value.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'
import { createZone, type Zone } from '../zones.ts'

type Kind = 'text' | 'ip' | 'port' | 'integer'

/**
 * The CEF dictionary's keys in ECS, short and long names (ArcSight CEF implementation standard, "Producer dictionary").
 * What is not here stays under `cef.extensions`.
 */
const FIELDS = new Map<string, readonly [path: string, kind: Kind]>(
  Object.entries({
    src: ['source.ip', 'ip'],
    sourceAddress: ['source.ip', 'ip'],
    c6a2: ['source.ip', 'ip'],
    dst: ['destination.ip', 'ip'],
    destinationAddress: ['destination.ip', 'ip'],
    c6a3: ['destination.ip', 'ip'],
    spt: ['source.port', 'port'],
    sourcePort: ['source.port', 'port'],
    dpt: ['destination.port', 'port'],
    destinationPort: ['destination.port', 'port'],
    shost: ['source.domain', 'text'],
    sourceHostName: ['source.domain', 'text'],
    dhost: ['destination.domain', 'text'],
    destinationHostName: ['destination.domain', 'text'],
    destinationDnsDomain: ['destination.domain', 'text'],
    smac: ['source.mac', 'text'],
    dmac: ['destination.mac', 'text'],
    sourceTranslatedAddress: ['source.nat.ip', 'ip'],
    sourceTranslatedPort: ['source.nat.port', 'port'],
    destinationTranslatedAddress: ['destination.nat.ip', 'ip'],
    destinationTranslatedPort: ['destination.nat.port', 'port'],
    suser: ['user.name', 'text'],
    suid: ['user.id', 'text'],
    sntdom: ['user.domain', 'text'],
    duser: ['user.target.name', 'text'],
    duid: ['user.target.id', 'text'],
    dntdom: ['user.target.domain', 'text'],
    dvc: ['observer.ip', 'ip'],
    deviceAddress: ['observer.ip', 'ip'],
    dvchost: ['observer.hostname', 'text'],
    deviceHostName: ['observer.hostname', 'text'],
    deviceExternalId: ['observer.serial_number', 'text'],
    deviceInboundInterface: ['observer.ingress.interface.name', 'text'],
    deviceOutboundInterface: ['observer.egress.interface.name', 'text'],
    proto: ['network.transport', 'text'],
    transportProtocol: ['network.transport', 'text'],
    app: ['network.protocol', 'text'],
    act: ['event.action', 'text'],
    deviceAction: ['event.action', 'text'],
    externalId: ['event.id', 'text'],
    reason: ['event.reason', 'text'],
    in: ['source.bytes', 'integer'],
    out: ['destination.bytes', 'integer'],
    fname: ['file.name', 'text'],
    filePath: ['file.path', 'text'],
    fsize: ['file.size', 'integer'],
    fileType: ['file.type', 'text'],
    sproc: ['process.name', 'text'],
    deviceProcessName: ['process.name', 'text'],
    spid: ['process.pid', 'integer'],
    requestMethod: ['http.request.method', 'text'],
    requestClientApplication: ['user_agent.original', 'text'],
    msg: ['message', 'text'],
  }) as [string, readonly [string, Kind]][],
)
const TIMES = ['rt', 'deviceReceiptTime', 'start', 'startTime', 'end', 'endTime'] as const
/** https://www.iana.org/assignments/protocol-numbers */
const PROTOCOLS: { readonly [number: string]: string } = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  89: 'ospf',
  132: 'sctp',
}
const FIREWALL = /firewall|traffic|ngfw|fortigate|asa|pan-?os|checkpoint|vpn-1|netscreen|sonicwall|session/i

const start = (body: string): number => {
  if (body.startsWith('CEF:')) return 0
  const at = body.indexOf('CEF:')
  // Some senders put a name or a quote before it; further in, it is only a word in a message.
  return at > 0 && at <= 128 && /^CEF: ?[01]\|/.test(body.slice(at, at + 8)) ? at : -1
}

/** The seven header fields; `|` and `\` are escaped in them. */
function splitHeader(body: string, from: number): { fields: string[]; rest: string } | undefined {
  const fields: string[] = []
  let fieldStart = from
  for (let at = body.indexOf('|', from); at >= 0; at = body.indexOf('|', at + 1)) {
    if (isEscaped(body, at)) continue
    fields.push(unescapeCef(body.slice(fieldStart, at)))
    fieldStart = at + 1
    if (fields.length === 7) return { fields, rest: body.slice(fieldStart) }
  }
  // A header alone, without the last bar, is still worth reading.
  return fields.length === 6 ? { fields: [...fields, body.slice(fieldStart).trim()], rest: '' } : undefined
}

/** ArcSight's Common Event Format: a bar-separated header and an extension of key=value. */
export const cef: Format = {
  name: 'cef',
  title: 'CEF (ArcSight Common Event Format), bare or inside syslog',
  recognise: ({ body, object }) => (object ? 0 : body.startsWith('CEF:') ? 1 : start(body) > 0 ? 0.95 : 0),
  read(record, { zone }) {
    const at = start(record.body)
    const header = at < 0 ? undefined : splitHeader(record.body, at + 4)
    if (!header) return undefined
    const [version = '', vendor = '', product = '', deviceVersion = '', signature = '', name = '', severity = ''] = header.fields
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'cef' } }
    putEnvelope(document, record)
    put(document, 'observer.vendor', vendor)
    put(document, 'observer.product', product)
    put(document, 'observer.version', deviceVersion)
    put(document, 'event.code', signature)
    put(document, 'rule.id', signature)
    put(document, 'rule.name', name)
    put(document, 'cef.version', version.trim())
    put(document, 'cef.severity', severity)
    const pairs = parseCefExtension(header.rest)
    const time = timeOf(pairs, zone, record.observedAt)
    const rest: { [key: string]: JsonValue } = {}
    for (const [key, value] of pairs) {
      if (value === '' || key === '__proto__') continue
      if (!place(document, key, value)) rest[key] = value
    }
    for (const _ in rest) {
      put(document, 'cef.extensions', rest)
      break
    }
    finishFields(document, pairs, name)
    const isTraffic = textAt(document, 'source.ip') !== undefined && textAt(document, 'destination.ip') !== undefined
    const isFirewall = isTraffic && (FIREWALL.test(product) || FIREWALL.test(name) || FIREWALL.test(vendor) || pairs.has('act'))
    return finishEvent(record, 'cef', logsourceOf(vendor, product, name, pairs, isFirewall), time, document)
  },
}

/** Sigma's product by the header's vendor. */
const PRODUCTS: { readonly [vendor: string]: string } = {
  fortinet: 'fortigate',
  'palo alto networks': 'paloalto',
  cisco: 'cisco',
  'check point': 'checkpoint',
  zscaler: 'zscaler',
  juniper: 'juniper',
}
/** Makers of scanners for malware, of whose records those that name a finding count. */
const SCANNERS =
  /trend micro|kaspersky|sophos|mcafee|trellix|symantec|broadcom|eset|bitdefender|malwarebytes|crowdstrike|sentinelone|microsoft|f-secure|withsecure/i
const FINDING = /virus|malware|trojan|threat|infect|quarantine|ransom/i

function logsourceOf(vendor: string, product: string, name: string, pairs: Pairs, isFirewall: boolean): EventLogsource {
  // Fortinet writes `event:system`, `utm:webfilter`, `traffic:forward` as category.
  const [kind, subtype] = (pairs.get('cat') ?? '').split(':')
  const known = own(PRODUCTS, vendor.toLowerCase())
  const service = known === 'fortigate' && kind ? kind : undefined
  const categories = isFirewall && service !== 'event' ? ['firewall'] : []
  if (SCANNERS.test(vendor) && (FINDING.test(name) || FINDING.test(kind ?? ''))) categories.push('antivirus')
  if (subtype === 'webfilter' || (pairs.has('request') && /proxy|nss|web ?gateway|zia/i.test(product))) categories.push('proxy')
  return { product: known, service, categories }
}

/** True where the value now stands in ECS unchanged. */
function place(document: EventDocument, key: string, value: string): boolean {
  const field = FIELDS.get(key)
  if (!field) return false
  const [path, kind] = field
  const typed =
    kind === 'ip'
      ? parseIp(value)
      : kind === 'port'
        ? parsePort(value)
        : kind === 'integer'
          ? /^\d{1,15}$/.test(value)
            ? Number(value)
            : undefined
          : value
  if (typed === undefined || get(document, path) !== undefined) return false
  if (path === 'network.transport') {
    const named = own(PROTOCOLS, value) ?? value.toLowerCase()
    put(document, path, named)
    if (/^\d+$/.test(value)) put(document, 'network.iana_number', value)
    return named === value || /^\d+$/.test(value)
  }
  put(document, path, typed)
  return String(typed) === value
}

function finishFields(document: EventDocument, pairs: Pairs, name: string): void {
  const request = pairs.get('request') ?? pairs.get('requestUrl')
  if (request) putUrl(document, request.length > 1 && request.startsWith('"') && request.endsWith('"') ? request.slice(1, -1) : request)
  if (get(document, 'message') === undefined) put(document, 'message', name)
  const host = pairs.get('dvchost') || pairs.get('deviceHostName') || pairs.get('PanOSCloudHostname')
  if (host && get(document, 'host.name') === undefined) put(document, 'host.name', host)
  const path = textAt(document, 'file.path')
  if (path !== undefined && get(document, 'file.name') === undefined) put(document, 'file.name', baseName(path))
  const outcome = pairs.get('outcome') ?? pairs.get('categoryOutcome')
  const known = outcome === undefined ? undefined : own(OUTCOMES, outcome.toLowerCase().replace(/^\//, ''))
  if (known !== undefined) put(document, 'event.outcome', known)
  if (get(document, 'source.ip') !== undefined && get(document, 'destination.ip') !== undefined) put(document, 'event.category', ['network'])
  for (const key of ['fileHash', 'oldFileHash']) relate(document, 'related.hash', pairs.get(key)?.toLowerCase())
}

const OUTCOMES: { readonly [word: string]: string } = {
  success: 'success',
  succeeded: 'success',
  successful: 'success',
  ok: 'success',
  failure: 'failure',
  failed: 'failure',
  fail: 'failure',
  error: 'failure',
}

function timeOf(pairs: Pairs, zone: Zone, observedAt: Date): Date | undefined {
  const named = pairs.get('dtz')
  let own = zone
  if (named !== undefined && named !== '' && named.length < 48) {
    try {
      own = createZone(named)
    } catch {
      own = zone // the sender's name for its zone is none of IANA's: the configured zone counts, as without one
    }
  }
  for (const key of TIMES) {
    const value = pairs.get(key)
    const time = value === undefined || value === '' ? undefined : parseTimestamp(value, { zone: own, observedAt })
    if (time) return time
  }
  return undefined
}
