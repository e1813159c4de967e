import type { RawRecord, RecordHints } from '../../../shared/event/event.ts'

/** Splunk's code for what is wrong with an event. 6: not JSON; 12: no `event`; 13: a blank one. */
export class HecEventError extends Error {
  readonly code: 6 | 12 | 13
  /** The event's place in the body, from 0. */
  readonly index: number

  constructor(code: HecEventError['code'], index: number) {
    super(`event ${index} cannot be read`)
    this.name = 'HecEventError'
    this.code = code
    this.index = index
  }
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The events of a HEC body: JSON objects one after another, with or without white space between them, or one array of them.
 *
 * @throws {HecEventError} naming the first event that cannot be read; nothing of the body is to be kept then
 */
export const parseHecEvents = (body: string, observedAt: Date, peer: string | undefined): RawRecord[] => {
  const records: RawRecord[] = []
  for (const text of topLevelValues(body)) {
    const parsed = parseJson(text, records.length)
    for (const envelope of Array.isArray(parsed) ? parsed : [parsed]) records.push(toRecord(envelope, records.length, observedAt, peer))
  }
  return records
}

const parseJson = (text: string, index: number): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new HecEventError(6, index)
    throw error
  }
}

const toRecord = (envelope: unknown, index: number, observedAt: Date, peer: string | undefined): RawRecord => {
  if (!isObject(envelope)) throw new HecEventError(6, index)
  const { event } = envelope
  if (event === undefined || event === null) throw new HecEventError(12, index)
  if (event === '') throw new HecEventError(13, index)
  const hints = hintsOf(envelope)
  const text = typeof event === 'string' ? event : JSON.stringify(event)
  return { text, ...(isObject(event) ? { object: event } : {}), observedAt, peer, ...(hints ? { hints } : {}) }
}

/** HEC's `source` names a file more often than not, so it travels as the path. */
const hintsOf = ({ host, source, sourcetype, time, fields }: { readonly [key: string]: unknown }): RecordHints | undefined => {
  const at = typeof time === 'number' || (typeof time === 'string' && time.trim() !== '') ? new Date(Number(time) * 1_000) : undefined
  const hints = {
    ...(typeof host === 'string' ? { host } : {}),
    ...(typeof source === 'string' ? { path: source } : {}),
    ...(typeof sourcetype === 'string' ? { sourcetype } : {}),
    ...(at && !Number.isNaN(at.getTime()) ? { time: at } : {}),
    ...(isObject(fields) ? { fields } : {}),
  }
  return Object.keys(hints).length > 0 ? hints : undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = new Set([0x7b, 0x5b])
const CLOSE = new Set([0x7d, 0x5d])

/** Splits `{…}{…} […]` at the ends of its top-level values. What is not one is given out as it is, for the parser to refuse. */
function* topLevelValues(body: string): Generator<string> {
  let start = 0
  let depth = 0
  let inString = false
  for (let at = 0; at < body.length; at += 1) {
    const code = body.charCodeAt(at)
    if (inString) {
      if (code === BACKSLASH) at += 1
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (OPEN.has(code)) depth += 1
    else if (CLOSE.has(code)) {
      depth -= 1
      if (depth > 0) continue
      yield body.slice(start, at + 1)
      start = at + 1
      depth = 0
    }
  }
  const rest = body.slice(start).trim()
  if (rest !== '') yield rest
}
