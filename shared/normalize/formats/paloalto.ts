import type { EventDocument, EventLogsource, JsonValue } from '../../event/event.ts'
import { own } from '../../own.ts'
import type { Format } from '../contract.ts'
import { splitCsvLine } from '../csv-line.ts'
import { baseName, finishEvent, put } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putLogin } from '../logins.ts'
import { outcomeOf } from '../outcomes.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'

/** `1,2024/01/12 11:41:42,<serial>,TRAFFIC,…`: version, receive time, serial, type; a name may stand before it. */
const HEAD =
  /(?:^|[ :])1,(\d{1,4}\/\d\d\/\d{2,4} \d\d:\d\d(?::\d\d)?),([^,]{0,24}),(TRAFFIC|THREAT|SYSTEM|CONFIG|GLOBALPROTECT|USERID|HIPMATCH|AUTH|URL|DATA|WILDFIRE|DECRYPTION),/

/** Newer versions also give the time to the millisecond, with its offset; where it stands differs by type. */
const EXACT_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}[+-]\d\d:\d\d$/

type Columns = { readonly [name: string]: number }

/** Columns of PAN-OS's log field reference (https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/monitoring/use-syslog-for-monitoring/syslog-field-descriptions), by type. */
const SESSION: Columns = {
  src: 7,
  dst: 8,
  nat_src: 9,
  nat_dst: 10,
  rule: 11,
  user: 12,
  dst_user: 13,
  app: 14,
  vsys: 15,
  from_zone: 16,
  to_zone: 17,
  src_port: 24,
  dst_port: 25,
  protocol: 29,
  action: 30,
}
const COLUMNS: { readonly [type: string]: Columns } = {
  TRAFFIC: { ...SESSION, bytes_sent: 32, bytes_received: 33, category: 37 },
  THREAT: { ...SESSION, misc: 31, threat_name: 32, category: 33, severity: 34, direction: 35 },
  SYSTEM: { vsys: 7, event_id: 8, object: 9, module: 12, severity: 13, description: 14 },
  CONFIG: { src: 7, vsys: 8, cmd: 9, user: 10, client: 11, result: 12, path: 13 },
  GLOBALPROTECT: {
    vsys: 7,
    event_id: 8,
    stage: 9,
    auth_method: 10,
    tunnel_type: 11,
    user: 12,
    src_region: 13,
    machine: 14,
    src: 15,
    private_ip: 17,
    client_version: 21,
    client_os: 22,
    reason: 25,
    error: 26,
    description: 27,
    status: 28,
  },
  USERID: { vsys: 7, src: 8, user: 9 },
}

/** Names that move into ECS. */
const MOVED = new Set([
  'src',
  'dst',
  'src_port',
  'dst_port',
  'protocol',
  'action',
  'rule',
  'bytes_sent',
  'bytes_received',
  'user',
  'nat_src',
  'nat_dst',
])

/** A Palo Alto Networks firewall's log in PAN-OS's comma-separated form. What does not move stays under `panw.panos` by its column's name. */
export const paloalto: Format = {
  name: 'panw.panos',
  title: 'Palo Alto Networks firewall log (PAN-OS, comma-separated)',
  recognise: ({ body, object }) => (!object && HEAD.test(body.slice(0, 200)) ? 0.97 : 0),
  read(record, { zone }) {
    const head = HEAD.exec(record.body.slice(0, 200))
    if (!head) return undefined
    const fields = splitCsvLine(record.body.slice(record.body.indexOf('1,', head.index)).trim())
    const type = head[3] === 'URL' || head[3] === 'DATA' || head[3] === 'WILDFIRE' ? 'THREAT' : (head[3] ?? '')
    const columns = own(COLUMNS, type) ?? {}
    const value = (name: string): string | undefined => {
      const index = columns[name]
      const field = index === undefined ? undefined : fields[index]?.trim()
      return field === '' ? undefined : field
    }
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'panw.panos' } }
    putEnvelope(document, record)
    delete document['process']
    put(document, 'observer.vendor', 'Palo Alto Networks')
    put(document, 'observer.serial_number', head[2])
    put(document, 'source.ip', parseIp(value('src')))
    put(document, 'destination.ip', parseIp(value('dst')))
    put(document, 'source.nat.ip', natOf(value('nat_src')))
    put(document, 'destination.nat.ip', natOf(value('nat_dst')))
    put(document, 'source.port', parsePort(value('src_port')))
    put(document, 'destination.port', parsePort(value('dst_port')))
    put(document, 'source.bytes', countOf(value('bytes_sent')))
    put(document, 'destination.bytes', countOf(value('bytes_received')))
    put(document, 'network.transport', value('protocol'))
    put(document, 'event.action', value('action') ?? value('event_id') ?? value('cmd'))
    put(document, 'rule.name', value('rule'))
    put(document, 'message', value('description'))
    put(document, 'event.outcome', outcomeOf((value('status') ?? value('result') ?? '').toLowerCase()))
    putUser(document, value('user'))
    const kept: { [name: string]: JsonValue } = { type: head[3] ?? '', subtype: fields[4] ?? '' }
    for (const name in columns) {
      const field = value(name)
      if (field !== undefined && !MOVED.has(name)) kept[name] = field
    }
    const category = putThreat(document, kept, fields[4] ?? '')
    put(document, 'panw.panos', kept)
    const exact = fields.slice(20).find((field) => EXACT_TIME.test(field))
    const time =
      parseTimestamp(exact ?? fields[6], { zone, observedAt: record.observedAt }) ?? parseTimestamp(head[1], { zone, observedAt: record.observedAt })
    return finishEvent(record, 'panw.panos', logsourceOf(type, category), time, document)
  },
}

const natOf = (address: string | undefined): string | undefined => (address === '0.0.0.0' ? undefined : parseIp(address))
const countOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined)

/** `domain\user`, as the directory has it. */
function putUser(document: EventDocument, user: string | undefined): void {
  const slash = user?.lastIndexOf('\\') ?? -1
  if (user === undefined || slash < 0) putLogin(document, 'user', user)
  else {
    put(document, 'user.domain', user.slice(0, slash).replace(/\\+$/, ''))
    put(document, 'user.name', user.slice(slash + 1))
  }
}

/** What a threat log is about: its subtype tells whether `misc` is an address or a file. Gives Sigma's category. */
function putThreat(document: EventDocument, kept: { [name: string]: JsonValue }, subtype: string): string | undefined {
  const { misc, threat_name: threat } = kept
  // `Some Vulnerability(95187)`
  const named = typeof threat === 'string' ? /^(.{1,500})\((\d{1,12})\)$/.exec(threat) : null
  if (named) {
    kept['threat_name'] = (named[1] ?? '').trim()
    kept['threat_id'] = named[2] ?? ''
  }
  if (typeof misc !== 'string') return undefined
  if (subtype === 'url') {
    putUrl(document, misc.includes('://') || misc.startsWith('/') ? misc : `http://${misc}`)
    return 'proxy'
  }
  put(document, 'file.name', baseName(misc))
  if (subtype !== 'virus' && subtype !== 'wildfire' && subtype !== 'wildfire-virus') return undefined
  put(document, 'threat.software.name', typeof kept['threat_name'] === 'string' ? kept['threat_name'] : undefined)
  return 'antivirus'
}

function logsourceOf(type: string, category: string | undefined): EventLogsource {
  if (type === 'GLOBALPROTECT') return { product: 'paloalto', service: 'globalprotect', categories: ['appliance'] }
  return {
    product: 'paloalto',
    service: type.toLowerCase(),
    categories: type === 'TRAFFIC' ? ['firewall'] : category === undefined ? [] : [category],
  }
}
