import type { EventDocument, JsonValue } from '../../event/event.ts'
import { eventFromFields } from '../common-fields.ts'
import type { Format } from '../contract.ts'
import { parseKeyValues } from '../key-value.ts'

const PAIR = /^[A-Za-z_][\w.-]{0,63}=/

/** Lines that are nothing but `key=value` pairs: logfmt, and what many firewalls and appliances send. */
export const keyValue: Format = {
  name: 'key_value',
  title: 'key=value pairs (logfmt, firewalls and appliances), bare or inside syslog',
  recognise({ body, object }) {
    if (object) return 0
    const head = body.slice(0, 400)
    if (!PAIR.test(head)) return 0
    let pairs = 0
    for (let at = head.indexOf('='); at >= 0 && pairs < 4; at = head.indexOf('=', at + 1)) pairs++
    return pairs >= 3 ? 0.6 : 0
  },
  read(record, context) {
    const pairs = parseKeyValues(record.body)
    if (pairs.size < 3) return undefined
    const fields: { [name: string]: JsonValue } = {}
    for (const [key, value] of pairs) if (key !== '__proto__') fields[key] = value
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'key_value' } }
    return eventFromFields(record, context, 'key_value', document, fields, 'fields')
  },
}
