import type { BinXmlReader } from './binxml.ts'
import type { XmlAttribute, XmlElement, XmlFragment, XmlPart } from './binxml-tree.ts'
import type { Budget } from './budget.ts'
import type { ChunkBytes } from './chunk-bytes.ts'
import { EvtxFault } from './fault.ts'
import { BINXML_TYPE, type EvtxValue, NULL_TYPE, readValue } from './values.ts'

/** A record as a document: nested objects as evtx_dump writes them. */
export interface EvtxObject {
  [name: string]: EvtxValue | EvtxObject
}

/** Templates inside values inside templates add up; the matcher walks what comes out. */
const DEPTH_LIMIT = 64

interface Target {
  readonly bytes: ChunkBytes
  readonly reader: BinXmlReader
  readonly budget: Budget
}

/**
 * Turns a record's XML into a document in evtx_dump's shape: elements are keys, attributes lie under `#attributes`, text beside attributes or elements under `#text`,
 * `<Data Name="X">` is the key `X`, an element that comes again is `Name_1`. What has neither text, attributes nor elements is null (`""` for `Data`).
 *
 * It differs from evtx_dump where a rule would else be misled or a value lost:
 * - an array is a JSON array, and named data that comes twice is an array of both (evtx_dump: joined text, and a key written twice);
 * - entities and character references are the characters they stand for;
 * - a 64-bit number that a double cannot hold is text; handles, which evtx_dump refuses, are hex; reals are numbers;
 * - text keeps the blanks at its ends (evtx_dump trims them), and loses the zero characters some providers count as part of it;
 * - times are given to the microsecond (so did evtx_dump until it began to write all seven digits).
 */
export function documentOf(fragments: readonly XmlFragment[], target: Target): EvtxObject {
  const document: EvtxObject = {}
  for (const { element, values } of fragments) addChild(document, element, { ...target, values, depth: 0, again: new Map() })
  return document
}

interface Scope extends Target {
  readonly values: XmlFragment['values']
  readonly depth: number
  /** How often each name that came again has come, in the element being filled. */
  readonly again: Map<string, number>
}

function addChild(parent: EvtxObject, element: XmlElement, scope: Scope): void {
  if (element.name === 'Data') addData(parent, element, scope)
  else put(parent, freeName(parent, element.name, scope), contentOf(element, element.attributes, scope))
}

function addData(parent: EvtxObject, element: XmlElement, scope: Scope): void {
  const name = element.attributes.length > 0 ? dataName(element.attributes, scope) : ''
  const value = contentOf(element, [], scope) ?? ''
  if (name === '') addUnnamed(parent, value)
  else if (Object.hasOwn(parent, name)) put(parent, name, joined(parent[name], value))
  else put(parent, name, value)
}

/** Data without a name keep their order: the text of one, or a list of all. */
function addUnnamed(parent: EvtxObject, value: EvtxValue | EvtxObject): void {
  const before = Object.hasOwn(parent, 'Data') ? parent['Data'] : undefined
  if (isObject(before) && Object.hasOwn(before, '#text')) before['#text'] = joined(before['#text'], value)
  else put(parent, 'Data', { '#text': textOnly(value) })
}

/** The list that has both. A list that is there already is the document's own and grows in place, so that a thousand items take no million steps. */
function joined(before: EvtxValue | EvtxObject | undefined, value: EvtxValue | EvtxObject): EvtxValue {
  const known = textOnly(before)
  const list = isArray(known) ? known : [known]
  const more = textOnly(value)
  if (!isArray(more)) list.push(more)
  else for (const item of more) list.push(item)
  return list
}

/** An object cannot be an item of a list of values; no provider writes one there, and its JSON text loses nothing. */
const textOnly = (value: EvtxValue | EvtxObject | undefined): EvtxValue => (isObject(value) ? JSON.stringify(value) : (value ?? null))
const isArray = (value: unknown): value is EvtxValue[] => Array.isArray(value)
const isObject = (value: unknown): value is EvtxObject => typeof value === 'object' && value !== null && !Array.isArray(value)

function freeName(parent: EvtxObject, name: string, { again }: Scope): string {
  if (!Object.hasOwn(parent, name)) return name
  let count = (again.get(name) ?? 0) + 1
  while (Object.hasOwn(parent, `${name}_${count}`)) count++
  again.set(name, count)
  return `${name}_${count}`
}

function put(parent: EvtxObject, name: string, value: EvtxValue | EvtxObject): void {
  // Assigning this name would set the prototype.
  if (name === '__proto__') Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true })
  else parent[name] = value
}

function dataName(attributes: readonly XmlAttribute[], scope: Scope): string {
  const name = attributes.find((attribute) => attribute.name === 'Name')
  return name ? String(textOf(name.value, scope) ?? '') : ''
}

/** An element as a value: its text alone where that is all it has, else an object. */
function contentOf({ content }: XmlElement, attributes: readonly XmlAttribute[], scope: Scope): EvtxValue | EvtxObject {
  if (scope.depth > DEPTH_LIMIT) throw new EvtxFault(undefined, `elements are nested more than ${DEPTH_LIMIT} deep`)
  let object: EvtxObject | undefined
  if (attributes.length > 0) {
    const filled = attributesOf(attributes, scope)
    if (filled) object = { '#attributes': filled }
  }
  if (isTextOnly(content, scope)) {
    const text = textOf(content, scope)
    if (!object) return text
    if (text !== null && text !== '') object['#text'] = text
    return object
  }
  object ??= {}
  const inner = { ...scope, depth: scope.depth + 1, again: new Map() }
  const text: XmlPart[] = []
  for (const part of content) {
    const fragments = fragmentsOf(part, scope)
    if (part.kind === 'element') addChild(object, part.element, inner)
    else if (!fragments) text.push(part)
    else for (const { element, values } of fragments) addChild(object, element, { ...inner, values })
  }
  const rest = text.length > 0 ? textOf(text, scope) : null
  if (rest !== null && rest !== '') object['#text'] = rest
  return object
}

const placeOf = (part: XmlPart, { values }: Scope) =>
  part.kind === 'substitution' ? values[part.index] : part.kind === 'value' ? part.value : undefined

function isTextOnly(content: readonly XmlPart[], scope: Scope): boolean {
  for (const part of content) {
    if (part.kind === 'element' || part.kind === 'fragment') return false
    if (part.kind === 'substitution' && scope.values[part.index]?.type === BINXML_TYPE) return false
  }
  return true
}

/** Elements that a part stands for: a template used in place, or a value that is binary XML. */
function fragmentsOf(part: XmlPart, scope: Scope): readonly XmlFragment[] | undefined {
  if (part.kind === 'fragment') return [part.fragment]
  const place = placeOf(part, scope)
  return place?.type === BINXML_TYPE ? scope.reader.fragments(place.at, place.at + place.size) : undefined
}

/** A single value keeps its type; several parts are joined as text. Null where there is none. */
function textOf(parts: readonly XmlPart[], scope: Scope): EvtxValue {
  let all: EvtxValue = null
  for (const part of parts) {
    scope.budget.node()
    const value = partValue(part, scope)
    if (value === null) continue
    all = all === null ? value : asText(all) + asText(value)
  }
  return all
}

const asText = (value: EvtxValue): string => (isArray(value) ? value.map(asText).join(',') : String(value ?? ''))

function partValue(part: XmlPart, scope: Scope): EvtxValue {
  if (part.kind === 'text') {
    scope.budget.characters(part.text.length)
    return part.text
  }
  const place = placeOf(part, scope)
  return place === undefined || place.type === NULL_TYPE || place.type === BINXML_TYPE ? null : readValue(scope.bytes, place, scope.budget)
}

function attributesOf(attributes: readonly XmlAttribute[], scope: Scope): EvtxObject | undefined {
  let filled: EvtxObject | undefined
  for (const { name, value } of attributes) {
    const text = textOf(value, scope)
    if (text === null || text === '') continue
    filled ??= {}
    put(filled, name, text)
  }
  return filled
}
