import type { EventDocument } from '../event/event.ts'
import type { OpenRecord } from './contract.ts'
import { newDocument, put } from './document.ts'
import { parseIp } from './ip.ts'
import { facilityName, severityName } from './syslog-envelope.ts'

/** A document with what the syslog header says: host, program, pid, severity. `app` stands in where the header names no program. */
export function syslogDocument(record: OpenRecord, dataset: string, app?: string): EventDocument {
  const document = newDocument(dataset)
  document.message = record.body.trim()
  putEnvelope(document, record, app)
  return document
}

export function putEnvelope(document: EventDocument, record: OpenRecord, app?: string): void {
  const { envelope } = record
  const name = envelope?.app ?? app
  if (envelope?.host !== undefined) {
    put(document, 'host.name', envelope.host)
    const ip = parseIp(envelope.host)
    if (ip !== undefined) put(document, 'host.ip', ip)
  }
  if (name !== undefined) put(document, 'process.name', name)
  if (!envelope) return
  if (envelope.pid !== undefined) {
    const pid = Number(envelope.pid)
    if (Number.isSafeInteger(pid)) put(document, 'process.pid', pid)
    else put(document, 'log.syslog.procid', envelope.pid)
  }
  if (envelope.priority !== undefined) {
    put(document, 'log.level', severityName(envelope.priority))
    put(document, 'log.syslog', { priority: envelope.priority, facility: { name: facilityName(envelope.priority) } })
  }
  if (envelope.messageId !== undefined) put(document, 'log.syslog.msgid', envelope.messageId)
  if (envelope.structured !== undefined) put(document, 'log.syslog.structured_data', envelope.structured)
}
