import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowUp, Keyboard, RotateCw, X } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { api } from '../../api/client.ts'
import { alertsQuery } from '../../api/queries.ts'
import { ALERT_STATUSES, type Alert, type AlertDetail, type AlertList, SEVERITIES } from '../../api/types.ts'
import { SeverityMark, severityWord, statusWord } from '../../components/badges.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { MultiSelect, RangeSelect, SearchBox } from '../../components/filters.tsx'
import { Page } from '../../components/page.tsx'
import { Failed, NoMatch, NothingYet, Skeleton } from '../../components/states.tsx'
import { formatCount, formatInteger } from '../../format.ts'
import { useFrames, useLiveStatus } from '../../live/live.tsx'
import { replaceRow, rowsOf, toRow, waitingIds } from '../../live/live-list.ts'
import type { Range } from '../../search-params.ts'
import { AlertPanel } from './alert-panel.tsx'
import { AlertsGrid } from './alerts-grid.tsx'
import { type AlertsSearch, alertsParameters, DEFAULT_STATUS, listKey, nextSort } from './alerts-search.ts'
import { SHORTCUTS, ShortcutHelp } from './shortcut-help.tsx'
import { useTriage } from './use-triage.ts'

const route = getRouteApi('/app/alerts')
const RANGES: readonly Range[] = ['15m', '1h', '24h', '7d', '30d', 'all']

export function Alerts() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { query, rows, waiting, showNew } = useAlertList(search)
  const searchBox = useRef<HTMLInputElement>(null)
  const grid = useRef<HTMLDivElement>(null)
  const [cursor, setCursor] = useState<string | undefined>(search.alert)
  const [help, setHelp] = useState(false)
  const triage = useTriage()

  const patch = useCallback(
    (change: Partial<AlertsSearch>, replace = false) => void navigate({ search: (before) => ({ ...before, ...change }), replace }),
    [navigate],
  )
  const open = useCallback(
    (id: string) => {
      setCursor(id)
      // The first opening is a step of history; walking on with the panel open is not.
      patch({ alert: id }, search.alert !== undefined)
    },
    [patch, search.alert],
  )
  const close = useCallback(() => {
    patch({ alert: undefined, tab: undefined })
    grid.current?.focus()
  }, [patch])

  useEffect(() => {
    const moveBy = (step: number) => {
      const at = rows.findIndex((row) => row.id === cursor)
      const next = rows[Math.min(rows.length - 1, Math.max(0, at === -1 ? 0 : at + step))]
      if (!next) return
      if (search.alert !== undefined) open(next.id)
      else setCursor(next.id)
    }
    const acting = rows.find((row) => row.id === (search.alert ?? cursor))
    const actions: Record<string, () => void> = {
      j: () => moveBy(1),
      arrowdown: () => moveBy(1),
      k: () => moveBy(-1),
      arrowup: () => moveBy(-1),
      ']': () => moveBy(1),
      '[': () => moveBy(-1),
      enter: () => cursor !== undefined && open(cursor),
      o: () => cursor !== undefined && open(cursor),
      escape: () => search.alert !== undefined && close(),
      r: () => acting && triage.setStatus(acting, 'resolved'),
      f: () => acting && triage.setStatus(acting, 'false_positive'),
      s: () => acting && triage.setStatus(acting, 'investigating'),
      e: () => acting && triage.setStatus(acting, 'open'),
      i: () => acting && triage.assignToMe(acting),
      n: () => document.getElementById('alert-note')?.focus(),
      '/': () => searchBox.current?.focus(),
      '?': () => setHelp(true),
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      const target = event.target as HTMLElement
      const typing = target.closest('input, textarea, select, [role=combobox], [role=listbox], [role=menu], [role=dialog]')
      if (typing) {
        if (event.key === 'Escape' && target.id === 'alert-note') grid.current?.focus()
        return
      }
      // Enter and the arrows belong to a focused control; everywhere else they belong to the list.
      if (['Enter', 'ArrowDown', 'ArrowUp'].includes(event.key) && target.closest('button, a, [role=tab], pre')) return
      const action = actions[event.key.length === 1 ? event.key : event.key.toLowerCase()]
      if (!action) return
      event.preventDefault()
      action()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [rows, cursor, search.alert, open, close, triage])

  const first = query.data?.pages[0]
  const filtered = Object.values(listKey(search)).some((value) => value !== undefined)
  return (
    <Page
      title="Alerts"
      fill
      actions={
        <>
          {first && <ListFacts first={first} shown={rows.length} />}
          <IconButton label="Read the list again" onClick={showNew}>
            <RotateCw />
          </IconButton>
          <IconButton label={`Keyboard shortcuts (${SHORTCUTS.length})`} onClick={() => setHelp(true)}>
            <Keyboard />
          </IconButton>
        </>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchBox value={search.q} onSearch={(q) => patch({ q })} label="Search title, host, user" inputRef={searchBox} />
        <MultiSelect
          label="Severity"
          choices={SEVERITIES.map((value) => ({ value, name: severityWord(value), mark: <SeverityMark severity={value} /> }))}
          value={search.severity ?? []}
          onChange={(severity) => patch({ severity: severity.length === 0 ? undefined : severity })}
        />
        <MultiSelect
          label="Status"
          choices={ALERT_STATUSES.map((value) => ({ value, name: statusWord(value) }))}
          value={search.status === 'any' ? ALERT_STATUSES : (search.status ?? DEFAULT_STATUS)}
          onChange={(status) =>
            patch({
              status:
                status.length === 0 || status.length === ALERT_STATUSES.length ? 'any' : status.join() === DEFAULT_STATUS.join() ? undefined : status,
            })
          }
        />
        <RangeSelect
          ranges={RANGES}
          value={search.range ?? '7d'}
          from={search.from}
          to={search.to}
          onChange={(range) => patch({ range: range === '7d' ? undefined : range, from: undefined, to: undefined })}
        />
        {search.rule && (
          <Chip text={`Rule: ${rows[0]?.rule_id === search.rule ? rows[0].rule_title : search.rule}`} onRemove={() => patch({ rule: undefined })} />
        )}
        {filtered && (
          <Button look="quiet" onClick={() => void navigate({ search: {} })}>
            Clear all
          </Button>
        )}
      </div>
      <div className="relative flex min-h-0 flex-1 gap-3">
        <div className="card relative flex min-w-0 flex-1 flex-col overflow-hidden [container:alerts/inline-size]">
          {waiting > 0 && (
            <button
              type="button"
              data-testid="new-pill"
              onClick={showNew}
              className="absolute top-11 left-1/2 z-10 inline-flex h-7.5 -translate-x-1/2 items-center gap-1.5 rounded-full bg-accent-solid px-3.5 font-semibold text-on-accent shadow-pop"
            >
              <ArrowUp className="size-3.5" /> {waiting >= 100 ? '100+' : waiting} new
            </button>
          )}
          {query.isPending ? (
            <Skeleton rows={14} />
          ) : query.isError && rows.length === 0 ? (
            <Failed error={query.error} retry={() => void query.refetch()} />
          ) : rows.length === 0 ? (
            filtered ? (
              <NoMatch
                what="alerts"
                actions={
                  <>
                    <Button onClick={() => patch({ range: '30d', from: undefined, to: undefined })}>Widen to 30 days</Button>
                    <Button look="primary" onClick={() => void navigate({ search: {} })}>
                      Clear filters
                    </Button>
                  </>
                }
              />
            ) : (
              <NothingYet
                title="No open alerts in the last 7 days"
                action={<Button onClick={() => patch({ status: 'any', range: 'all' })}>Show alerts of any status and age</Button>}
              >
                New ones appear here by themselves, the moment a rule fires.
              </NothingYet>
            )
          ) : (
            <AlertsGrid
              ref={grid}
              rows={rows}
              total={first?.total_estimate ?? rows.length}
              cursor={cursor}
              opened={search.alert}
              dimmed={query.isPlaceholderData}
              sort={search.sort}
              onSort={(field) => patch({ sort: nextSort(search.sort ?? 'created_at:desc', field) })}
              onOpen={open}
              onCursor={setCursor}
              onNearEnd={() => {
                if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage()
              }}
              loadingMore={query.isFetchingNextPage}
            />
          )}
        </div>
        {search.alert && (
          <AlertPanel
            key={search.alert}
            id={search.alert}
            tab={search.tab}
            onTab={(tab) => patch({ tab }, true)}
            onClose={close}
            onFilter={(change) => patch(change)}
          />
        )}
      </div>
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </Page>
  )
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <span className="inline-flex h-8 max-w-80 items-center gap-1 rounded-md bg-accent-soft pr-1 pl-2.5 text-accent">
      <span className="truncate">{text}</span>
      <button
        type="button"
        aria-label={`Remove ${text}`}
        onClick={onRemove}
        className="inline-flex size-6 items-center justify-center rounded hover:bg-surface"
      >
        <X className="size-3.5" />
      </button>
    </span>
  )
}

function ListFacts({ first, shown }: { first: AlertList; shown: number }) {
  return (
    <p className="text-xs text-ink-3">
      {shown >= first.total_estimate ? formatCount(shown, 'alert') : `${formatInteger(shown)} of ≈ ${formatInteger(first.total_estimate)}`} ·{' '}
      {formatInteger(first.took_ms)} ms
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

const PROBE_EVERY_MS = 1_000

/** The list as loaded, kept still: live changes touch single rows, and new alerts are only counted until asked for. */
function useAlertList(search: AlertsSearch) {
  const queries = useQueryClient()
  const key = JSON.stringify(listKey(search))
  const options = useMemo(() => {
    const filters = JSON.parse(key) as AlertsSearch
    return alertsQuery(key, () => alertsParameters(filters, Date.now()))
  }, [key])
  const query = useInfiniteQuery(options)
  const rows = useMemo(() => rowsOf(query.data?.pages ?? []), [query.data])
  const [waiting, setWaiting] = useState(0)
  const { state } = useLiveStatus()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has nothing waiting
  useEffect(() => setWaiting(0), [key])

  const latest = useRef(rows)
  latest.current = rows
  const probing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  /** Probes sent, and the oldest of them whose answer still counts. */
  const probes = useRef({ sent: 0, counts: 0 })
  const updating = useRef(new Set<string>())

  // What is new is asked of the hub under the same filter, at most once a second however many alerts arrive: the count is then true for any filter.
  const probe = useCallback(() => {
    probing.current ??= setTimeout(async () => {
      // From here on another alert asks again: the hub may read its list before that alert is in it.
      probing.current = undefined
      const turn = ++probes.current.sent
      const newest = { ...alertsParameters(JSON.parse(key) as AlertsSearch, Date.now()), sort: 'created_at:desc', limit: 100 }
      try {
        const { alerts } = await api<AlertList>('GET', '/alerts', { query: newest })
        if (turn < probes.current.counts) return
        probes.current.counts = turn
        if (latest.current.length === 0 && alerts.length > 0) void queries.invalidateQueries({ queryKey: options.queryKey })
        else setWaiting(waitingIds(latest.current, alerts).length)
        const shown = new Map(latest.current.map((row) => [row.id, row.updated_at]))
        const changed = alerts.filter((alert) => (shown.get(alert.id) ?? alert.updated_at) < alert.updated_at)
        if (changed.length > 0) queries.setQueryData<typeof query.data>(options.queryKey, (list) => list && changed.reduce(replaceRow, list))
      } catch {
        // The next alert, or the next poll, asks again; the list itself says when the hub is away.
      }
    }, PROBE_EVERY_MS / 2)
  }, [key, queries, options.queryKey])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a probe of another list must not report into this one
  useEffect(
    () => () => {
      clearTimeout(probing.current)
      probing.current = undefined
      probes.current.counts = probes.current.sent + 1
    },
    [key],
  )
  useEffect(() => {
    if (state !== 'polling') return
    const timer = setInterval(probe, 30_000)
    return () => clearInterval(timer)
  }, [state, probe])
  // Alerts raised while the socket was away sent their frames to nobody.
  const wasAway = useRef(false)
  useEffect(() => {
    if (state !== 'live') wasAway.current = true
    else if (wasAway.current) {
      wasAway.current = false
      probe()
    }
  }, [state, probe])

  const refreshRow = useCallback(
    async (id: string) => {
      if (updating.current.has(id)) return
      updating.current.add(id)
      try {
        const detail = await api<AlertDetail>('GET', `/alerts/${encodeURIComponent(id)}`)
        queries.setQueryData(['alerts', 'detail', id], detail)
        queries.setQueryData<typeof query.data>(options.queryKey, (list) => list && replaceRow(list, toRow(detail) as Alert))
      } catch {
        // The row stays as it was; opening it shows what is wrong.
      } finally {
        updating.current.delete(id)
      }
    },
    [queries, options.queryKey],
  )

  useFrames((frame) => {
    if (frame.type === 'new_alert') probe()
    if (frame.type === 'alert_updated' && latest.current.some((row) => row.id === frame.data.alert_id)) void refreshRow(frame.data.alert_id)
  })

  const showNew = useCallback(() => {
    setWaiting(0)
    // Only the first page is read again: the analyst goes to the top, and the rest loads as it is scrolled to.
    queries.setQueryData<typeof query.data>(
      options.queryKey,
      (list) => list && { pages: list.pages.slice(0, 1), pageParams: list.pageParams.slice(0, 1) },
    )
    void queries.invalidateQueries({ queryKey: options.queryKey })
    document.querySelector('[data-testid=alerts-grid]')?.scrollTo({ top: 0 })
  }, [queries, options.queryKey])

  return { query, rows, waiting, showNew }
}
