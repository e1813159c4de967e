import type { Zone } from './zones.ts'

/**
 * The span a record's own clock is believed in: years 1970 to 2099. Outside it (FILETIME zero, year 9999, a counter read as a date) the
 * sensor's clock counts, so that a poisoned date never decides where an event is stored or how long it is kept.
 */
const EARLIEST_MS = 0
const LATEST_MS = Date.UTC(2100, 0, 1)
/** How far a year-less date may lie ahead of the sensor's clock before it is taken for last year's. */
const AHEAD_MS = 2 * 86_400_000

const MONTHS: { readonly [name: string]: number } = {
  jan: 0,
  feb: 1,
  mar: 2,
  apr: 3,
  may: 4,
  jun: 5,
  jul: 6,
  aug: 7,
  sep: 8,
  oct: 9,
  nov: 10,
  dec: 11,
}
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export interface TimeContext {
  /** Where wall-clock time without a zone belongs. */
  readonly zone: Zone
  /** The sensor's clock: gives year-less dates their year. */
  readonly observedAt: Date
}

/** The instant, where it is one the rest of the system can hold. */
export const believable = (ms: number): Date | undefined => (ms >= EARLIEST_MS && ms < LATEST_MS ? new Date(ms) : undefined)

/**
 * Reads any of the ways logs write time: ISO 8601 and its relatives (`T` or blank, `.` or `,` before the fraction, `/` for `-`),
 * `Oct  5 13:02:01` without a year, `Oct 05 2026 13:02:01`, `Mon Aug  1 03:34:23 2026`, Apache's `05/Oct/2026:13:02:01 +0200`, and
 * Unix time in s, ms, µs or ns. Undefined for anything else.
 */
export function parseTimestamp(value: unknown, context: TimeContext): Date | undefined {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string' || value.length > 64) return undefined
  const text = value.trim()
  return readIso(text, context.zone) ?? readEpoch(text) ?? readNamedMonth(text, context)
}

/** Unix time, its unit told from its size. */
export function fromEpoch(value: number): Date | undefined {
  if (!Number.isFinite(value) || value < 0) return undefined
  if (value < 1e11) return believable(Math.round(value * 1e3))
  if (value < 1e14) return believable(Math.round(value))
  if (value < 1e17) return believable(Math.round(value / 1e3))
  return believable(Math.round(value / 1e6))
}

const readEpoch = (text: string): Date | undefined => (/^\d{9,19}(\.\d{1,9})?$/.test(text) ? fromEpoch(Number(text)) : undefined)

const digits = (text: string, at: number, count: number): number => {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** `2026-10-05T13:02:01.123456Z` and its relatives, by position: the hot path of most formats. */
function readIso(text: string, zone: Zone): Date | undefined {
  const year = digits(text, 0, 4)
  const separator = text.charCodeAt(4)
  if (!(year >= 0) || (separator !== 45 && separator !== 47) || text.charCodeAt(7) !== separator) return undefined
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  if (text.length === 10) return instant(year, month, day, 0, 0, 0, 0, zone)
  const between = text.charCodeAt(10)
  if ((between !== 84 && between !== 116 && between !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined
  let at = 19
  let fraction = 0
  const mark = text.charCodeAt(at)
  if (mark === 46 || mark === 44) {
    const start = ++at
    while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
    fraction = Math.floor(Number(`0.${text.slice(start, Math.min(at, start + 9)) || '0'}`) * 1000 + 1e-6)
  }
  const rest = text.slice(at).trim()
  const offset = rest === '' ? zone : readOffset(rest)
  if (!offset) return undefined
  return instant(year, month, day, digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2), fraction, offset)
}

function readOffset(text: string): Zone | undefined {
  if (text === 'Z' || text === 'z' || text === 'UTC' || text === 'GMT') return (wallMs) => wallMs
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text)
  if (!match) return undefined
  const minutes = (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0))
  return (wallMs) => wallMs - minutes * 60_000
}

function instant(year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number, zone: Zone): Date | undefined {
  // 60 is a leap second; Date.UTC carries it into the next minute.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 24 && minute <= 59 && second <= 60)) return undefined
  return believable(zone(Date.UTC(year, month - 1, day, hour, minute, second, ms)))
}

const NAMED_MONTH =
  /^(?:[A-Za-z]{3},? )?([A-Za-z]{3}) {1,2}(\d{1,2}),?(?: (\d{4}))? (\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?: ([A-Z]{3,4}|[+-]\d{2}:?\d{2}))?(?: (\d{4}))?$/
const DAY_FIRST =
  /^(?:[A-Za-z]{3}, )?(\d{1,2})[/ -]([A-Za-z]{3})[/ -](\d{4})[: ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?$/

function readNamedMonth(text: string, context: TimeContext): Date | undefined {
  const named = NAMED_MONTH.exec(text)
  if (named) {
    const [, month, day, yearBefore, hour, minute, second, fraction, zone, yearAfter] = named
    const time = [Number(day), Number(hour), Number(minute), Number(second), millis(fraction)] as const
    const offset = (zone === undefined ? undefined : readOffset(zone)) ?? context.zone
    const year = yearBefore ?? yearAfter
    const index = MONTHS[(month ?? '').toLowerCase()]
    if (index === undefined) return undefined
    if (year === undefined) return yearless(index, ...time, offset, context.observedAt)
    return instant(Number(year), index + 1, ...time, offset)
  }
  const first = DAY_FIRST.exec(text)
  if (!first) return undefined
  const [, day, month, year, hour, minute, second, fraction, zone] = first
  const index = MONTHS[(month ?? '').toLowerCase()]
  if (index === undefined) return undefined
  const offset = zone === undefined ? context.zone : (readOffset(zone) ?? context.zone)
  return instant(Number(year), index + 1, Number(day), Number(hour), Number(minute), Number(second), millis(fraction), offset)
}

const millis = (fraction: string | undefined): number => (fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000 + 1e-6))

/**
 * RFC 3164 dates carry no year (section 4.1.2). The latest year that does not put the record in the sensor's future is taken, give or take
 * two days of clock error: a line of 31 December read on 1 January is last year's, and one of 1 January read on 31 December from
 * a fast clock is next year's.
 */
export function yearless(
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  ms: number,
  zone: Zone,
  observedAt: Date,
): Date | undefined {
  if (!(day >= 1 && day <= (DAYS_IN_MONTH[month] ?? 0) && hour <= 23 && minute <= 59 && second <= 60)) return undefined
  const newest = observedAt.getTime() + AHEAD_MS
  const thisYear = observedAt.getUTCFullYear()
  // 29 February may be eight years back (1896, 1904); every other day is found within two.
  for (let year = thisYear + 1; year >= thisYear - 8; year--) {
    if (month === 1 && day === 29 && new Date(Date.UTC(year, 1, 29)).getUTCMonth() !== 1) continue
    const at = zone(Date.UTC(year, month, day, hour, minute, second, ms))
    if (at <= newest) return believable(at)
  }
  return undefined
}

/** `Oct  5 13:02:01` at the start of a syslog line, by position. Gives the instant and how many characters it took. */
export function readSyslogDate(text: string, at: number, context: TimeContext): { time: Date; end: number } | undefined {
  const month = MONTHS[text.slice(at, at + 3).toLowerCase()]
  if (month === undefined || text.charCodeAt(at + 3) !== 32) return undefined
  let cursor = at + 4
  if (text.charCodeAt(cursor) === 32) cursor++
  let day = digits(text, cursor, 2)
  if (Number.isNaN(day)) day = digits(text, cursor++, 1)
  else cursor += 2
  if (text.charCodeAt(cursor) !== 32) return undefined
  cursor++
  // Cisco and some relays put the year in between: `Oct 05 2026 13:02:01`.
  let year = digits(text, cursor, 4)
  if (year >= 1970 && text.charCodeAt(cursor + 4) === 32) cursor += 5
  else year = Number.NaN
  if (text.charCodeAt(cursor + 2) !== 58 || text.charCodeAt(cursor + 5) !== 58) return undefined
  const hour = digits(text, cursor, 2)
  const minute = digits(text, cursor + 3, 2)
  const second = digits(text, cursor + 6, 2)
  if (Number.isNaN(hour + minute + second)) return undefined
  cursor += 8
  let ms = 0
  if (text.charCodeAt(cursor) === 46) {
    const start = ++cursor
    while (text.charCodeAt(cursor) >= 48 && text.charCodeAt(cursor) <= 57) cursor++
    ms = millis(text.slice(start, Math.min(cursor, start + 9)) || '0')
  }
  const time = Number.isNaN(year)
    ? yearless(month, day, hour, minute, second, ms, context.zone, context.observedAt)
    : instant(year, month + 1, day, hour, minute, second, ms, context.zone)
  return time ? { time, end: cursor } : undefined
}
