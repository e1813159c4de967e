import type { EventDocument, JsonValue, PicketEvent } from '../../event/event.ts'
import { own } from '../../own.ts'
import { ECS_FIELDS } from '../../sigma/taxonomies/windows-ecs.ts'
import { classifyWindows } from '../../sigma/taxonomies/windows-logsource.ts'
import type { OpenRecord } from '../contract.ts'
import { baseName, dirName, extensionOf, finishEvent, get, newDocument, put, relate, textAt } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putUrl } from '../urls.ts'
import { meaningOf } from './actions.ts'
import { putUsers } from './users.ts'
import { type EventData, integer, readKeywords, said, text, type WindowsRecord } from './windows-record.ts'

const SYSMON = 'Microsoft-Windows-Sysmon'
const SECURITY = 'Microsoft-Windows-Security-Auditing'
const LEVELS: { readonly [level: string]: string } = { 0: 'information', 1: 'critical', 2: 'error', 3: 'warning', 4: 'information', 5: 'verbose' }

/** EventData's part of the agreed table: what may move. A map, since it is asked once per field of every event. */
const MOVES = new Map(Object.entries(ECS_FIELDS))

/** A Windows event as an ECS document. Vendor fields that moved without loss are left out of `winlog.event_data`; all others stay there. */
export function windowsEvent(raw: OpenRecord, dataset: string, record: WindowsRecord): PicketEvent {
  const { code, channel, provider, data } = record
  const isSysmon = provider === SYSMON
  const logsource = classifyWindows({ channel, eventId: code, provider, eventType: text(data['EventType']) })
  const document: EventDocument = record.document ?? newDocument(dataset)
  document['event'] ??= {}
  const event = document['event'] as { [key: string]: JsonValue | undefined }
  event['kind'] ??= 'event'
  event['dataset'] = dataset
  event['code'] = code
  if (provider !== undefined) event['provider'] = provider
  if (record.message !== undefined) document['message'] ??= record.message

  const meaning = meaningOf(channel, provider, code)
  if (meaning) {
    event['action'] ??= meaning.action
    event['category'] ??= [...meaning.category]
    event['type'] ??= [...meaning.type]
  }
  const mask = readKeywords(record.keywords)
  const outcome = statusOutcome(code, data) ?? meaning?.outcome ?? record.outcome ?? mask?.outcome
  if (outcome !== undefined) event['outcome'] ??= outcome

  if (get(document, 'host.name') === undefined) put(document, 'host.name', record.computer)
  if (record.level !== undefined && get(document, 'log.level') === undefined)
    put(document, 'log.level', own(LEVELS, String(record.level)) ?? text(record.level)?.toLowerCase())

  const winlog: EventData = { ...record.frame }
  document['winlog'] = winlog
  if (channel !== undefined) winlog['channel'] = channel
  if (record.keywords !== undefined) winlog['keywords'] = mask?.keywords ?? record.keywords
  // A shipper that names the host by its short name still tells the full one.
  if (record.computer !== undefined && record.computer !== textAt(document, 'host.name')) winlog['computer_name'] = record.computer

  const kept: EventData = {}
  let keeps = false
  for (const field in data) {
    const value = data[field]
    if (value === undefined || (typeof value !== 'object' && move(document, field, value, provider, logsource.categories))) continue
    kept[field] = value
    keeps = true
  }
  if (keeps) winlog['event_data'] = kept

  putProcess(document, record, isSysmon)
  putUsers(document, record, isSysmon)
  putNetwork(document, data, isSysmon)
  putObjects(document, record, isSysmon)
  return finishEvent(raw, dataset, logsource, record.time, document)
}

/** Moves a field to its place in ECS; false where it has none here, or where the value there would not be the same. */
function move(
  document: EventDocument,
  field: string,
  value: string | number | boolean | null,
  provider: string | undefined,
  categories: readonly string[],
): boolean {
  const place = MOVES.get(field)
  if (place === undefined || value === null || value === '' || value === '-') return false
  if (place.provider !== undefined && place.provider !== provider) return false
  if (place.categories !== undefined && !place.categories.some((category) => categories.includes(category))) return false
  const typed = typedFor(place.path, value)
  if (typed === undefined) return false
  const there = get(document, place.path)
  if (there === undefined) put(document, place.path, typed)
  return String(there ?? typed) === String(value)
}

/** The value in ECS's type for that place: `long` for pids and ports, `ip` for addresses, keyword for the rest. */
function typedFor(path: string, value: string | number | boolean): JsonValue | undefined {
  if (path.endsWith('.pid')) return integer(value)
  if (path.endsWith('.port')) return parsePort(value)
  if (path.endsWith('.ip')) return parseIp(value)
  return path === 'network.transport' ? String(value) : typeof value === 'string' ? value : String(value)
}

/** Kerberos and NTLM events log success and failure under one id and tell them apart by Status. */
function statusOutcome(code: string, data: EventData): 'success' | 'failure' | undefined {
  if (code !== '4768' && code !== '4769' && code !== '4776') return undefined
  const status = integer(data['Status'])
  return status === undefined ? undefined : status === 0 ? 'success' : 'failure'
}

const fill = (document: EventDocument, path: string, value: JsonValue | undefined): void => {
  if (value !== undefined && get(document, path) === undefined) put(document, path, value)
}

function putProcess(document: EventDocument, record: WindowsRecord, isSysmon: boolean): void {
  const { data, code, provider, message } = record
  if (provider === SECURITY && code === '4688') {
    // `ProcessId` is the creator's here. NXLog loses it to the frame's ProcessID, but the message still tells.
    fill(document, 'process.pid', integer(data['NewProcessId']))
    fill(document, 'process.parent.pid', integer(data['ProcessId']) ?? integer(afterLabel(message, 'Creator Process ID:')))
  } else {
    fill(
      document,
      'process.executable',
      said(data['ProcessName']) ?? said(data['Process Name']) ?? said(data['SourceImage']) ?? said(data['Application']),
    )
    fill(
      document,
      'process.pid',
      integer(data['ProcessId']) ??
        integer(data['ProcessID']) ??
        integer(data['SourceProcessId']) ??
        (isSysmon ? integer(afterLabel(message, '\nProcessId:')) : undefined),
    )
    fill(document, 'process.entity_id', said(data['SourceProcessGUID']) ?? said(data['SourceProcessGuid']))
    // Where the event names no process, the one that wrote it is the one it is about. Sysmon and the auditing service only report on others.
    if (get(document, 'process') === undefined || (!isSysmon && get(document, 'process.executable') === undefined))
      fill(document, 'process.pid', record.emitterPid)
  }
  if (code === '4103' || code === '4104' || code === '800') putHostApplication(document, data)
  putName(document, 'process')
  if (get(document, 'process.parent') !== undefined) putName(document, 'process.parent')
  const hashes = said(data['Hashes']) ?? said(data['Hash'])
  if (hashes !== undefined) putHashes(document, hashes, own(HASH_OWNER, code) ?? 'process')
}

function putName(document: EventDocument, at: 'process' | 'process.parent'): void {
  const executable = textAt(document, `${at}.executable`)
  if (executable !== undefined) fill(document, `${at}.name`, baseName(executable))
}

/** What stands after a label in the rendered message, up to the end of its line. */
function afterLabel(message: string | undefined, label: string): string | undefined {
  const at = message?.indexOf(label) ?? -1
  if (message === undefined || at < 0) return undefined
  const start = at + label.length
  const end = message.indexOf('\n', start)
  return message.slice(start, end < 0 ? Math.min(message.length, start + 64) : Math.min(end, start + 64)).trim()
}

/** PowerShell's own account of who runs it: `Host Application = C:\…\powershell.exe -NoP …`. */
function putHostApplication(document: EventDocument, data: EventData): void {
  const context = said(data['ContextInfo']) ?? said(data['Context'])
  if (context === undefined) return
  const line = /Host Application ?[=:] ?([^\r\n]{1,8192})/i.exec(context.length > 16_384 ? context.slice(0, 16_384) : context)?.[1]?.trim()
  if (line === undefined || line === '') return
  fill(document, 'process.command_line', line)
  const image = line.startsWith('"') ? line.slice(1, line.indexOf('"', 1)) : (/^.{0,512}?\.exe(?= |$)/i.exec(line)?.[0] ?? line.split(' ', 1)[0])
  fill(document, 'process.name', image && baseName(image))
}

/** Whose hashes they are: of the file in file events, of the library or driver in loads, of the new process otherwise. */
const HASH_OWNER: { readonly [code: string]: string } = {
  6: 'dll',
  7: 'dll',
  11: 'file',
  15: 'file',
  23: 'file',
  26: 'file',
  27: 'file',
  28: 'file',
  29: 'file',
}
const ALGORITHMS: { readonly [name: string]: string } = {
  MD5: 'hash.md5',
  SHA1: 'hash.sha1',
  SHA256: 'hash.sha256',
  SHA512: 'hash.sha512',
  IMPHASH: 'pe.imphash',
}

/** `SHA1=…,MD5=…,IMPHASH=…` (Sysmon) or `SHA1:…;` (Defender). The field itself stays, for rules search it as one text. */
function putHashes(document: EventDocument, hashes: string, owner: string): void {
  for (const part of hashes.split(/[,;]/, 8)) {
    const mark = part.search(/[=:]/)
    const path = ALGORITHMS[part.slice(0, mark).trim().toUpperCase()]
    const value = part
      .slice(mark + 1)
      .trim()
      .toLowerCase()
    if (mark < 0 || path === undefined || !/^[0-9a-f]{32,128}$/.test(value)) continue
    fill(document, `${owner}.${path}`, value)
    relate(document, 'related.hash', value)
  }
}

function putNetwork(document: EventDocument, data: EventData, isSysmon: boolean): void {
  const source =
    said(data['IpAddress']) ?? said(data['SourceAddress']) ?? said(data['ClientAddress']) ?? said(data['Address']) ?? said(data['ClientIPAddress'])
  if (source !== undefined) {
    const ip = parseIp(source.startsWith('\\\\') ? source.slice(2) : source)
    if (ip !== undefined) fill(document, 'source.ip', ip)
  }
  const port = parsePort(data['IpPort'])
  if (port !== undefined && port > 0) fill(document, 'source.port', port)
  fill(document, 'source.domain', said(data['WorkstationName']) ?? said(data['Workstation']) ?? said(data['ClientName']))
  const destination = said(data['DestAddress'])
  if (destination !== undefined) {
    fill(document, 'destination.ip', parseIp(destination))
    fill(document, 'destination.port', parsePort(data['DestPort']))
    // The filtering platform's events number the protocol (IANA).
    const protocol = said(data['Protocol'])
    if (protocol !== undefined) fill(document, 'network.transport', own(PROTOCOLS, protocol) ?? protocol)
    if (source !== undefined) fill(document, 'source.port', parsePort(data['SourcePort']))
  }
  if (!isSysmon) return
  const initiated = String(data['Initiated'] ?? '').toLowerCase()
  if (initiated !== '') fill(document, 'network.direction', initiated === 'true' ? 'egress' : 'ingress')
  if (data['QueryName'] !== undefined) {
    fill(document, 'network.protocol', 'dns')
    const results = said(data['QueryResults'])
    if (results !== undefined) putAnswers(document, results)
  }
}

const PROTOCOLS: { readonly [number: string]: string } = { 1: 'icmp', 2: 'igmp', 6: 'tcp', 17: 'udp', 47: 'gre', 50: 'esp', 58: 'ipv6-icmp' }

/** `type:  5 edge.example.net;::ffff:192.0.2.7;` */
function putAnswers(document: EventDocument, results: string): void {
  const addresses: string[] = []
  for (const part of results.split(';', 64)) {
    const ip = parseIp(part.trim())
    if (ip === undefined) continue
    addresses.push(ip)
    relate(document, 'related.ip', ip)
  }
  if (addresses.length > 0) fill(document, 'dns.resolved_ip', addresses)
}

/** Files, registry keys, services and URLs, from the fields that name them. */
function putObjects(document: EventDocument, record: WindowsRecord, isSysmon: boolean): void {
  const { code, data, provider } = record
  if (provider === SECURITY) putAuditedObject(document, code, data)
  else if (!isSysmon) {
    const path = said(data['Path'])
    // Defender: `file:_C:\…`, several joined by `;`.
    if (path?.startsWith('file:_')) fill(document, 'file.path', path.slice(6).split(';', 1)[0])
    const url = said(data['url']) ?? said(data['Url'])
    if (url?.includes('://') && get(document, 'url') === undefined) putUrl(document, url)
  }
  if (code === '7045' || code === '4697') fill(document, 'service.name', said(data['ServiceName']))
  const file = textAt(document, 'file.path')
  if (file !== undefined) {
    const name = baseName(file)
    fill(document, 'file.name', name)
    const directory = dirName(file)
    if (directory !== '') fill(document, 'file.directory', directory)
    fill(document, 'file.extension', extensionOf(name))
  }
  const library = textAt(document, 'dll.path')
  if (library !== undefined) fill(document, 'dll.name', baseName(library))
  const registry = textAt(document, 'registry.path')
  if (registry !== undefined) putRegistry(document, registry, code, data)
}

function putAuditedObject(document: EventDocument, code: string, data: EventData): void {
  const object = said(data['ObjectName'])
  if (object !== undefined) {
    if (code === '4657') fill(document, 'registry.path', `${object}\\${said(data['ObjectValueName']) ?? ''}`)
    else if (data['ObjectType'] === 'Key') fill(document, 'registry.path', object)
    else if (data['ObjectType'] === 'File') fill(document, 'file.path', object)
  } else if (code === '5145') {
    const share = said(data['ShareLocalPath'])
    const relative = said(data['RelativeTargetName'])
    if (share !== undefined && relative !== undefined)
      fill(document, 'file.path', `${share.replace(/^\\\?\?\\/, '').replace(/\\$/, '')}\\${relative}`)
  }
}

const HIVES: { readonly [name: string]: string } = {
  HKEY_LOCAL_MACHINE: 'HKLM',
  HKEY_USERS: 'HKU',
  HKEY_CURRENT_USER: 'HKCU',
  HKEY_CLASSES_ROOT: 'HKCR',
}

/** ECS splits `HKLM\Software\…\Run\Updater` into hive, key and value; key events (Sysmon 12, 14) name no value. */
function putRegistry(document: EventDocument, path: string, code: string, data: EventData): void {
  const first = path.indexOf('\\')
  const hive = path.slice(0, Math.max(0, first))
  if (hive !== '') fill(document, 'registry.hive', HIVES[hive.toUpperCase()] ?? hive)
  const hasValue = code === '13' || code === '4657'
  fill(document, 'registry.key', hasValue ? dirName(path.slice(first + 1)) : path.slice(first + 1))
  if (!hasValue) return
  fill(document, 'registry.value', baseName(path))
  const details = said(data['Details']) ?? said(data['NewValue'])
  if (details !== undefined && details.length <= 1_024) fill(document, 'registry.data.strings', [details])
}
