/** The URL's query string as plain `name=value` pairs, lists joined by commas: readable, and typed by hand without quoting. */
export type RawSearch = Record<string, unknown>

export const parseSearch = (text: string): RawSearch => Object.fromEntries(new URLSearchParams(text))

/** Begins with `?`; empty for no values. Undefined, empty strings and empty lists are left out. */
export function stringifySearch(search: RawSearch): string {
  const pairs = Object.entries(search).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join(',') : value === undefined || value === null ? '' : String(value)
    // Commas and colons are legal in a query and easier to read than their escapes.
    return text === '' ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(text).replaceAll('%2C', ',').replaceAll('%3A', ':')}`]
  })
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

export const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined => allowed.find((each) => each === value)

/** The allowed members of a comma list, in the allowed order and once each; undefined where none is left. */
export function someOf<T extends string>(value: unknown, allowed: readonly T[]): T[] | undefined {
  const given: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const found = allowed.filter((each) => given.includes(each))
  return found.length === 0 ? undefined : found
}

/** An ISO instant, or undefined where the text is no date. */
export function instantOf(value: unknown): string | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

export const RANGES = ['15m', '1h', '6h', '24h', '7d', '30d', 'all'] as const
export type Range = (typeof RANGES)[number]
export const RANGE_NAMES: Readonly<Record<Range, string>> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  all: 'All time',
}
const MINUTES: Readonly<Record<Exclude<Range, 'all'>, number>> = { '15m': 15, '1h': 60, '6h': 360, '24h': 1_440, '7d': 10_080, '30d': 43_200 }

export interface TimeChoice {
  readonly range?: Range | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** The choice as instants for the API. A range ends now and so has no `to`; `all` has neither. Explicit instants win. */
export function instantsOf(choice: TimeChoice, fallback: Range, nowMs: number): { from?: string; to?: string } {
  if (choice.from || choice.to) return { ...(choice.from && { from: choice.from }), ...(choice.to && { to: choice.to }) }
  const range = choice.range ?? fallback
  return range === 'all' ? {} : { from: new Date(nowMs - MINUTES[range] * 60_000).toISOString() }
}
