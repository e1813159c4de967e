import type { StoredEvent } from '../ingest/ports.ts'
import type { AlertEventSummary } from './ports.ts'

/** What a list of alerts shows of an event, in characters; the whole is in the event itself. */
const PROCESS_LIMIT = 1_024
const COMMAND_LINE_LIMIT = 8_192

/** The fields an analyst reads first. `source` is the event's dataset. A document that is no JSON only leaves out what is in it. */
export function documentSummary(event: Pick<StoredEvent, 'time' | 'dataset' | 'host' | 'user' | 'sourceIp' | 'document'>): AlertEventSummary {
  const document = parse(event.document)
  return {
    timestamp: event.time.toISOString(),
    source: event.dataset,
    host: event.host,
    user: event.user,
    source_ip: event.sourceIp,
    process: textAt(document, ['process', 'name'], PROCESS_LIMIT) ?? fileName(textAt(document, ['process', 'executable'], PROCESS_LIMIT)),
    command_line: textAt(document, ['process', 'command_line'], COMMAND_LINE_LIMIT),
  }
}

function parse(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    // Found out and accounted for where it is stored.
    return undefined
  }
}

function textAt(document: unknown, path: readonly string[], limit: number): string | undefined {
  let at = document
  for (const key of path) at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined
  return typeof at === 'string' && at !== '' ? at.replaceAll('\0', '').slice(0, limit) : undefined
}

/** The last part of a path of either kind of system. */
const fileName = (path: string | undefined): string | undefined => path?.split(/[\\/]/).findLast((part) => part !== '')
