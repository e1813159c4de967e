import type { EventDocument, PicketEvent } from '../../event/event.ts'
import { applicationOf } from '../applications.ts'
import type { OpenRecord } from '../contract.ts'
import { hintedTime, put, putHints } from '../document.ts'

/** A record no format can read: kept whole, marked, and never lost. Its times are the transport's or the sensor's. */
export function unknownEvent(record: OpenRecord, text: string): PicketEvent {
  const { observedAt, hints, peer, rawBytes } = record
  const time = hintedTime(record) ?? observedAt
  const document: EventDocument = {
    '@timestamp': time.toISOString(),
    event: { kind: 'event', dataset: 'unknown', created: observedAt.toISOString(), original: text },
  }
  put(document, 'host.name', hints?.host)
  put(document, 'log.source.address', peer)
  if (hints !== undefined) putHints(document, hints)
  const logsource = applicationOf({ sourcetype: hints?.sourcetype, text }) ?? { categories: [] }
  return { time, observedAt, dataset: 'unknown', logsource, host: hints?.host, rawBytes, parsed: false, document }
}
