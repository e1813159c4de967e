import type { RawRecord, RecordHints } from '../../../shared/event/event.ts'
import { cutMarker } from '../cut.ts'

/** Longest line taken as one record, in bytes of UTF-16 text; as for a tailed file. */
const MAX_LINE = 262_144

export interface Lines {
  readonly records: RawRecord[]
  readonly cut: number
}

/** One record per line that is not blank. A JSON array counts as its elements. */
export const toRecords = (body: string, observedAt: Date, peer: string | undefined, hints?: RecordHints): Lines => {
  const records: RawRecord[] = []
  let cut = 0
  for (const line of elementsOf(body) ?? body.split('\n')) {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (text.trim() === '') continue
    if (text.length > MAX_LINE) cut += 1
    const kept = text.length > MAX_LINE ? text.slice(0, MAX_LINE) + cutMarker(MAX_LINE) : text
    records.push({ text: kept, observedAt, peer, ...(hints ? { hints } : {}) })
  }
  return { records, cut }
}

const elementsOf = (body: string): string[] | undefined => {
  if (!/^\s*\[/.test(body)) return undefined
  try {
    const parsed: unknown = JSON.parse(body)
    if (Array.isArray(parsed)) return parsed.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  } catch (error) {
    // Lines that begin with a bracket, then: "[error] …" is a common one.
    if (!(error instanceof SyntaxError)) throw error
  }
  return undefined
}
