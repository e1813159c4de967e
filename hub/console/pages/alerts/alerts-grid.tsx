// biome-ignore-all lint/a11y/useSemanticElements: a virtualised grid draws few of its rows; a table element would need them all
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the page's keys act on the row under the cursor
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import type { Alert } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { SeverityBadge, StatusBadge } from '../../components/badges.tsx'
import { formatCompact } from '../../format.ts'

const ROW_PX = 38

interface Column {
  readonly id: string
  readonly name: string
  /** The API's name to sort by. */
  readonly sort?: string
  readonly right?: boolean
}
const COLUMNS: readonly Column[] = [
  { id: 'severity', name: 'Severity', sort: 'severity' },
  { id: 'title', name: 'Alert' },
  { id: 'status', name: 'Status', sort: 'status' },
  { id: 'host', name: 'Host or source' },
  { id: 'user', name: 'User' },
  { id: 'technique', name: 'Technique' },
  { id: 'count', name: 'Count', right: true },
  { id: 'assignee', name: 'Assignee' },
  { id: 'created', name: 'Detected', sort: 'created_at' },
]

/** The alerts as a grid that draws only the rows in sight. The cursor is an id, so that it stays with its alert whatever the list does. */
export function AlertsGrid({
  ref,
  rows,
  total,
  cursor,
  opened,
  dimmed,
  sort = 'created_at:desc',
  onSort,
  onOpen,
  onCursor,
  onNearEnd,
  loadingMore,
}: {
  ref: Ref<HTMLDivElement>
  rows: readonly Alert[]
  total: number
  cursor: string | undefined
  opened: string | undefined
  dimmed: boolean
  sort?: string | undefined
  onSort: (field: string) => void
  onOpen: (id: string) => void
  onCursor: (id: string) => void
  onNearEnd: () => void
  loadingMore: boolean
}) {
  const scroller = useRef<HTMLDivElement>(null)
  useImperativeHandle(ref, () => scroller.current as HTMLDivElement)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollPaddingStart: ROW_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= rows.length - 20) onNearEnd()
  }, [last, rows.length, onNearEnd])

  const at = cursor === undefined ? -1 : rows.findIndex((row) => row.id === cursor)
  const cursorAt = useRef(at)
  cursorAt.current = at
  // Follows the cursor when the analyst moves it, not when the rows around it change.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (cursorAt.current >= 0) virtual.scrollToIndex(cursorAt.current, { align: 'auto' })
  }, [cursor])

  const [sortField, sortDirection] = sort.split(':')
  return (
    <div
      ref={scroller}
      role="grid"
      data-testid="alerts-grid"
      aria-label="Alerts"
      aria-rowcount={Math.max(total, rows.length) + 1}
      aria-colcount={COLUMNS.length}
      aria-activedescendant={at >= 0 && items.some((item) => item.index === at) ? `alert-row-${cursor}` : undefined}
      aria-busy={dimmed || loadingMore}
      tabIndex={0}
      className={`min-h-0 flex-1 overflow-auto outline-offset-[-2px] ${dimmed ? 'opacity-55' : ''}`}
      onFocus={() => {
        const first = rows[0]
        if (at === -1 && first) onCursor(first.id)
      }}
    >
      <div role="row" aria-rowindex={1} tabIndex={-1} className="alert-cols sticky top-0 z-5 h-9 border-b border-line bg-surface px-4">
        {COLUMNS.map((column) => {
          const sorted = column.sort !== undefined && column.sort === sortField
          return (
            <div
              key={column.id}
              role="columnheader"
              tabIndex={-1}
              aria-sort={sorted ? (sortDirection === 'asc' ? 'ascending' : 'descending') : undefined}
              className={`col-${column.id} eyebrow truncate ${column.right ? 'pr-6 text-right' : 'pr-3'}`}
            >
              {column.sort ? (
                <button
                  type="button"
                  className={`-mx-1 inline-flex h-6 items-center gap-1 rounded px-1 hover:bg-hover hover:text-ink ${sorted ? 'text-ink' : ''}`}
                  onClick={() => column.sort && onSort(column.sort)}
                >
                  <span className={column.id === 'severity' ? 'severity-word' : ''}>{column.name}</span>
                  {sorted && (sortDirection === 'asc' ? <ArrowUp className="size-3" /> : <ArrowDown className="size-3" />)}
                </button>
              ) : (
                column.name
              )}
            </div>
          )
        })}
      </div>
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const alert = rows[item.index]
          if (!alert) return null
          return (
            <Row
              key={item.key}
              alert={alert}
              index={item.index}
              top={item.start}
              current={alert.id === cursor}
              opened={alert.id === opened}
              onOpen={onOpen}
            />
          )
        })}
      </div>
      {loadingMore && <p className="px-4 py-3 text-center text-ink-3">Loading more…</p>}
    </div>
  )
}

function Row({
  alert,
  index,
  top,
  current,
  opened,
  onOpen,
}: {
  alert: Alert
  index: number
  top: number
  current: boolean
  opened: boolean
  onOpen: (id: string) => void
}) {
  const row = useRef<HTMLDivElement>(null)
  const shown = useRef(alert.updated_at)
  useEffect(() => {
    if (shown.current === alert.updated_at) return
    shown.current = alert.updated_at
    row.current?.classList.add('row-flash')
    const timer = setTimeout(() => row.current?.classList.remove('row-flash'), 1_000)
    return () => clearTimeout(timer)
  }, [alert.updated_at])
  const technique = alert.mitre.techniques[0]
  const quiet = alert.status === 'resolved' || alert.status === 'false_positive'
  return (
    <div
      ref={row}
      role="row"
      tabIndex={-1}
      id={`alert-row-${alert.id}`}
      data-alert-id={alert.id}
      aria-rowindex={index + 2}
      aria-selected={opened}
      onClick={() => onOpen(alert.id)}
      style={{ height: ROW_PX, transform: `translateY(${top}px)` }}
      className={`alert-cols absolute inset-x-0 cursor-pointer border-b border-line px-4 outline-none ${
        opened ? 'bg-accent-soft' : 'hover:bg-hover'
      } ${current ? 'shadow-[inset_3px_0_0_var(--accent)]' : ''} ${quiet ? 'text-ink-2' : ''}`}
    >
      <Cell id="severity">
        <SeverityBadge severity={alert.severity} />
      </Cell>
      <Cell id="title">
        <span className={quiet ? '' : 'font-medium'} title={alert.rule_title}>
          {alert.rule_title}
        </span>
      </Cell>
      <Cell id="status">
        <StatusBadge status={alert.status} />
      </Cell>
      <Cell id="host">{alert.event.host ?? alert.event.source_ip ?? <Nothing />}</Cell>
      <Cell id="user">{alert.event.user ?? <Nothing />}</Cell>
      <Cell id="technique">{technique ? <span title={alert.mitre.techniques.join(', ')}>{technique}</span> : <Nothing />}</Cell>
      <Cell id="count" right>
        {formatCompact(alert.count)}
      </Cell>
      <Cell id="assignee">{alert.assignee ? <span title={alert.assignee}>{alert.assignee.split('@')[0]}</span> : <Nothing />}</Cell>
      <Cell id="created">
        <Ago at={alert.created_at} />
      </Cell>
    </div>
  )
}

const Nothing = () => <span className="text-ink-3">–</span>

const Cell = ({ id, right = false, children }: { id: string; right?: boolean; children: React.ReactNode }) => (
  <div role="gridcell" tabIndex={-1} className={`col-${id} truncate ${right ? 'pr-6 text-right' : 'pr-3'}`}>
    {children}
  </div>
)
