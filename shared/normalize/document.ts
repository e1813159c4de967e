import type { EventDocument, EventLogsource, JsonValue, PicketEvent, RecordHints } from '../event/event.ts'
import { boundObject } from './bounds.ts'
import type { OpenRecord } from './contract.ts'
import { believable } from './timestamps.ts'

type JsonObject = { [key: string]: JsonValue | undefined }

const split = new Map<string, readonly string[]>()
/** The parts of a dotted path. Kept, since paths come from this code only and are few. */
const partsOf = (path: string): readonly string[] => {
  const known = split.get(path)
  if (known) return known
  const parts = path.split('.')
  split.set(path, parts)
  return parts
}

/**
 * Sets `path` (dotted, never taken from a record) to `value`, making the objects in between. Undefined and the empty string set nothing.
 * A value that stands where an object is needed is left alone.
 */
export function put(document: EventDocument, path: string, value: JsonValue | undefined): void {
  if (value === undefined || value === '') return
  const parts = partsOf(path)
  let at: JsonObject = document
  const last = parts.length - 1
  for (let i = 0; i < last; i++) {
    const part = parts[i] as string
    const next = at[part]
    if (next === undefined) {
      const made: JsonObject = {}
      at[part] = made
      at = made
    } else if (typeof next === 'object' && next !== null && !Array.isArray(next)) at = next
    else return
  }
  at[parts[last] as string] = value
}

/** The value at `path`, or undefined. */
export function get(document: EventDocument, path: string): JsonValue | undefined {
  let at: JsonValue | undefined = document
  for (const part of partsOf(path)) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, part)) return undefined
    at = at[part]
  }
  return at
}

export const textAt = (document: EventDocument, path: string): string | undefined => {
  const value = get(document, path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Appends to a list, each value once. Bounded: `related.*` is for pivoting, not for keeping. */
export function relate(document: EventDocument, path: string, value: string | undefined): void {
  if (value === undefined || value === '' || value === '-') return
  const list = get(document, path)
  if (Array.isArray(list)) {
    if (list.length < 32 && !list.includes(value)) list.push(value)
  } else put(document, path, [value])
}

/** The last part of a path, Windows or POSIX. */
export const baseName = (path: string): string => path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1)

/** Everything before the last part of a path. */
export const dirName = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('\\'), path.lastIndexOf('/')))

/** A name's last extension, without the dot, lower case. */
export const extensionOf = (name: string): string | undefined => {
  const dot = name.lastIndexOf('.')
  return dot > 0 && name.length - dot <= 12 ? name.slice(dot + 1).toLowerCase() : undefined
}

/** The document every format starts from, with its keys in reading order. */
export const newDocument = (dataset: string): { '@timestamp': string; message?: string; event: JsonObject } & EventDocument => ({
  '@timestamp': '',
  event: { kind: 'event', dataset },
})

/** The time the transport gave (HEC's `time`), where it is one: a client can send anything. */
export const hintedTime = ({ hints }: OpenRecord): Date | undefined => (hints?.time === undefined ? undefined : believable(hints.time.getTime()))

/** What the transport said beside the record. The host is taken in `finishEvent`, for the record's own comes first. */
export function putHints(document: EventDocument, hints: RecordHints): void {
  put(document, 'log.file.path', hints.path)
  put(document, 'log.sourcetype', hints.sourcetype)
  if (hints.fields === undefined) return
  const { object } = boundObject(hints.fields)
  for (const _ in object) {
    put(document, 'log.fields', object)
    return
  }
}

/**
 * Closes a document: clocks, what the transport knew, `related.*`, and the columns the hub indexes.
 * `time` is the record's own; undefined where it names none, and then the transport's or the sensor's clock counts.
 */
export function finishEvent(
  record: OpenRecord,
  dataset: string,
  logsource: EventLogsource,
  time: Date | undefined,
  document: EventDocument,
): PicketEvent {
  const at = time ?? record.envelope?.time ?? hintedTime(record) ?? record.observedAt
  document['@timestamp'] = at.toISOString()
  put(document, 'event.created', record.observedAt.toISOString())
  if (record.cut) put(document, 'event.original', record.text)
  if (record.peer !== undefined) put(document, 'log.source.address', record.peer)
  if (record.hints !== undefined) putHints(document, record.hints)
  const host = textAt(document, 'host.name') ?? record.hints?.host
  if (host !== undefined) put(document, 'host.name', host)
  const user = textAt(document, 'user.name')
  const sourceIp = textAt(document, 'source.ip')
  relate(document, 'related.ip', sourceIp)
  relate(document, 'related.ip', textAt(document, 'destination.ip'))
  relate(document, 'related.user', user)
  relate(document, 'related.user', textAt(document, 'user.target.name'))
  relate(document, 'related.user', textAt(document, 'user.effective.name'))
  relate(document, 'related.hosts', host)
  return { time: at, observedAt: record.observedAt, dataset, logsource, host, user, sourceIp, rawBytes: record.rawBytes, parsed: true, document }
}
