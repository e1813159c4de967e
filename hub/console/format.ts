/** Numbers, sizes and times as people read them. Locale is the page's `lang`; an absent value is a dash, never a zero. */
const locale = () => globalThis.document?.documentElement.lang || 'en'
const DASH = '–'

type Maybe<T> = T | null | undefined

export const formatInteger = (value: Maybe<number>): string =>
  value === null || value === undefined ? DASH : new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(value)

/** A number with its noun: 1 event, 12,400 events. */
export const formatCount = (value: number, one: string): string => `${formatInteger(value)} ${value === 1 ? one : `${one}s`}`

/** 12,400 → 12.4K: for tiles and narrow columns. */
export const formatCompact = (value: Maybe<number>): string =>
  value === null || value === undefined
    ? DASH
    : new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: Math.abs(value) < 10_000 ? 2 : 1 }).format(value)

/** A rate or a latency: two digits where they say something, none where they do not. */
export const formatRate = (value: Maybe<number>): string =>
  value === null || value === undefined
    ? DASH
    : new Intl.NumberFormat(locale(), { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2 }).format(value)

/** One decimal. All and none are said only where they are meant: 0.99999 is “> 99.9%”. */
export function formatPercent(ratio: Maybe<number>): string {
  if (ratio === null || ratio === undefined) return DASH
  const text = (value: number) => new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 }).format(value)
  if (ratio > 0.999 && ratio < 1) return `> ${text(0.999)}`
  if (ratio > 0 && ratio < 0.001) return `< ${text(0.001)}`
  return text(ratio)
}

/** Bytes in binary steps, as operating systems count them: 1536 → 1.5 KB. */
export function formatBytes(bytes: Maybe<number>): string {
  if (bytes === null || bytes === undefined) return DASH
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 }).format(value)} ${units[step]}`
}

/** 90061 → 1d 1h; 59 → 59s. The two largest units that matter. */
export function formatDuration(seconds: Maybe<number>): string {
  if (seconds === null || seconds === undefined) return DASH
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
    if (parts.length > 0 && (parts.length === 2 || count === 0)) break
  }
  return parts.length === 0 ? '0s' : parts.join(' ')
}

/** “3 min ago”, “in 2 days”; under five seconds either way it is “now”. */
export function formatRelative(instant: Maybe<string | Date>, nowMs: number): string {
  if (instant === null || instant === undefined) return DASH
  const seconds = (new Date(instant).getTime() - nowMs) / 1000
  if (Math.abs(seconds) < 5) return 'now'
  const steps = [
    ['second', 1, 60],
    ['minute', 60, 3_600],
    ['hour', 3_600, 86_400],
    ['day', 86_400, 30 * 86_400],
    ['month', 30 * 86_400, 365 * 86_400],
    ['year', 365 * 86_400, Number.POSITIVE_INFINITY],
  ] as const
  const [unit, size] = steps.find(([, , below]) => Math.abs(seconds) < below) ?? steps[5]
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'narrow' }).format(Math.trunc(seconds / size), unit)
}

/** Date and time to the second with the zone, for tooltips and details. */
export const formatInstant = (instant: Maybe<string | Date>): string =>
  instant === null || instant === undefined
    ? DASH
    : new Intl.DateTimeFormat(locale(), {
        year: 'numeric',
        month: 'short',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hour12: false,
        timeZoneName: 'short',
      }).format(new Date(instant))

/** Month, day and time with milliseconds: a log line's stamp. */
export const formatStamp = (instant: string | Date): string =>
  new Intl.DateTimeFormat(locale(), {
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hour12: false,
  }).format(new Date(instant))

export const formatClock = (instant: string | Date): string =>
  new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(new Date(instant))

/** `defense_evasion` → `Defense evasion`; `udp_port` → `UDP port`. */
export function humanize(name: string): string {
  const acronyms = new Set(['udp', 'tcp', 'tls', 'ca', 'url', 'id', 'ip', 'http', 'api', 'cidr'])
  const words = name.split(/[_\s-]+/).filter(Boolean)
  return words
    .map((word, index) => (acronyms.has(word.toLowerCase()) ? word.toUpperCase() : index === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word))
    .join(' ')
}
