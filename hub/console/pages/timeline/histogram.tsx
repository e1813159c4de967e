import { useRef, useState } from 'react'
import type { TimelineHistogram } from '../../api/types.ts'
import { formatCount, formatInstant, formatInteger } from '../../format.ts'

/** Index of the bucket under `x`, both measured in the same unit from the left; clamped to the first and last. */
export const bucketAt = (x: number, width: number, buckets: number): number => Math.min(buckets - 1, Math.max(0, Math.floor((x / width) * buckets)))

/** Events over time. Drag, or arrows with Shift and then Enter, zooms; Back undoes it. */
export function Histogram({
  data,
  from,
  to,
  onZoom,
}: {
  data: TimelineHistogram
  from: string
  to: string
  onZoom: (from: string, to: string) => void
}) {
  const box = useRef<HTMLDivElement>(null)
  const [brush, setBrush] = useState<{ start: number; end: number }>()
  const [dragging, setDragging] = useState(false)
  const { buckets, interval_seconds: step } = data
  const most = Math.max(1, ...buckets.map((bucket) => bucket.value))
  const total = buckets.reduce((sum, bucket) => sum + bucket.value, 0)
  if (buckets.length === 0) return <p className="py-8 text-center text-ink-3">No events in this time.</p>

  const low = brush ? Math.min(brush.start, brush.end) : -1
  const high = brush ? Math.max(brush.start, brush.end) : -1
  const at = (clientX: number) => {
    const area = box.current?.getBoundingClientRect()
    return area ? bucketAt(clientX - area.left, area.width, buckets.length) : 0
  }
  const zoom = (first: number, last: number) => {
    const start = Date.parse(buckets[first]?.timestamp ?? from)
    const end = Date.parse(buckets[last]?.timestamp ?? to) + step * 1_000
    setBrush(undefined)
    onZoom(new Date(start).toISOString(), new Date(end).toISOString())
  }
  const said = brush
    ? `${formatInstant(buckets[low]?.timestamp)} to ${formatInstant(new Date(Date.parse(buckets[high]?.timestamp ?? to) + step * 1_000))}: ${formatCount(
        buckets.slice(low, high + 1).reduce((sum, bucket) => sum + bucket.value, 0),
        'event',
      )}`
    : `${formatCount(total, 'event')}, ${step} s a bar, at most ${formatInteger(most)} in one. Drag to zoom.`
  return (
    <div>
      {/* biome-ignore lint/a11y/useSemanticElements: not a set of form fields */}
      <div
        ref={box}
        data-testid="histogram"
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
        tabIndex={0}
        aria-label="Events over time. Arrows choose a bar, Shift and arrows a range, Enter zooms."
        className="flex h-18 cursor-crosshair touch-none items-end gap-px select-none"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDragging(true)
          setBrush({ start: at(event.clientX), end: at(event.clientX) })
        }}
        onPointerMove={(event) => {
          if (dragging) setBrush((before) => before && { ...before, end: at(event.clientX) })
        }}
        onPointerUp={() => {
          setDragging(false)
          if (brush) zoom(low, high)
        }}
        onPointerCancel={() => {
          setDragging(false)
          setBrush(undefined)
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
          if (step !== 0) {
            event.preventDefault()
            const end = Math.min(buckets.length - 1, Math.max(0, (brush?.end ?? (step > 0 ? -1 : buckets.length)) + step))
            setBrush({ start: event.shiftKey && brush ? brush.start : end, end })
          } else if (event.key === 'Enter' && brush) zoom(low, high)
          else if (event.key === 'Escape') setBrush(undefined)
        }}
      >
        {buckets.map((bucket, index) => (
          <span
            key={bucket.timestamp}
            title={`${formatInstant(bucket.timestamp)}: ${formatInteger(bucket.value)}`}
            className="flex h-full min-w-0 flex-1 items-end"
            style={{ background: index >= low && index <= high ? 'var(--accent-soft)' : undefined }}
          >
            <span
              className="block w-full rounded-t-[2px]"
              style={{
                height: bucket.value === 0 ? 1 : `${Math.max(3, (bucket.value / most) * 100)}%`,
                background: bucket.value === 0 ? 'var(--line)' : 'var(--chart-1)',
              }}
            />
          </span>
        ))}
      </div>
      <p className="mt-1.5 flex flex-wrap justify-between gap-x-4 text-xs text-ink-3">
        <span>{formatInstant(from)}</span>
        <span aria-live="polite">{said}</span>
        <span>{formatInstant(to)}</span>
      </p>
    </div>
  )
}
