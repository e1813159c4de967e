import { picket } from '../wire/generated/picket.js'
import type { PicketEvent } from './event.ts'

const text = new TextEncoder()

/**
 * An event as it travels and as the sensor's buffer keeps it: `picket.v1.Event`, the document inside as UTF-8 JSON that goes into the database
 * untouched.
 *
 * @param connectorId - the connector it came through
 * @param edgeRuleIds - rules that fired on the sensor
 */
export function encodeEvent(event: PicketEvent, connectorId: string, edgeRuleIds: readonly string[] = []): Uint8Array {
  const { logsource } = event
  return picket.v1.Event.encode({
    timeMs: event.time.getTime(),
    observedMs: event.observedAt.getTime(),
    connectorId,
    dataset: event.dataset,
    product: logsource.product ?? null,
    service: logsource.service ?? null,
    categories: logsource.categories as string[],
    host: event.host ?? null,
    user: event.user ?? null,
    sourceIp: event.sourceIp ?? null,
    rawBytes: event.rawBytes,
    parsed: event.parsed,
    edgeRuleIds: edgeRuleIds as string[],
    document: text.encode(JSON.stringify(event.document)),
  }).finish()
}
