import { useEffect, useId, useRef, useState } from 'react'
import uPlot from 'uplot'
import { formatClock, formatCompact, formatRate } from '../format.ts'
import { type ChartData, lonely, withHoles } from './chart-data.ts'
import { useTheme } from './theme.tsx'

export interface Series {
  readonly name: string
  /** A CSS variable's name. */
  readonly colour: '--chart-1' | '--chart-2' | '--chart-3'
  readonly values: readonly (number | null)[]
  readonly fill?: boolean
  readonly bars?: boolean
}

const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A time chart up to now, with a summary in words, and its table one key press away. */
export function Chart({
  times,
  series,
  unit,
  hours,
  stepSeconds,
  height = 168,
  label,
}: {
  /** Seconds since the epoch, ascending. */
  times: readonly number[]
  series: readonly Series[]
  unit: string
  /** How far back it reaches, whether or not there are points. */
  hours: number
  /** Between two points that follow one another. */
  stepSeconds: number
  height?: number
  label: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const [asTable, setAsTable] = useState(false)
  const { shown } = useTheme()
  const summaryId = useId()
  const shape = series.map((each) => [each.name, each.colour, each.fill, each.bars].join()).join('|')
  const stored: ChartData = [times, ...series.map((each) => each.values)]
  const data: uPlot.AlignedData = withHoles(stored, stepSeconds)
  const latest = useRef(data)
  latest.current = data

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the series' looks; the values come through the next effect
  useEffect(() => {
    const element = host.current
    if (!element || asTable) return
    const axis = {
      stroke: variable('--ink-3'),
      font: `11px ${getComputedStyle(document.body).fontFamily}`,
      grid: { stroke: variable('--line'), width: 1 },
      ticks: { show: false },
    }
    // A bar stands for the time after its stamp.
    const bars = uPlot.paths.bars?.({ size: [0.7, 18], align: 1 })
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [10, 16, 0, 0],
        cursor: { points: { size: 6 }, y: false, drag: { x: false, y: false } },
        legend: { show: false },
        scales: {
          x: { range: () => [Date.now() / 1000 - hours * 3_600, Date.now() / 1000] },
          y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.12 : 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            space: 64,
            size: 26,
            values: (_plot, splits) =>
              splits.map((at) => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false }).format(at * 1000)),
          },
          { ...axis, size: 46, space: 32, values: (_plot, splits) => splits.map((value) => formatCompact(value)) },
        ],
        series: [
          {},
          ...series.map((each) => ({
            label: each.name,
            stroke: variable(each.colour),
            width: each.bars ? 0 : 1.6,
            points: {
              show: false,
              size: 5,
              fill: variable(each.colour),
              filter: (current: uPlot, index: number) => (each.bars ? null : lonely([...(current.data[index] ?? [])])),
            },
            ...(each.fill && { fill: `${variable(each.colour)}22` }),
            ...(each.bars && { fill: variable(each.colour), ...(bars && { paths: bars }) }),
          })),
        ],
        hooks: { setCursor: [(current) => setHover(current.cursor.idx ?? undefined)] },
      },
      latest.current,
      element,
    )
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [shape, height, hours, shown, asTable])

  useEffect(() => {
    plot.current?.setData(data)
  })

  const [hover, setHover] = useState<number>()
  const [drawnTimes, ...drawn] = data
  const index = hover !== undefined && hover < drawnTimes.length ? hover : drawnTimes.length - 1
  const at = drawnTimes[index]
  return (
    <figure className="min-w-0" aria-label={label} aria-describedby={summaryId}>
      <figcaption className="mb-1 flex min-h-6 flex-wrap items-center gap-x-3 text-xs text-ink-2">
        {series.map((each, order) => (
          <span key={each.name} className="inline-flex items-center gap-1.5">
            <svg viewBox="0 0 10 10" className="size-2" aria-hidden="true">
              <rect width="10" height="10" rx="2" fill={`var(${each.colour})`} />
            </svg>
            {each.name} <strong className="font-semibold text-ink">{formatRate(drawn[order]?.[index])}</strong> {order === series.length - 1 && unit}
          </span>
        ))}
        <span className="ml-auto text-ink-3">{at === undefined ? '' : formatClock(new Date(at * 1000))}</span>
        <button
          type="button"
          className="rounded px-1 text-ink-3 underline-offset-2 hover:text-ink hover:underline"
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? 'Chart' : 'Table'}
        </button>
      </figcaption>
      <p id={summaryId} className="sr-only">
        {series.map((each) => `${each.name}: now ${formatRate(each.values.at(-1))} ${unit}, highest ${formatRate(highest(each.values))}.`).join(' ')}
      </p>
      {asTable ? (
        <div className="overflow-auto" style={{ height }}>
          <table className="data-table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map((each) => (
                  <th key={each.name} scope="col" className="num">
                    {each.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times
                .map((time, row) => (
                  <tr key={time}>
                    <td>{formatClock(new Date(time * 1000))}</td>
                    {series.map((each) => (
                      <td key={each.name} className="num">
                        {formatRate(each.values[row])}
                      </td>
                    ))}
                  </tr>
                ))
                .reverse()}
            </tbody>
          </table>
        </div>
      ) : (
        <div ref={host} style={{ height }} />
      )}
    </figure>
  )
}

const highest = (values: readonly (number | null)[]): number => values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0)
