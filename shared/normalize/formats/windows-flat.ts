import type { JsonValue } from '../../event/event.ts'
import type { Format, OpenRecord, ReadContext } from '../contract.ts'
import { parseTimestamp } from '../timestamps.ts'
import { windowsEvent } from '../windows/to-event.ts'
import { type EventData, integer, said, text } from '../windows/windows-record.ts'
import { UTC } from '../zones.ts'

/** Frame fields by the names flat shippers give them, and where they stand under `winlog`. */
const FRAME: { readonly [name: string]: string } = {
  ProviderGuid: 'provider_guid',
  RecordNumber: 'record_id',
  EventRecordID: 'record_id',
  Level: 'level',
  Task: 'task',
  Category: 'task_category',
  Opcode: 'opcode',
  Version: 'version',
  ActivityID: 'activity_id',
  RelatedActivityID: 'related_activity_id',
}
/** What shippers call the four things that make an event a Windows event. */
const NAMES = {
  code: ['EventID', 'EventId'],
  channel: ['Channel', 'LogName'],
  provider: ['SourceName', 'Provider_Name', 'ProviderName'],
  computer: ['Hostname', 'Computer', 'ComputerName', 'MachineName'],
} as const

const first = (object: EventData, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = text(object[name])
    if (value !== undefined) return value
  }
  return undefined
}

const ALIASES = new Set<string>(Object.values(NAMES).flat())

/** Read elsewhere, or about the way the record took and not about the event. */
const READ = new Set([
  'Message',
  'Keywords',
  'EventTime',
  'TimeCreated',
  'SystemTime',
  '@timestamp',
  'ExecutionProcessID',
  'ProcessID',
  'ThreadID',
  'tags',
  'AccountType',
])
const SHIPPER = new Set([
  'EventReceivedTime',
  'SourceModuleName',
  'SourceModuleType',
  'SeverityValue',
  'Severity',
  'OpcodeValue',
  '@version',
  'host',
  'port',
])
const SEVERITIES = new Set(['INFO', 'WARNING', 'ERROR', 'CRITICAL', 'DEBUG', 'VERBOSE', 'AUDIT_SUCCESS', 'AUDIT_FAILURE'])

const HAS_ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/i
const QUARTER_MS = 900_000

/**
 * When it happened. NXLog's `EventTime` is local time without a zone, so a time that names its zone comes first, then Sysmon's `UtcTime`. Where Logstash
 * stamped the record too, the two clocks at reception tell the sender's offset.
 */
function timeOf(object: EventData, record: OpenRecord, { zone }: ReadContext): Date | undefined {
  const context = { zone, observedAt: record.observedAt }
  const utc = { zone: UTC, observedAt: record.observedAt }
  const created = text(object['TimeCreated']) ?? text(object['SystemTime'])
  if (created !== undefined && HAS_ZONE.test(created)) return parseTimestamp(created, utc)
  const event = text(object['EventTime']) ?? created
  if (event !== undefined && HAS_ZONE.test(event)) return parseTimestamp(event, utc)
  const sysmon = object['UtcTime'] === undefined ? undefined : parseTimestamp(object['UtcTime'], utc)
  if (sysmon) return sysmon
  const stamped = object['@timestamp'] === undefined ? undefined : parseTimestamp(object['@timestamp'], utc)
  const received = stamped && object['EventReceivedTime'] !== undefined ? parseTimestamp(object['EventReceivedTime'], utc) : undefined
  const wall = event === undefined ? undefined : parseTimestamp(event, received ? utc : context)
  if (wall && stamped && received) return new Date(wall.getTime() - Math.round((received.getTime() - stamped.getTime()) / QUARTER_MS) * QUARTER_MS)
  return wall ?? stamped
}

/** One level of names, frame and event data side by side, as NXLog, Sysmon exporters and Mordor-like captures write them. */
export const windowsFlat: Format = {
  name: 'windows.flat',
  title: 'Windows event as flat JSON (NXLog, Sysmon exporters: EventID, Channel, Hostname, …)',
  recognise({ object }) {
    if (!object || first(object, NAMES.code) === undefined) return 0
    if (first(object, NAMES.channel) !== undefined || first(object, NAMES.provider) !== undefined) return 0.95
    return first(object, NAMES.computer) !== undefined ? 0.8 : 0
  },
  read(record, context) {
    const object = record.object
    const code = object && first(object, NAMES.code)
    if (!object || code === undefined) return undefined
    const channel = first(object, NAMES.channel)
    const provider = first(object, NAMES.provider)
    const computer = first(object, NAMES.computer)
    const frame: EventData = {}
    const data: EventData = {}
    const shipper: EventData = {}
    const hasAccount = object['AccountType'] !== undefined || (object['AccountName'] !== undefined && object['UserID'] !== undefined)
    for (const name in object) {
      const value = object[name]
      if (value === undefined || value === null || READ.has(name)) continue
      if (ALIASES.has(name)) {
        // Two names for one thing as a rule; where they differ, the one not taken stays.
        const said = text(value)
        if (said !== code && said !== channel && said !== provider && said !== computer) data[name] = value
        continue
      }
      const place = Object.hasOwn(FRAME, name) ? FRAME[name] : undefined
      if (place !== undefined) frame[place] = value
      else if (SHIPPER.has(name)) shipper[name] = value
      else if (hasAccount && (name === 'AccountName' || name === 'Domain' || name === 'UserID')) continue
      // The frame's EventType says INFO or AUDIT_SUCCESS; Sysmon's own says SetValue, CreateKey, …
      else if (name === 'EventType' && typeof value === 'string' && SEVERITIES.has(value)) shipper[name] = value
      else data[name] = value
    }
    // NXLog calls the writer ExecutionProcessID where the event has a ProcessID of its own, and ProcessID elsewhere.
    const emitterPid = integer(object['ExecutionProcessID']) ?? integer(object['ProcessID'])
    if (object['ExecutionProcessID'] !== undefined && object['ProcessID'] !== undefined) data['ProcessID'] = object['ProcessID']
    const threadId = integer(object['ThreadID'])
    if (emitterPid !== undefined) frame['process'] = threadId === undefined ? { pid: emitterPid } : { pid: emitterPid, thread: { id: threadId } }
    const account = hasAccount ? { id: said(object['UserID']), name: said(object['AccountName']), domain: said(object['Domain']) } : undefined
    if (account) frame['user'] = { identifier: account.id, name: account.name, domain: account.domain, type: text(object['AccountType']) }
    const eventType = object['EventType']
    const event = windowsEvent(record, 'windows.flat', {
      code,
      channel,
      provider,
      computer,
      time: timeOf(object, record, context),
      message: text(object['Message']),
      level: object['Level'] ?? object['Severity'],
      keywords: object['Keywords'],
      outcome: eventType === 'AUDIT_SUCCESS' ? 'success' : eventType === 'AUDIT_FAILURE' ? 'failure' : undefined,
      emitterPid,
      account,
      frame,
      data,
    })
    for (const _ in shipper) {
      event.document['nxlog'] = shipper
      break
    }
    const tags: JsonValue | undefined = object['tags']
    if (tags !== undefined && tags !== null) event.document['tags'] = tags
    return event
  },
}
