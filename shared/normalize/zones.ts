import { ExpectedError } from '../errors.ts'

export class UnknownTimeZone extends ExpectedError {
  readonly code = 'unknown_time_zone'
  readonly kind = 'invalid'
  constructor(readonly zone: string) {
    super(`unknown time zone ${JSON.stringify(zone)}: use an IANA name such as Europe/Madrid, or an offset such as +02:00`)
  }
}

/** Turns wall-clock time, written as if it were UTC (ms), into the instant it names in one zone (ms). */
export type Zone = (wallMs: number) => number

const HOUR_MS = 3_600_000
const QUARTER_MS = 900_000

/** A zone always this far from UTC. */
export const fixedZone =
  (offsetMinutes: number): Zone =>
  (wallMs) =>
    wallMs - offsetMinutes * 60_000

export const UTC: Zone = (wallMs) => wallMs

/**
 * A zone by IANA name or offset (`+02:00`, `-0330`, `Z`). In the hour that a clock change repeats, the first of the two instants
 * is meant; a wall time that a change skips is read with the offset from before it.
 *
 * @throws {UnknownTimeZone} kind `invalid`
 */
export function createZone(name: string): Zone {
  if (/^(z|utc|gmt|etc\/utc)$/i.test(name)) return UTC
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(name)
  if (offset) return fixedZone((offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])))
  const offsetMs = offsetReader(name)
  // Log lines come in order of time, so one quarter of an hour (the finest step of any zone) answers for thousands of them.
  let cachedQuarter = Number.NaN
  let cachedShift = 0
  return (wallMs) => {
    const quarter = Math.floor(wallMs / QUARTER_MS)
    if (quarter !== cachedQuarter) {
      cachedShift = shiftOf(wallMs, offsetMs)
      cachedQuarter = quarter
    }
    return wallMs - cachedShift
  }
}

const shiftOf = (wallMs: number, offsetMs: (instantMs: number) => number): number => {
  const before = offsetMs(wallMs - 26 * HOUR_MS)
  const after = offsetMs(wallMs + 26 * HOUR_MS)
  if (before === after) return before
  return offsetMs(wallMs - before) === before ? before : offsetMs(wallMs - after) === after ? after : before
}

const offsetReader = (name: string): ((instantMs: number) => number) => {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    throw new UnknownTimeZone(name) // Intl throws RangeError for a name it does not know, and nothing else
  }
  return (instantMs) => {
    const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of format.formatToParts(instantMs)) if (type in part) part[type as keyof typeof part] = Number(value)
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - Math.floor(instantMs / 1000) * 1000
  }
}
