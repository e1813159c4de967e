import type { JsonValue, PicketEvent } from '../../event/event.ts'
import { isObject } from '../bounds.ts'
import type { Format, OpenRecord, ReadContext } from '../contract.ts'
import { parseTimestamp } from '../timestamps.ts'
import { windowsEvent } from '../windows/to-event.ts'
import { type EventData, integer, text } from '../windows/windows-record.ts'

/** An element's attribute, in the three ways the XML is turned into JSON: `#attributes`, `<Name>_attributes`, or the name itself. */
function attribute(system: EventData, element: string, name: string): JsonValue | undefined {
  const node = system[element]
  if (isObject(node)) {
    const attributes = node['#attributes'] ?? node['@attributes']
    return (isObject(attributes) ? attributes[name] : undefined) ?? node[name] ?? node[`@${name}`]
  }
  const beside = system[`${element}_attributes`]
  return isObject(beside) ? beside[name] : undefined
}

const content = (node: JsonValue | undefined): JsonValue | undefined => (isObject(node) ? (node['#text'] ?? node['Value']) : node)

/** EventData as named fields, or the inside of UserData's one element. `#attributes` and namespaces say nothing about the event. */
function eventData(event: EventData): EventData {
  const eventData = event['EventData']
  if (isObject(eventData)) return flatten(eventData)
  const userData = event['UserData']
  if (!isObject(userData)) return {}
  for (const name in userData) {
    const inside = userData[name]
    if (!name.endsWith('_attributes') && isObject(inside)) return flatten(inside)
  }
  return flatten(userData)
}

function flatten(node: EventData): EventData {
  const data: EventData = {}
  for (const key in node) {
    const value = node[key]
    if (key === '#attributes' || key === 'xmlns' || key.endsWith('_attributes') || value === undefined) continue
    // `<Data Name="X">v</Data>` comes as a list of { "#attributes": { Name }, "#text" } from some converters.
    if (key === 'Data' && Array.isArray(value) && value.some((item) => isObject(item) && nameOf(item) !== undefined)) {
      for (const item of value) {
        const name = isObject(item) ? nameOf(item) : undefined
        if (name !== undefined && name !== '__proto__') data[name] = content(item) ?? ''
      }
    } else data[key] = key === 'Data' ? (content(value) ?? null) : value
  }
  return data
}

const nameOf = (item: EventData): string | undefined => {
  const attributes = item['#attributes']
  return text(isObject(attributes) ? attributes['Name'] : (item['@Name'] ?? item['Name']))
}

/** What evtx_dump and its like make of an .evtx file: the event's XML as JSON, `Event.System` and `Event.EventData`. */
export const windowsEvtx: Format = {
  name: 'windows.evtx',
  title: 'Windows event as evtx_dump writes it (Event.System, Event.EventData)',
  recognise: ({ object }) => (object && isObject(object['Event']) && isObject(object['Event']['System']) ? 1 : 0),
  read: (record, context) => readEventObject(record, 'windows.evtx', record.object?.['Event'], context),
}

/** An event's XML as an object, `System` and `EventData` inside; undefined where it is none. */
export function readEventObject(record: OpenRecord, dataset: string, event: JsonValue | undefined, { zone }: ReadContext): PicketEvent | undefined {
  if (!isObject(event) || !isObject(event['System'])) return undefined
  const system = event['System']
  const code = text(content(system['EventID']))
  if (code === undefined) return undefined
  const rendering = event['RenderingInfo']
  const emitterPid = integer(attribute(system, 'Execution', 'ProcessID'))
  const frame: EventData = {}
  const put = (name: string, value: JsonValue | undefined) => {
    if (value !== undefined && value !== null && value !== '') frame[name] = value
  }
  put('provider_guid', attribute(system, 'Provider', 'Guid'))
  put('record_id', content(system['EventRecordID']))
  put('level', content(system['Level']))
  put('task', content(system['Task']))
  put('opcode', content(system['Opcode']))
  put('version', content(system['Version']))
  put('activity_id', attribute(system, 'Correlation', 'ActivityID'))
  put('related_activity_id', attribute(system, 'Correlation', 'RelatedActivityID'))
  const userId = text(attribute(system, 'Security', 'UserID'))
  if (userId !== undefined) frame['user'] = { identifier: userId }
  const threadId = integer(attribute(system, 'Execution', 'ThreadID'))
  if (emitterPid !== undefined) frame['process'] = threadId === undefined ? { pid: emitterPid } : { pid: emitterPid, thread: { id: threadId } }
  return windowsEvent(record, dataset, {
    code,
    channel: text(content(system['Channel'])),
    provider: text(attribute(system, 'Provider', 'Name')),
    computer: text(content(system['Computer'])),
    time: parseTimestamp(attribute(system, 'TimeCreated', 'SystemTime') ?? system['TimeCreated'], { zone, observedAt: record.observedAt }),
    message: isObject(rendering) ? text(rendering['Message']) : text(event['Message']),
    level: content(system['Level']),
    keywords: content(system['Keywords']),
    emitterPid,
    account: userId === undefined ? undefined : { id: userId },
    frame,
    data: eventData(event),
  })
}
