/** A number out of a date as it is written, with no change of time zone. */
export function datePart(text: string, part: string): number | undefined {
  const found = /^\s*(\d\d\d\d)-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?/.exec(text)
  if (!found) return undefined
  const [year, month, day, hour, minute] = found.slice(1).map((digits) => (digits === undefined ? undefined : Number.parseInt(digits, 10)))
  if (part === 'week') return weekOf(year ?? 0, month ?? 0, day ?? 0)
  return new Map([
    ['year', year],
    ['month', month],
    ['day', day],
    ['hour', hour],
    ['minute', minute],
  ]).get(part)
}

/** ISO 8601: the week with the year's first Thursday is its first; weeks begin on Monday. */
function weekOf(year: number, month: number, day: number): number {
  const leap = (of: number) => of % 4 === 0 && (of % 100 !== 0 || of % 400 === 0)
  const ordinal = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].slice(0, month - 1).reduce((sum, days) => sum + days, day)
  // Days since Monday 1 January of the year 1.
  const before = year - 1
  const weekday = ((before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + ordinal - 1) % 7) + 1
  const week = Math.floor((ordinal - weekday + 10) / 7)
  if (week < 1) return weekOf(year - 1, 12, 31)
  return week === 53 && weekday - ordinal + (leap(year) ? 366 : 365) < 4 ? 1 : week
}
