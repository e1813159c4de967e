import type { DatePart } from '../parse/detection.ts'

const DATE = /^\s*(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/

/** A number out of a date such as `2025-10-25T13:44:33Z`, as it is written: no time zone is converted. Weeks are ISO 8601's. */
export function datePartOf(text: string, part: DatePart): number | undefined {
  const found = DATE.exec(text)
  if (!found) return undefined
  const [year, month, day, hour, minute] = found.slice(1).map((digits) => (digits === undefined ? undefined : Number(digits)))
  if (part !== 'week') return { year, month, day, hour, minute }[part]
  return year === undefined || month === undefined || day === undefined ? undefined : isoWeek(year, month, day)
}

const DAY_MS = 86_400_000

function isoWeek(year: number, month: number, day: number): number {
  const at = Date.UTC(year, month - 1, day)
  const weekday = (new Date(at).getUTCDay() + 6) % 7
  const thursday = new Date(at + (3 - weekday) * DAY_MS)
  const firstOfYear = Date.UTC(thursday.getUTCFullYear(), 0, 1)
  return Math.floor((thursday.getTime() - firstOfYear) / DAY_MS / 7) + 1
}
