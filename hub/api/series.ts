import { HOUR_MS } from '../../shared/durations.ts'
import { z } from './openapi.ts'
import { InvalidQuery, instant, strictQuery } from './paging.ts'

const INTERVALS = { '1m': 60, '5m': 300, '15m': 900, '1h': 3_600 } as const
/** 90 days of quarter hours; finer steps reach less far back. */
const MOST_POINTS = 8_640

/** What a chart asks for. */
export const seriesQuery = strictQuery({
  from: instant.optional().openapi({ description: 'An hour ago by default.' }),
  to: instant.optional().openapi({ description: 'Now by default.' }),
  interval: z.enum(['1m', '5m', '15m', '1h']).default('5m').openapi({ description: 'Width of a point.' }),
})

export interface SeriesRange {
  /** Aligned to the interval, inclusive. */
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
  readonly intervalSeconds: number
}

/** @throws {InvalidQuery} where `from` is after `to`, or the points would be too many */
export function readSeries(query: { from?: Date | undefined; to?: Date | undefined; interval: keyof typeof INTERVALS }, now: Date): SeriesRange {
  const intervalSeconds = INTERVALS[query.interval]
  const to = query.to ?? now
  const from = query.from ?? new Date(to.getTime() - HOUR_MS)
  if (from > to) throw new InvalidQuery('INVALID_QUERY_VALUE', '"from" is after "to".', [{ parameter: 'from', message: 'Later than to.' }])
  const stepMs = intervalSeconds * 1_000
  const aligned = new Date(Math.floor(from.getTime() / stepMs) * stepMs)
  if ((to.getTime() - aligned.getTime()) / stepMs > MOST_POINTS)
    throw new InvalidQuery('INVALID_QUERY_VALUE', `More than ${MOST_POINTS} points; take a longer interval or a shorter range.`, [
      { parameter: 'interval', message: 'Too fine for this range.' },
    ])
  return { from: aligned, to, intervalSeconds }
}

/** The start of every interval in the range. A count nobody added to is a true zero; a latency nobody measured has no point. */
export function intervalStarts({ from, to, intervalSeconds }: SeriesRange): Date[] {
  const starts: Date[] = []
  for (let at = from.getTime(); at < to.getTime(); at += intervalSeconds * 1_000) starts.push(new Date(at))
  return starts
}
