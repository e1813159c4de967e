import type { EventDocument, JsonValue } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { parseKeyValues } from '../key-value.ts'
import { putEnvelope } from '../syslog-document.ts'

const ALLOW = /\b(?:accept(?:ed)?|allow(?:ed)?|permit(?:ted)?|pass)\b/i
const DENY = /\b(?:drop(?:ped)?|den(?:y|ied)|block(?:ed)?|reject(?:ed)?)\b|UFW BLOCK/i
const MOVED = new Set(['SRC', 'DST', 'SPT', 'DPT', 'PROTO', 'IN', 'OUT', 'MAC'])

/** A packet the Linux kernel logged (iptables and nftables LOG, ufw, firewalld). The rule's prefix tells what became of it, where it tells anything. */
export const linuxNetfilter: Format = {
  name: 'linux.netfilter',
  title: 'Linux kernel packet log (iptables, nftables, ufw)',
  recognise({ body, object }) {
    if (object) return 0
    const head = body.slice(0, 600)
    const at = head.indexOf('IN=')
    return at >= 0 && head.includes(' OUT=', at) && head.includes(' SRC=', at) && head.includes(' DST=', at) ? 0.96 : 0
  },
  read(record) {
    const body = record.body.trim()
    const at = body.indexOf('IN=')
    if (at < 0) return undefined
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'linux.netfilter', category: ['network'] } }
    putEnvelope(document, record)
    // `[12345.678901] [UFW BLOCK] `: the kernel's uptime says nothing here.
    const prefix = body
      .slice(0, at)
      .replace(/^\[\s{0,8}\d{1,12}\.\d{6}\] /, '')
      .trim()
    const action = DENY.test(prefix) ? 'deny' : ALLOW.test(prefix) ? 'allow' : undefined
    put(document, 'rule.name', prefix)
    put(document, 'event.action', action)
    put(document, 'event.type', action === undefined ? ['connection'] : ['connection', action === 'deny' ? 'denied' : 'allowed'])
    const pairs = parseKeyValues(body, at)
    put(document, 'source.ip', parseIp(pairs.get('SRC')))
    put(document, 'destination.ip', parseIp(pairs.get('DST')))
    put(document, 'source.port', parsePort(pairs.get('SPT')))
    put(document, 'destination.port', parsePort(pairs.get('DPT')))
    put(document, 'network.transport', pairs.get('PROTO')?.toLowerCase())
    put(document, 'observer.ingress.interface.name', pairs.get('IN'))
    put(document, 'observer.egress.interface.name', pairs.get('OUT'))
    // Ethernet's header: destination, source, type.
    const mac = pairs.get('MAC')?.split(':')
    if (mac && mac.length >= 12) {
      put(document, 'destination.mac', mac.slice(0, 6).join(':'))
      put(document, 'source.mac', mac.slice(6, 12).join(':'))
    }
    const rest: { [name: string]: JsonValue } = {}
    for (const [key, value] of pairs) if (!MOVED.has(key) && key !== '__proto__' && value !== '') rest[key] = value
    put(document, 'netfilter', rest)
    return finishEvent(record, 'linux.netfilter', { product: 'linux', service: undefined, categories: ['firewall'] }, undefined, document)
  },
}
