import type { EventDocument, JsonValue } from '../../event/event.ts'
import { classifyEcs } from '../../sigma/taxonomies/ecs-datasets.ts'
import { isObject } from '../bounds.ts'
import { eventFromFields } from '../common-fields.ts'
import type { Format } from '../contract.ts'
import { finishEvent } from '../document.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'

const isEcs = (object: { readonly [key: string]: JsonValue | undefined }): boolean =>
  object['@timestamp'] !== undefined &&
  (isObject(object['event']) || isObject(object['ecs']) || isObject(object['host']) || isObject(object['process']))

/** One JSON object. One that is ECS already passes as it is; of any other, the names that everybody uses move into ECS and the rest stays where it was. */
export const json: Format = {
  name: 'json',
  title: 'JSON object: ECS as it is, else common names (time, host, user, src_ip, …) mapped',
  recognise: ({ object }) => (object ? (isEcs(object) ? 0.5 : 0.4) : 0),
  read(record, context) {
    const object = record.object
    if (!object) return undefined
    if (!isEcs(object)) {
      const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'json' } }
      return eventFromFields(record, context, 'json', document, object, undefined)
    }
    const document: EventDocument = { ...object }
    const sent = isObject(object['event']) ? object['event'] : {}
    document['event'] = { kind: 'event', ...sent, dataset: sent['dataset'] ?? 'json' }
    // finishEvent writes into these: the record's own objects stay untouched.
    for (const section of ['host', 'related', 'log']) if (isObject(object[section])) document[section] = { ...object[section] }
    if (isObject(document['related'])) for (const key in document['related']) document['related'][key] = list(document['related'][key])
    putEnvelope(document, record)
    const time = parseTimestamp(object['@timestamp'], { zone: context.zone, observedAt: record.observedAt })
    const dataset = typeof sent['dataset'] === 'string' && sent['dataset'].length <= 64 ? sent['dataset'] : 'json'
    return finishEvent(record, dataset, classifyEcs(object), time, document)
  },
}

const list = (value: JsonValue | undefined): JsonValue[] => (Array.isArray(value) ? [...value] : value === undefined ? [] : [value])
