import type { WsFrame } from '../api/types.ts'

export type LiveMetrics = Extract<WsFrame, { type: 'metrics_update' }>['data'] & { readonly atMs: number }

/** An hour at one frame per 5 s; the oldest goes first. */
const KEEP = 720

/** The points of the last hour as they came over the socket, so that charts go on between two reads of the stored series. */
export function appendPoint(points: readonly LiveMetrics[], frame: Extract<WsFrame, { type: 'metrics_update' }>): readonly LiveMetrics[] {
  const point = { ...frame.data, atMs: Date.parse(frame.timestamp) }
  const last = points.at(-1)
  if (last && point.atMs <= last.atMs) return points
  return [...points.slice(-(KEEP - 1)), point]
}

/** Stored points followed by the live ones that are newer, as uPlot takes them: seconds and values. */
export function joinSeries(
  stored: readonly { timestamp: string; value: number }[],
  live: readonly LiveMetrics[],
  value: (point: LiveMetrics) => number,
): [number[], number[]] {
  const times = stored.map((point) => Date.parse(point.timestamp) / 1000)
  const values = stored.map((point) => point.value)
  const end = times.at(-1) ?? Number.NEGATIVE_INFINITY
  for (const point of live) {
    if (point.atMs / 1000 <= end) continue
    times.push(point.atMs / 1000)
    values.push(value(point))
  }
  return [times, values]
}
