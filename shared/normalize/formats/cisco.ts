import type { EventDocument, EventLogsource } from '../../event/event.ts'
import { own } from '../../own.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { syslogDocument } from '../syslog-document.ts'
import { severityName } from '../syslog-envelope.ts'
import { parseTimestamp } from '../timestamps.ts'
import { createZone } from '../zones.ts'

/** `%FACILITY-SEVERITY-MNEMONIC: text`, after whatever of a counter, a host and a date the device puts before it. */
const MESSAGE = /(?:^|[:\s*])%([A-Z][A-Z0-9_]{1,31})-(?:[A-Z0-9_]{1,32}-)?([0-7])-([A-Z0-9_]{1,64}) ?: ?/
const HEAD_LIMIT = 240
const DATE = /([A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([A-Z]{3,4}))?/
/** Zones by the letters `service timestamps … show-timezone` adds, where they mean one zone in practice; any other leaves the configured zone. */
const ZONES: { readonly [letters: string]: string } = {
  UTC: 'UTC',
  GMT: 'UTC',
  CET: '+01:00',
  CEST: '+02:00',
  EET: '+02:00',
  EEST: '+03:00',
  EST: '-05:00',
  EDT: '-04:00',
  CDT: '-05:00',
  MST: '-07:00',
  MDT: '-06:00',
  PST: '-08:00',
  PDT: '-07:00',
}
const FIREWALLS = new Set(['ASA', 'FTD', 'PIX', 'FWSM'])

/** Sigma's service by IOS facility: who did what (`aaa`), and the protocols whose sessions rules watch. */
const SERVICES: { readonly [facility: string]: string } = {
  AAA: 'aaa',
  AAAA: 'aaa',
  PARSER: 'aaa',
  SEC_LOGIN: 'aaa',
  SSH: 'aaa',
  SYS: 'syslog',
  BGP: 'bgp',
  LDP: 'ldp',
  TDP: 'ldp',
  TAGCON: 'ldp',
}

/** ASA and FTD messages by number (https://www.cisco.com/c/en/us/td/docs/security/asa/syslog/asa-syslog.html): what became of the connection. */
const VERDICTS: { readonly [number: string]: 'allowed' | 'denied' } = {
  106001: 'denied',
  106006: 'denied',
  106007: 'denied',
  106014: 'denied',
  106015: 'denied',
  106021: 'denied',
  106023: 'denied',
  302013: 'allowed',
  302015: 'allowed',
  302020: 'allowed',
  710002: 'allowed',
  710003: 'denied',
}
// Two ends: `inside:10.0.0.1/320`, `10.0.0.1(42592)`; a zone, a translated address or a user may stand beside each.
const END = /(?:[\w-]{1,64}[:/])?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?:[/(](\d{1,5})\)?)?/gi

/** Cisco's syslog messages: IOS, NX-OS and their kin, ASA and FTD firewalls. */
export const cisco: Format = {
  name: 'cisco',
  title: 'Cisco syslog message (IOS, NX-OS, ASA, FTD)',
  recognise: ({ body, object }) => (!object && body.includes('%') && MESSAGE.test(body.slice(0, HEAD_LIMIT)) ? 0.9 : 0),
  read(record, { zone }) {
    const head = MESSAGE.exec(record.body.slice(0, HEAD_LIMIT))
    if (!head) return undefined
    const [whole, facility = '', severity = '6', mnemonic = ''] = head
    const isFirewall = FIREWALLS.has(facility)
    const dataset = isFirewall ? 'cisco.asa' : 'cisco.ios'
    const document = syslogDocument(record, dataset)
    delete document['process'] // the syslog header's program is the device's counter or its own name
    const said = record.body.slice(head.index + whole.length).trim()
    put(document, 'event.code', mnemonic)
    put(document, 'log.level', severityName(Number(severity)))
    put(document, 'observer.vendor', 'Cisco')
    put(document, `${dataset}.facility`, facility)
    if (isFirewall) putConnection(document, mnemonic, said)
    else putCommand(document, said)
    putUser(document, said)
    const date = DATE.exec(record.body.slice(0, head.index))
    const named = own(ZONES, date?.[2] ?? '')
    const time = date ? parseTimestamp(date[1], { zone: named === undefined ? zone : createZone(named), observedAt: record.observedAt }) : undefined
    return finishEvent(record, dataset, logsourceOf(facility, mnemonic, isFirewall), time, document)
  },
}

function logsourceOf(facility: string, mnemonic: string, isFirewall: boolean): EventLogsource {
  if (isFirewall) return { product: 'cisco', service: 'asa', categories: own(VERDICTS, mnemonic) || mnemonic === '106100' ? ['firewall'] : [] }
  // A router refuses a neighbour's session before BGP or LDP hears of it.
  const service = mnemonic === 'BADAUTH' ? 'bgp' : (own(SERVICES, facility) ?? 'syslog')
  return { product: 'cisco', service, categories: [] }
}

function putConnection(document: EventDocument, number: string, said: string): void {
  const verdict = number === '106100' ? (/\bpermitted\b/.test(said) ? 'allowed' : 'denied') : own(VERDICTS, number)
  if (verdict === undefined) return
  put(document, 'event.action', verdict)
  put(document, 'event.category', ['network'])
  const transport = /\b(tcp|udp|icmp)\b/i.exec(said.slice(0, 80))?.[1]
  put(document, 'network.transport', transport?.toLowerCase())
  const built = /^Built (inbound|outbound)/.exec(said)?.[1]
  put(document, 'network.direction', built)
  const ends = [...said.slice(0, 600).matchAll(END)]
  // A connection that was built names both real addresses and, in brackets, the translated ones: the second real one is the third address.
  const [first, second] = built && ends.length >= 4 ? [ends[0], ends[2]] : [ends[0], ends[1]]
  // "for X to Y": of an outbound connection, Y began it.
  const [from, to] = built === 'outbound' ? [second, first] : [first, second]
  put(document, 'source.ip', parseIp(from?.[1]))
  put(document, 'source.port', parsePort(from?.[2]))
  put(document, 'destination.ip', parseIp(to?.[1]))
  put(document, 'destination.port', parsePort(to?.[2]))
}

/** What somebody typed, as command accounting and configuration logging write it. */
function putCommand(document: EventDocument, said: string): void {
  const command = /(?:Command: |logged command:\s?)(.{1,2000}?)(?: <cr>)?$/.exec(said)
  put(document, 'process.command_line', command?.[1])
}

/** Words that follow `User` in sentences. */
const NO_NAMES = new Set(['from', 'with', 'is', 'was', 'authentication'])

/** `[user: ana] [Source: 10.0.0.1]`, `by ana on vty0 (10.0.0.1)`, `User 'ana'`, `Group <G> User <ana> IP <10.0.0.1>`. */
function putUser(document: EventDocument, said: string): void {
  const head = said.slice(0, 600)
  const user =
    /\[user: ([^\]]{1,64})\]|\bby (\S{1,64}) on (?:vty|console|tty)|\bUser(?!name):?\s?['<]?([\w.@\\-]{1,64})['>]?|\b[Uu]sername: (\S{1,64})|\buser = ([^\s:*]{1,64})/.exec(
      head,
    )
  const name = user?.slice(1).find((each) => each !== undefined)
  if (name !== undefined && !NO_NAMES.has(name)) put(document, 'user.name', name)
  const source =
    /\[Source: ([^\]]{2,45})\]|\(((?:\d{1,3}\.){3}\d{1,3})\)|\bfrom ((?:\d{1,3}\.){3}\d{1,3})\b|\bIP <([^>]{2,45})>|\buser IP = ([\d.]{7,15})/.exec(
      head,
    )
  put(document, 'source.ip', parseIp(source?.slice(1).find((each) => each !== undefined)))
}
