import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { putExecutable } from '../endpoint-fields.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'

const LEVELS: { readonly [type: string]: string } = { Default: 'notice', Info: 'informational', Debug: 'debug', Error: 'error', Fault: 'critical' }

/** One entry of macOS's unified log as `log stream --style ndjson` and `log show --style ndjson` print it (man 1 log). */
export const macosUnifiedLog: Format = {
  name: 'macos.unified_log',
  title: 'macOS unified log entry (log stream --style ndjson)',
  recognise: ({ object }) =>
    object?.['eventMessage'] !== undefined && object['machTimestamp'] !== undefined && object['processImagePath'] !== undefined ? 0.95 : 0,
  read(record, context) {
    const object = record.object
    if (!object) return undefined
    const { eventMessage, timestamp, processImagePath, processID, messageType, ...rest } = object
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'macos.unified_log' } }
    putEnvelope(document, record)
    delete document['process']
    if (typeof eventMessage === 'string') put(document, 'message', eventMessage)
    if (typeof messageType === 'string') put(document, 'log.level', LEVELS[messageType] ?? messageType.toLowerCase())
    if (typeof processImagePath === 'string') putExecutable(document, 'process', processImagePath)
    if (Number.isSafeInteger(processID)) put(document, 'process.pid', processID)
    put(document, 'host.os', { type: 'macos' })
    put(document, 'macos.unified_log', rest)
    const time = parseTimestamp(timestamp, { zone: context.zone, observedAt: record.observedAt })
    return finishEvent(record, 'macos.unified_log', { product: 'macos', service: 'unified_log', categories: [] }, time, document)
  },
}
