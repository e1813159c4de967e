/** Seconds from 1601-01-01, where Windows begins to count, to 1970-01-01. */
const EPOCH_SECONDS = 11_644_473_600
const TICKS_A_SECOND = 10_000_000
/** 2^32 ticks, as seconds and ticks. */
const HIGH_SECONDS = 429
const HIGH_TICKS = 4_967_296
/** Above it a FILETIME is past the year 16,000 and the sums below would lose ticks. */
const HIGH_LIMIT = 0x4000_0000

let lastSecond = Number.NaN
let lastText = ''

/** A FILETIME (100 ns ticks since 1601, as two halves) as `2025-10-25T13:44:33.440907Z`; a time no calendar has, as its ticks in hex. */
export function fileTimeText(low: number, high: number): string {
  if (high >= HIGH_LIMIT) return `0x${((BigInt(high) << 32n) | BigInt(low)).toString(16)}`
  const ticks = high * HIGH_TICKS + low
  const second = high * HIGH_SECONDS + Math.floor(ticks / TICKS_A_SECOND) - EPOCH_SECONDS
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, -5)
    lastSecond = second
  }
  return `${lastText}.${pad(Math.floor((ticks % TICKS_A_SECOND) / 10), 6)}Z`
}

/** A SYSTEMTIME's fields as text of the same form; fields outside the calendar are written as they are. */
export const systemTimeText = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  milliseconds: number,
): string => `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(milliseconds, 3)}000Z`

const pad = (value: number, width: number): string => String(value).padStart(width, '0')
