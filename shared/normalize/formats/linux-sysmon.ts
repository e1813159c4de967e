import type { EventDocument, JsonValue } from '../../event/event.ts'
import { classifyWindows } from '../../sigma/taxonomies/windows-logsource.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { putExecutable, putFile } from '../endpoint-fields.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { UTC } from '../zones.ts'
import { readEventXml } from './windows-xml.ts'

/** Fields that move as the text they are. Everything else stays under `sysmon.event_data`. */
const TEXTS: { readonly [field: string]: string } = {
  CommandLine: 'process.command_line',
  CurrentDirectory: 'process.working_directory',
  ProcessGuid: 'process.entity_id',
  ParentCommandLine: 'process.parent.command_line',
  ParentProcessGuid: 'process.parent.entity_id',
  User: 'user.name',
  SourceHostname: 'source.domain',
  DestinationHostname: 'destination.domain',
  Protocol: 'network.transport',
  Initiated: 'network.initiated',
  QueryName: 'dns.question.name',
}
const PIDS: { readonly [field: string]: string } = { ProcessId: 'process.pid', ParentProcessId: 'process.parent.pid' }

const MEANINGS: { readonly [code: string]: readonly [action: string, category: string, type: string] } = {
  1: ['process-started', 'process', 'start'],
  3: ['connection', 'network', 'connection'],
  5: ['process-ended', 'process', 'end'],
  9: ['raw-disk-read', 'file', 'access'],
  11: ['file-created', 'file', 'creation'],
  16: ['configuration-changed', 'configuration', 'change'],
  23: ['file-deleted', 'file', 'deletion'],
}

/** Sysmon for Linux (https://github.com/microsoft/SysmonForLinux): the Windows event's XML, written to syslog, about a Linux host. */
export const linuxSysmon: Format = {
  name: 'linux.sysmon',
  title: 'Sysmon for Linux: XML inside syslog',
  recognise: ({ body, object }) => (!object && body.startsWith('<Event>') && body.slice(0, 400).includes('Linux-Sysmon') ? 1 : 0),
  read(record) {
    const xml = readEventXml(record.body)
    if (!xml) return undefined
    const { system, data } = xml
    const code = system['EventID']?.text ?? ''
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'linux.sysmon', code, provider: 'Linux-Sysmon' } }
    putEnvelope(document, record)
    delete document['process'] // the header's program is Sysmon itself
    put(document, 'host.name', system['Computer']?.text)
    const meaning = Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined
    if (meaning) {
      put(document, 'event.action', meaning[0])
      put(document, 'event.category', [meaning[1]])
      put(document, 'event.type', [meaning[2]])
    }
    const kept: { [field: string]: JsonValue } = {}
    for (const field in data) {
      const value = data[field] ?? ''
      if (value === '' || value === '-') continue
      if (!place(document, field, value)) kept[field] = value
    }
    put(document, 'sysmon.event_data', kept)
    const logsource = { product: 'linux', service: 'sysmon', categories: categoriesOf(code) }
    const time = parseTimestamp(data['UtcTime'] ?? system['TimeCreated']?.attributes['SystemTime'], { zone: UTC, observedAt: record.observedAt })
    return finishEvent(record, 'linux.sysmon', logsource, time, document)
  },
}

/** Event ids mean the same as on Windows. */
const categoriesOf = (code: string): readonly string[] =>
  classifyWindows({ channel: 'Microsoft-Windows-Sysmon/Operational', eventId: code }).categories

/** True where the value moved. */
function place(document: EventDocument, field: string, value: string): boolean {
  if (field === 'Image') putExecutable(document, 'process', value)
  else if (field === 'ParentImage') putExecutable(document, 'process.parent', value)
  else if (field === 'TargetFilename') putFile(document, value)
  else if (Object.hasOwn(TEXTS, field)) put(document, TEXTS[field] ?? '', value)
  else if (Object.hasOwn(PIDS, field) && /^\d{1,10}$/.test(value)) put(document, PIDS[field] ?? '', Number(value))
  else if (field === 'SourceIp' || field === 'DestinationIp')
    return set(document, field === 'SourceIp' ? 'source.ip' : 'destination.ip', parseIp(value))
  else if (field === 'SourcePort' || field === 'DestinationPort')
    return set(document, field === 'SourcePort' ? 'source.port' : 'destination.port', parsePort(value))
  else return false
  return true
}

function set(document: EventDocument, path: string, value: JsonValue | undefined): boolean {
  put(document, path, value)
  return value !== undefined
}
