import type { PicketEvent } from '../../event/event.ts'
import type { OpenRecord } from '../contract.ts'

/** A record no format can read: kept whole, marked, and never lost. Its times are the transport's or the sensor's. */
export function unknownEvent(record: OpenRecord, text: string): PicketEvent {
  const time = record.hints?.time ?? record.observedAt
  const host = record.hints?.host
  return {
    time,
    observedAt: record.observedAt,
    dataset: 'unknown',
    logsource: { categories: [] },
    host,
    rawBytes: record.rawBytes,
    parsed: false,
    document: {
      '@timestamp': time.toISOString(),
      event: { kind: 'event', dataset: 'unknown', created: record.observedAt.toISOString(), original: text },
      ...(host === undefined ? {} : { host: { name: host } }),
      ...(record.peer === undefined ? {} : { log: { source: { address: record.peer } } }),
    },
  }
}
