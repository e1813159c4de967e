import type { EventDocument, JsonValue } from '../../event/event.ts'
import { isObject } from '../bounds.ts'
import type { Format } from '../contract.ts'
import { parseTimestamp } from '../timestamps.ts'
import { windowsEvent } from '../windows/to-event.ts'
import { type EventData, integer, text } from '../windows/windows-record.ts'
import { UTC } from '../zones.ts'

/** Top-level names of Winlogbeat up to 6, which had no `winlog`. */
const OLD_NAMES: { readonly [name: string]: string } = {
  event_data: 'event_data',
  user_data: 'user_data',
  event_id: 'event_id',
  computer_name: 'computer_name',
  log_name: 'channel',
  source_name: 'provider_name',
  provider_guid: 'provider_guid',
  record_number: 'record_id',
  keywords: 'keywords',
  opcode: 'opcode',
  task: 'task',
  version: 'version',
  activity_id: 'activity_id',
}
/** Written anew from the parts below. */
const REWRITTEN = new Set(['winlog', '@timestamp', 'message', 'event_data', 'channel', 'provider_name', 'computer_name', 'event_id', 'keywords'])

const copy = (value: JsonValue | undefined): JsonValue | undefined => {
  if (Array.isArray(value)) return value.map((item) => copy(item) ?? null)
  if (!isObject(value)) return value
  const object: EventData = {}
  for (const key in value) object[key] = copy(value[key])
  return object
}

/** Winlogbeat and Elastic Agent: already ECS outside, with the event's own fields under `winlog`. What the shipper set stays as it is. */
export const windowsWinlogbeat: Format = {
  name: 'windows.winlogbeat',
  title: 'Windows event as Winlogbeat or Elastic Agent send it (winlog.*; also version 6 and older)',
  recognise({ object }) {
    if (!object) return 0
    if (isObject(object['winlog'])) return 0.95
    return object['event_id'] !== undefined && object['log_name'] !== undefined ? 0.9 : 0
  },
  read(record) {
    const object = record.object
    if (!object) return undefined
    const winlog: EventData = {}
    const document: EventDocument = { '@timestamp': '' }
    const isNew = isObject(object['winlog'])
    if (isNew) Object.assign(winlog, copy(object['winlog']))
    for (const name in object) {
      if (!isNew && Object.hasOwn(OLD_NAMES, name)) winlog[OLD_NAMES[name] as string] = copy(object[name])
      else if (!REWRITTEN.has(name) && object[name] !== null) document[name] = copy(object[name])
    }
    if (!isNew) liftOldFrame(winlog, document)
    for (const section of ['event', 'host', 'user', 'process', 'source', 'destination', 'file', 'registry', 'log', 'network', 'dns', 'related'])
      if (document[section] !== undefined && !isObject(document[section])) {
        winlog[`sent_${section}`] = document[section] // not ECS: out of the way of what is derived, but kept
        delete document[section]
      }
    const event = isObject(document['event']) ? document['event'] : undefined
    const code = text(winlog['event_id']) ?? text(event?.['code'])
    if (code === undefined) return undefined
    const message = text(object['message'])
    // Elastic Agent sends the rendered message a second time as event.original.
    if (event && event['original'] === message) delete event['original']
    const user = isObject(winlog['user']) ? winlog['user'] : undefined
    const inner = isObject(winlog['event_data']) ? winlog['event_data'] : isObject(winlog['user_data']) ? winlog['user_data'] : {}
    if (!isObject(winlog['event_data'])) delete winlog['user_data']
    const frame: EventData = {}
    for (const name in winlog) if (!REWRITTEN.has(name)) frame[name] = winlog[name]
    return windowsEvent(record, 'windows.winlogbeat', {
      code,
      channel: text(winlog['channel']),
      provider: text(winlog['provider_name']) ?? text(event?.['provider']),
      computer: text(winlog['computer_name']),
      time: parseTimestamp(object['@timestamp'] ?? winlog['time_created'], { zone: UTC, observedAt: record.observedAt }),
      message,
      level: document['log'] === undefined ? winlog['level'] : undefined,
      keywords: winlog['keywords'],
      outcome: auditOutcome(winlog['keywords']),
      emitterPid: isObject(winlog['process']) ? integer(winlog['process']['pid']) : undefined,
      account: user && { id: text(user['identifier']), name: text(user['name']), domain: text(user['domain']) },
      frame,
      data: inner,
      document,
    })
  },
}

const auditOutcome = (keywords: JsonValue | undefined): 'success' | 'failure' | undefined => {
  if (!Array.isArray(keywords)) return undefined
  return keywords.includes('Audit Success') ? 'success' : keywords.includes('Audit Failure') ? 'failure' : undefined
}

function liftOldFrame(winlog: EventData, document: EventDocument): void {
  const pid = integer(document['process_id'])
  const thread = integer(document['thread_id'])
  if (pid !== undefined) winlog['process'] = thread === undefined ? { pid } : { pid, thread: { id: thread } }
  if (isObject(document['user'])) winlog['user'] = document['user']
  if (typeof document['level'] === 'string') document['log'] = { level: document['level'].toLowerCase() }
  for (const name of ['process_id', 'thread_id', 'user', 'level']) delete document[name]
}
