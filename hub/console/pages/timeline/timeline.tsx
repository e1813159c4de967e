import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowDown, ArrowUp, ChevronRight, RotateCw, X } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { histogramQuery, timelineQuery } from '../../api/queries.ts'
import type { TimelineEvent } from '../../api/types.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { RangeSelect, SearchBox } from '../../components/filters.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { Page } from '../../components/page.tsx'
import { Failed, NoMatch, NothingYet, Skeleton } from '../../components/states.tsx'
import { formatCount, formatDuration, formatInteger, formatStamp } from '../../format.ts'
import type { Range } from '../../search-params.ts'
import { Histogram } from './histogram.tsx'
import { type TimelineSearch, timelineParameters } from './timeline-search.ts'

const route = getRouteApi('/app/timeline')
const RANGES: readonly Range[] = ['15m', '1h', '6h', '24h', '7d', '30d']

export function Timeline() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const patch = (change: Partial<TimelineSearch>) => void navigate({ search: (before) => ({ ...before, ...change }) })

  const [run, setRun] = useState(0)
  const key = JSON.stringify(search)
  // The ends are fixed once per search, so that the list, its later pages and the histogram speak of the same events.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` asks for the same search anew
  const parameters = useMemo(() => timelineParameters(JSON.parse(key) as TimelineSearch, Date.now()), [key, run])
  const events = useInfiniteQuery(timelineQuery(`${key}#${run}`, () => ({ ...parameters, sort: search.sort ?? 'timestamp:desc' })))
  // Rows first: the histogram asks when they are here.
  const histogram = useQuery({ ...histogramQuery(`${key}#${run}`, () => ({ ...parameters, buckets: 60 })), enabled: !events.isPending })
  const cancelled = events.isPending && events.fetchStatus === 'idle'
  const searching = events.isFetching || histogram.isFetching
  const first = events.data?.pages[0]
  const rows = events.data?.pages.flatMap((page) => page.events) ?? []

  return (
    <Page
      title="Timeline"
      fill
      actions={
        first && (
          <p className="text-xs text-ink-3">
            {/* The list is counted no further than its page; the histogram counts them all. */}
            {histogram.data
              ? formatCount(
                  histogram.data.buckets.reduce((sum, bucket) => sum + bucket.value, 0),
                  'event',
                )
              : `${first.next_cursor === null ? '' : 'more than '}${formatCount(rows.length, 'event')}`}{' '}
            · {formatInteger(first.took_ms)} ms
            {first.truncated && first.next_cursor === null && ' · cut short'}
            {first.query_warnings.map((warning) => (
              <span key={warning} className="text-medium">
                {' · '}
                {warning}
              </span>
            ))}
          </p>
        )
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchBox
          value={search.q}
          onSearch={(q) => patch({ q })}
          label={'Words, "a phrase", field:value'}
          testId="timeline-query"
          className="min-w-60 flex-1"
        />
        <RangeSelect
          ranges={RANGES}
          value={search.range ?? '1h'}
          from={search.from}
          to={search.to}
          onChange={(range) => patch({ range: range === '1h' ? undefined : range, from: undefined, to: undefined })}
        />
        <Button onClick={() => patch({ sort: search.sort ? undefined : 'timestamp:asc' })}>
          {search.sort ? <ArrowUp /> : <ArrowDown />} {search.sort ? 'Oldest first' : 'Newest first'}
        </Button>
        {searching ? (
          <CancelButton onCancel={() => void queries.cancelQueries({ queryKey: ['timeline'] })} />
        ) : (
          <RunButton onRun={() => setRun(run + 1)} />
        )}
      </div>
      <div className="card mb-3 px-4 pt-3 pb-2">
        {histogram.data ? (
          <Histogram data={histogram.data} from={parameters.from} to={parameters.to} onZoom={(from, to) => patch({ from, to, range: undefined })} />
        ) : histogram.isError ? (
          <p className="py-6 text-center text-ink-2">The histogram could not be made: {histogram.error.message}</p>
        ) : (
          <div className="h-24" />
        )}
      </div>
      <div className="card min-h-0 flex-1 overflow-auto">
        {cancelled ? (
          <NothingYet title="The search was cancelled" action={<Button onClick={() => setRun(run + 1)}>Search again</Button>}>
            Narrow the time or the words, or run it again.
          </NothingYet>
        ) : events.isPending ? (
          <Skeleton rows={14} />
        ) : events.data === undefined ? (
          <Failed error={events.error} retry={() => void events.refetch()} />
        ) : rows.length === 0 ? (
          search.q ? (
            <NoMatch
              what="events"
              actions={
                <>
                  <Button onClick={() => patch({ range: '30d', from: undefined, to: undefined })}>Widen to 30 days</Button>
                  <Button look="primary" onClick={() => patch({ q: undefined })}>
                    Clear the search
                  </Button>
                </>
              }
            />
          ) : (
            <NothingYet
              title="No events in this time"
              action={<Button onClick={() => patch({ range: '7d', from: undefined, to: undefined })}>Look at 7 days</Button>}
            >
              Events appear here within seconds of reaching a sensor.
            </NothingYet>
          )
        ) : (
          <>
            <table className="data-table min-w-[820px] table-fixed">
              <thead>
                <tr>
                  <th scope="col" className="w-9">
                    <span className="sr-only">Open</span>
                  </th>
                  <th scope="col" className="w-40">
                    Time
                  </th>
                  <th scope="col" className="w-32">
                    Dataset
                  </th>
                  <th scope="col" className="w-36">
                    Host
                  </th>
                  <th scope="col" className="w-32">
                    User
                  </th>
                  <th scope="col">Message</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((event) => (
                  <EventRow key={event.id} event={event} />
                ))}
              </tbody>
            </table>
            <div className="flex justify-center border-t border-line p-3">
              {events.hasNextPage ? (
                <Button busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
                  {events.isFetchingNextPage ? 'Loading…' : 'Load more'}
                </Button>
              ) : (
                <span className="text-ink-3">That is all of them.</span>
              )}
            </div>
          </>
        )}
      </div>
    </Page>
  )
}

const RunButton = ({ onRun }: { onRun: () => void }) => (
  <IconButton label="Search again up to now" onClick={onRun}>
    <RotateCw />
  </IconButton>
)

/** Appears with the search; past three seconds it also says how long it has been. */
function CancelButton({ onCancel }: { onCancel: () => void }) {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <Button onClick={onCancel}>
      <X /> Cancel{seconds >= 3 && ` (${formatDuration(seconds)})`}
    </Button>
  )
}

function EventRow({ event }: { event: TimelineEvent }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <tr className="cursor-pointer" onClick={() => setOpen(!open)}>
        <td className="pr-0!">
          <button
            type="button"
            aria-expanded={open}
            aria-label={`Event of ${formatStamp(event.timestamp)}`}
            className="inline-flex size-6 items-center justify-center rounded text-ink-3 hover:text-ink"
            onClick={(click) => {
              click.stopPropagation()
              setOpen(!open)
            }}
          >
            <ChevronRight className={`size-3.5 transition-transform ${open ? 'rotate-90' : ''}`} />
          </button>
        </td>
        <td className="whitespace-nowrap text-ink-2">{formatStamp(event.timestamp)}</td>
        <td className="truncate text-ink-2">{event.dataset}</td>
        <td className="truncate">{event.host ?? '–'}</td>
        <td className="truncate">{event.user ?? '–'}</td>
        <td className="truncate font-mono text-xs" title={event.message}>
          {event.message}
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={6} className="bg-sunken! p-3!">
            <JsonView value={event.event} label="Event as JSON" />
          </td>
        </tr>
      )}
    </>
  )
}
