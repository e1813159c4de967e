import type { EventDocument, JsonValue } from '../../event/event.ts'
import { logsourceOf, shapeOf, valueAt } from '../../sigma/taxonomies/shape-of.ts'
import { VENDOR_SHAPES, type VendorShape } from '../../sigma/taxonomies/vendor-shapes.ts'
import { isObject } from '../bounds.ts'
import type { Format, OpenRecord, ReadContext } from '../contract.ts'
import { finishEvent, get, put, textAt } from '../document.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putLogin } from '../logins.ts'
import { outcomeOf } from '../outcomes.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { putUrl } from '../urls.ts'

type JsonObject = { [key: string]: JsonValue | undefined }

interface Place {
  readonly path: string
  readonly from: readonly { readonly name: string; readonly path: readonly string[] }[]
}

const PORTS = new Set(['source.port', 'destination.port'])
const INTEGERS = new Set(['http.response.status_code', 'source.bytes', 'destination.bytes', 'process.pid'])
const LISTS = new Set(['dns.answers.data'])
/** Entries of a list of name and value that are kept by name. */
const PAIRS_LIMIT = 256

/** A format for one shape of vendors' JSON: the record whole under the vendor's name, and in ECS what the shape's table says. */
function vendorJson(shape: VendorShape): Format {
  const places = Object.entries(shape.ecs).map(
    ([path, names]): Place => ({ path, from: names.split(' ').map((name) => ({ name, path: name.split('.') })) }),
  )
  const under = shape.under ?? shape.dataset
  return {
    name: shape.dataset,
    title: shape.title,
    recognise: ({ object }) => (object && shapeOf(object) === shape ? 0.9 : 0),
    read(record, context) {
      const { object } = record
      if (!object) return undefined
      const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: shape.dataset } }
      putEnvelope(document, record)
      const moved = new Set<string>()
      let time: Date | undefined
      for (const place of places) {
        const found = firstPresent(object, place)
        if (found === undefined) continue
        if (place.path === '@timestamp') time = timeOf(found.value, record, context)
        else if (putTyped(document, place.path, found.value) && place.from.length === 1 && Object.hasOwn(object, found.name)) moved.add(found.name)
      }
      finishUrl(document)
      put(document, under, moved.size === 0 ? { ...object } : without(object, moved))
      if (shape.pairs) putPairs(document, shape.pairs.into, allAt(object, shape.pairs.list.split('.')))
      return finishEvent(record, shape.dataset, logsourceOf(shape, object), time, document)
    },
  }
}

function firstPresent(object: JsonObject, { from }: Place): { name: string; value: JsonValue } | undefined {
  for (const { name, path } of from) {
    const value = valueAt(object, name, path) as JsonValue | undefined
    if (value !== undefined && value !== null && value !== '' && !isObject(value)) return { name, value }
  }
  return undefined
}

const timeOf = (value: JsonValue, { observedAt }: OpenRecord, { zone }: ReadContext): Date | undefined => parseTimestamp(value, { zone, observedAt })

/** True where the value now stands in ECS as it was. */
function putTyped(document: EventDocument, path: string, value: JsonValue): boolean {
  if (LISTS.has(path)) {
    put(document, path, Array.isArray(value) ? [...value] : [value])
    return Array.isArray(value)
  }
  const one = Array.isArray(value) ? value[0] : value
  if (one === undefined || one === null || typeof one === 'object') return false
  if (path === 'user.login') {
    putLogin(document, 'user', String(one))
    return false
  }
  if (path === 'event.outcome') {
    put(document, path, outcomeOf(one))
    return false
  }
  if (path === 'url.original') {
    // Some vendors name an object by its address or by an id in the same field.
    if (!/^(?:[a-z][a-z0-9+.-]{1,16}:\/\/|\/)/i.test(String(one))) return false
    putUrl(document, String(one))
    return one === value
  }
  const typed = typedFor(path, one)
  put(document, path, typed)
  return typed === value
}

function typedFor(path: string, value: string | number | boolean): JsonValue | undefined {
  if (path.endsWith('.ip')) return parseIp(value)
  if (PORTS.has(path)) return parsePort(value)
  if (INTEGERS.has(path)) return /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined
  return String(value)
}

/** A log that gives path and query apart gives no target; rules look at both as one. */
function finishUrl(document: EventDocument): void {
  const path = textAt(document, 'url.path')
  if (path === undefined || get(document, 'url.original') !== undefined) return
  const query = textAt(document, 'url.query')
  putUrl(document, query === undefined || query === '-' ? path : `${path}?${query}`)
}

const without = (object: JsonObject, names: ReadonlySet<string>): JsonObject => {
  const rest: JsonObject = {}
  for (const name in object) if (!names.has(name)) rest[name] = object[name]
  return rest
}

/** Every value at a path, lists on the way walked through. */
function allAt(value: JsonValue | undefined, path: readonly string[]): JsonValue[] {
  if (Array.isArray(value)) return value.slice(0, PAIRS_LIMIT).flatMap((each) => allAt(each, path))
  const [name, ...rest] = path
  if (name === undefined) return value === undefined ? [] : [value]
  return isObject(value) && Object.hasOwn(value, name) ? allAt(value[name], rest) : []
}

/** `[{name: 'NEW_VALUE', value: 'false'}]` also as `{NEW_VALUE: 'false'}`; a name that comes twice keeps both values. */
function putPairs(document: EventDocument, into: string, entries: readonly JsonValue[]): void {
  const named: { [name: string]: JsonValue } = {}
  for (const entry of entries.slice(0, PAIRS_LIMIT)) {
    if (!isObject(entry)) continue
    const name = entry['name'] ?? entry['Name']
    const value = entry['value'] ?? entry['Value'] ?? entry['multiValue'] ?? entry['boolValue'] ?? entry['intValue']
    if (typeof name !== 'string' || name === '__proto__' || value === undefined || value === null) continue
    const before = Object.hasOwn(named, name) ? named[name] : undefined
    named[name] = before === undefined ? value : [before, value].flat()
  }
  for (const _ in named) {
    put(document, into, named)
    break
  }
}

/** CloudTrail and Okta have formats of their own, which know more of them; their shapes are for matching in place. */
export const VENDOR_JSON: readonly Format[] = VENDOR_SHAPES.filter(({ ecs }) => Object.keys(ecs).length > 0).map(vendorJson)
