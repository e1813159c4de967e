import type { JsonValue } from '../../event/event.ts'
import { own } from '../../own.ts'
import { isObject } from '../bounds.ts'
import type { Format, OpenRecord } from '../contract.ts'
import { readEventObject } from './windows-evtx.ts'

type Texts = { [name: string]: string }

const ENTITIES: { readonly [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const CODE_POINT = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i

const unescapeXml = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(#?\w{1,8});/g, (whole, name: string) => {
        const code = CODE_POINT.exec(name)
        if (!code) return own(ENTITIES, name) ?? whole
        const point = code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16)
        // NUL, surrogates and what lies past Unicode's end are no characters.
        return point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? '\ufffd' : String.fromCodePoint(point)
      })
    : text

// The event schema is flat: every element of System holds attributes and perhaps text, every Data a name and text.
const SYSTEM_PART = /<(\w{1,32})((?: \w{1,32}=(?:'[^'<]{0,512}'|"[^"<]{0,512}")){0,8}) ?(?:\/>|>([^<]{0,1024})<\/)/g
const ATTRIBUTE = / (\w{1,32})=(?:'([^'<]{0,512})'|"([^"<]{0,512})")/g
const DATA = /<Data Name=(?:'([^'<]{1,128})'|"([^"<]{1,128})") ?(?:\/>|>([^<]*)<\/Data>)/g

const xmlOf = ({ body, object }: OpenRecord): string | undefined => {
  if (!object) return body.startsWith('<Event ') || body.startsWith('<Event>') ? body : undefined
  // Azure's WindowsEventLogsTable carries the XML whole.
  const properties = object['properties']
  const xml = isObject(properties) ? properties['RawXml'] : undefined
  return typeof xml === 'string' && xml.startsWith('<Event') ? xml : undefined
}

/** The event's own XML (https://learn.microsoft.com/windows/win32/wes/eventschema-schema), bare or inside Azure's diagnostics table. */
export const windowsXml: Format = {
  name: 'windows.xml',
  title: 'Windows event as XML, bare, inside syslog, or in Azure diagnostics (RawXml)',
  recognise: (record) => (xmlOf(record) === undefined ? 0 : 0.97),
  read(record, context) {
    const xml = xmlOf(record)
    if (xml === undefined) return undefined
    const event = readEventXml(xml)
    if (!event) return undefined
    const system: { [name: string]: JsonValue } = {}
    for (const [name, { text, attributes }] of Object.entries(event.system)) system[name] = { '#attributes': attributes, '#text': text }
    const properties = record.object?.['properties']
    const message = isObject(properties) && typeof properties['Description'] === 'string' ? properties['Description'] : ''
    return readEventObject(record, 'windows.xml', { System: system, EventData: event.data, Message: message }, context)
  },
}

/**
 * Header and data of one event's XML, by name. What is not in the event schema's flat form is passed over.
 *
 * @returns undefined where there is no `System` element
 */
export function readEventXml(xml: string): { system: { [element: string]: { text: string; attributes: Texts } }; data: Texts } | undefined {
  const end = xml.indexOf('</System>')
  const start = xml.indexOf('<System>')
  if (start < 0 || end < start) return undefined
  const system: { [element: string]: { text: string; attributes: Texts } } = {}
  for (const [, name = '', written = '', text = ''] of xml.slice(start + 8, end).matchAll(SYSTEM_PART)) {
    const attributes: Texts = {}
    for (const [, key = '', single, double] of written.matchAll(ATTRIBUTE))
      if (key !== '__proto__') attributes[key] = unescapeXml(single ?? double ?? '')
    if (name !== '__proto__') system[name] = { text: unescapeXml(text), attributes }
  }
  const data: Texts = {}
  for (const [, single, double, text = ''] of xml.slice(end).matchAll(DATA)) {
    const name = unescapeXml(single ?? double ?? '')
    if (name !== '__proto__') data[name] = unescapeXml(text)
  }
  return { system, data }
}
