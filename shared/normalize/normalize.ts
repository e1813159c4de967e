import { ExpectedError } from '../errors.ts'
import type { PicketEvent, RawRecord } from '../event/event.ts'
import { boundObject, cleanText } from './bounds.ts'
import type { Format, NormalizeOptions, Normalizer, OpenRecord, ReadContext } from './contract.ts'
import { unknownEvent } from './formats/unknown.ts'
import { FORMATS } from './formats.ts'
import { openSyslog } from './syslog-envelope.ts'
import { createZone, UTC } from './zones.ts'

export class UnknownFormat extends ExpectedError {
  readonly code = 'unknown_format'
  readonly kind = 'invalid'
  constructor(readonly format: string) {
    super(`unknown format ${JSON.stringify(format)}; known are auto, ${FORMATS.map((known) => known.name).join(', ')}`)
  }
}

/**
 * Makes what turns records into events. It keeps nothing between records, so one serves any number of sources that share its options.
 *
 * @throws {UnknownFormat} kind `invalid`
 * @throws {UnknownTimeZone} kind `invalid`
 */
export function createNormalizer(options: NormalizeOptions): Normalizer {
  const context: ReadContext = { zone: options.timeZone === undefined ? UTC : createZone(options.timeZone) }
  const formats = options.format === 'auto' ? FORMATS : FORMATS.filter((format) => format.name === options.format)
  if (formats.length === 0) throw new UnknownFormat(options.format)
  const only = options.format === 'auto' ? undefined : formats[0]
  const eventOf = (record: RawRecord, open: OpenRecord): PicketEvent =>
    (only ? read(only, open, context) : readBest(formats, open, context)) ?? unknownEvent(open, cleanText(record.text))
  return {
    normalize: (record) => eventOf(record, openRecord(record, context)),
    explain(record) {
      const open = openRecord(record, context)
      const candidates = formats
        .map((format) => ({ format: format.name, score: format.recognise(open) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
      return { event: eventOf(record, open), candidates }
    },
  }
}

/** Takes the wrapping off: the syslog header, and JSON, whether the record is it or carries it as its message. */
function openRecord(record: RawRecord, { zone }: ReadContext): OpenRecord {
  const rawBytes = Buffer.byteLength(record.text)
  const { observedAt, peer, hints } = record
  if (record.object) {
    const { object, cut } = boundObject(record.object)
    const rest = { text: record.text, observedAt, peer, hints, body: '', object, cut }
    return { ...rest, rawBytes: rawBytes > 0 ? rawBytes : Buffer.byteLength(JSON.stringify(object)) }
  }
  const text = cleanText(record.text)
  const opened = isJsonStart(text) ? undefined : openSyslog(text, { zone, observedAt })
  const body = opened?.body ?? text
  const { object, cut } = parseObject(body)
  return { text, observedAt, peer, hints, body, object, cut, envelope: opened?.envelope, rawBytes }
}

const isJsonStart = (text: string): boolean => {
  let at = 0
  while (at < 16 && text.charCodeAt(at) <= 32) at++
  return text.charCodeAt(at) === 123
}

const NO_OBJECT: { object: undefined; cut: false } = { object: undefined, cut: false }

function parseObject(body: string): { object: OpenRecord['object']; cut: boolean } {
  // `@cee: {…}` marks JSON inside syslog (https://cee.mitre.org, Lumberjack).
  const text = body.startsWith('@cee:') ? body.slice(5) : body
  if (!isJsonStart(text)) return NO_OBJECT
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return NO_OBJECT // it only looked like JSON: the text formats get their turn
  }
  return typeof parsed === 'object' && parsed !== null ? boundObject(parsed as { [key: string]: unknown }) : NO_OBJECT
}

/** The event from the surest format that can read the record. Formats are few, so the second best is looked for again only when the best gave up. */
function readBest(formats: readonly Format[], record: OpenRecord, context: ReadContext): PicketEvent | undefined {
  let gaveUp: Set<Format> | undefined
  for (;;) {
    let best: Format | undefined
    let bestScore = 0
    for (const format of formats) {
      const score = gaveUp?.has(format) ? 0 : format.recognise(record)
      if (score > bestScore) {
        best = format
        bestScore = score
        if (score === 1) break
      }
    }
    if (!best) return undefined
    const event = read(best, record, context)
    if (event) return event
    gaveUp = (gaveUp ?? new Set()).add(best)
  }
}

/** Formats do not throw. Should one, for an input nobody thought of, the record goes on as one that could not be read: it must not stop the stream. */
function read(format: Format, record: OpenRecord, context: ReadContext): PicketEvent | undefined {
  try {
    return format.read(record, context)
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined
    throw error
  }
}
