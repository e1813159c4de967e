import { DAY_MS } from '../../../shared/durations.ts'
import type { BacktestHit, BacktestResult } from './ports.ts'

const SAMPLE = 50
const TOP = 10
/** Different hosts, and users, counted apart. */
const MOST_NAMES = 10_000
const MOST_ENTITIES = 200_000

/** An event the rule fired on. */
export interface Hit {
  readonly id: string
  readonly ms: number
  readonly host: string | null
  readonly user: string | null
  readonly ip: string | null
  readonly matchedConditions: readonly string[]
}

/** Adds up hits, which come in the order of their time. Holds a bounded number of names and hits however many there are. */
export interface Tally {
  add(hit: Hit): void
  readonly hits: number
  sample(): BacktestHit[]
  result(): Omit<BacktestResult, 'excepted' | 'comparison'>
}

export function createTally(from: Date, to: Date): Tally {
  const perDay = new Map<number, number>()
  for (let day = dayOf(from.getTime()); day * DAY_MS < to.getTime(); day++) perDay.set(day, 0)
  const hosts = new Map<string, number>()
  const users = new Map<string, number>()
  const entities = new Set<string>()
  const newest: Hit[] = []
  let hits = 0
  let truncated = false

  const count = (names: Map<string, number>, name: string | null) => {
    if (name === null) return
    const before = names.get(name)
    if (before === undefined && names.size >= MOST_NAMES) truncated = true
    else names.set(name, (before ?? 0) + 1)
  }
  const sample = () => newest.toReversed().map(toBacktestHit)

  return {
    add(hit) {
      hits++
      const day = dayOf(hit.ms)
      perDay.set(day, (perDay.get(day) ?? 0) + 1)
      count(hosts, hit.host)
      count(users, hit.user)
      if (entities.size < MOST_ENTITIES) entities.add(JSON.stringify([day, (hit.host ?? hit.ip ?? '').toLowerCase(), (hit.user ?? '').toLowerCase()]))
      else truncated = true
      newest.push(hit)
      if (newest.length > SAMPLE) newest.shift()
    },
    get hits() {
      return hits
    },
    sample,
    result: () => ({
      hits,
      perDay: [...perDay]
        .sort(([a], [b]) => a - b)
        .map(([day, amount]) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), hits: amount })),
      hosts: top(hosts),
      users: top(users),
      entitiesTruncated: truncated,
      sample: sample(),
      alertsPerDay: Math.round((entities.size / ((to.getTime() - from.getTime()) / DAY_MS)) * 100) / 100,
    }),
  }
}

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

const top = (names: ReadonlyMap<string, number>) =>
  [...names]
    .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
    .slice(0, TOP)
    .map(([name, hits]) => ({ name, hits }))

const toBacktestHit = ({ id, ms, host, user, matchedConditions }: Hit): BacktestHit => ({
  eventId: id,
  at: new Date(ms).toISOString(),
  matchedConditions,
  host: host ?? undefined,
  user: user ?? undefined,
})
