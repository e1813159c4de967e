import { Tab, TabList, TabPanel, TabProvider } from '@ariakit/react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowUpRight, Check, CircleDot, Link2, ListFilter, MessageSquare, RotateCcw, ThumbsDown, UserPlus, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { alertQuery, meQuery } from '../../api/queries.ts'
import type { AlertDetail } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { SeverityBadge, StatusBadge, statusWord } from '../../components/badges.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { JsonView } from '../../components/json-view.tsx'
import { Facts } from '../../components/page.tsx'
import { Failed, Skeleton } from '../../components/states.tsx'
import { useSay } from '../../components/toasts.tsx'
import { formatInstant, formatInteger, humanize } from '../../format.ts'
import type { AlertsSearch } from './alerts-search.ts'
import { type Triage, useTriage } from './use-triage.ts'

/** One alert beside the list: why it fired, on what, and what was done about it. */
export function AlertPanel({
  id,
  tab = 'overview',
  onTab,
  onClose,
  onFilter,
}: {
  id: string
  tab?: AlertsSearch['tab'] | 'overview'
  onTab: (tab: AlertsSearch['tab']) => void
  onClose: () => void
  onFilter: (change: Partial<AlertsSearch>) => void
}) {
  const query = useQuery(alertQuery(id))
  const triage = useTriage()
  const alert = query.data
  return (
    <aside
      data-testid="alert-panel"
      aria-label="Alert"
      className="card flex w-[min(560px,46vw)] shrink-0 flex-col overflow-hidden max-lg:absolute max-lg:inset-0 max-lg:z-20 max-lg:w-auto max-lg:shadow-pop"
    >
      {alert === undefined ? (
        <>
          <div className="flex justify-end p-2">
            <IconButton label="Close (Esc)" onClick={onClose}>
              <X />
            </IconButton>
          </div>
          {query.isPending ? <Skeleton rows={10} /> : <Failed error={query.error} retry={() => void query.refetch()} />}
        </>
      ) : (
        <>
          <Head alert={alert} triage={triage} onClose={onClose} />
          <TabProvider selectedId={tab} setSelectedId={(next) => onTab(next === 'overview' ? undefined : (next as AlertsSearch['tab']))}>
            <TabList aria-label="Alert" className="flex gap-5 border-b border-line px-5">
              <PanelTab id="overview">Overview</PanelTab>
              <PanelTab id="event">Event</PanelTab>
              <PanelTab id="activity">
                Activity <span className="text-ink-3">{alert.activity.length}</span>
              </PanelTab>
            </TabList>
            <div className="min-h-0 flex-1 overflow-auto">
              <TabPanel tabId="overview" className="outline-none">
                <Overview alert={alert} onFilter={onFilter} />
              </TabPanel>
              <TabPanel tabId="event" className="p-4 outline-none">
                {alert.event_document ? (
                  <JsonView value={alert.event_document} label="Event as JSON" />
                ) : (
                  <p className="py-10 text-center text-ink-2">
                    The event is past its retention and no longer stored. The alert keeps the fields shown in the overview.
                  </p>
                )}
              </TabPanel>
              <TabPanel tabId="activity" className="outline-none">
                <Activity alert={alert} triage={triage} />
              </TabPanel>
            </div>
          </TabProvider>
        </>
      )}
    </aside>
  )
}

const PanelTab = ({ id, children }: { id: string; children: ReactNode }) => (
  <Tab
    id={id}
    className="-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent text-ink-2 hover:text-ink aria-selected:border-accent aria-selected:font-semibold aria-selected:text-ink"
  >
    {children}
  </Tab>
)

function Head({ alert, triage, onClose }: { alert: AlertDetail; triage: Triage; onClose: () => void }) {
  const me = useQuery(meQuery).data?.user.email
  const say = useSay()
  const [busy, setBusy] = useState(false)
  const run = (work: Promise<unknown>) => {
    setBusy(true)
    void work.finally(() => setBusy(false))
  }
  const closed = alert.status === 'resolved' || alert.status === 'false_positive'
  return (
    <header className="px-5 pt-3 pb-4">
      <div className="flex items-center gap-2">
        <SeverityBadge severity={alert.severity} />
        <StatusBadge status={alert.status} />
        <span className="min-w-0 flex-1 truncate text-ink-3">{alert.assignee ?? 'Unassigned'}</span>
        <IconButton
          label="Copy link"
          onClick={() => {
            navigator.clipboard?.writeText(location.href).then(
              () => say('Link copied'),
              () => say('The browser did not allow copying', { tone: 'bad' }),
            )
          }}
        >
          <Link2 />
        </IconButton>
        <IconButton label="Close (Esc)" onClick={onClose} className="-mr-2">
          <X />
        </IconButton>
      </div>
      <h2 className="mt-2 text-lg leading-snug font-semibold wrap-anywhere">{alert.rule_title}</h2>
      <p className="mt-0.5 text-ink-3">
        Detected <Ago at={alert.created_at} /> · {alert.count === 1 ? 'one event' : `${formatInteger(alert.count)} events`}
        {alert.count > 1 && (
          <>
            , last <Ago at={alert.last_event_at} />
          </>
        )}
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        {alert.status === 'open' && (
          <Button busy={busy} data-testid="status-investigate" onClick={() => run(triage.setStatus(alert, 'investigating'))}>
            <CircleDot /> Investigate
          </Button>
        )}
        {!closed && (
          <>
            <Button look="primary" busy={busy} data-testid="status-resolve" onClick={() => run(triage.setStatus(alert, 'resolved'))}>
              <Check /> Resolve
            </Button>
            <Button busy={busy} data-testid="status-false-positive" onClick={() => run(triage.setStatus(alert, 'false_positive'))}>
              <ThumbsDown /> False positive
            </Button>
          </>
        )}
        {closed && (
          <Button busy={busy} data-testid="status-reopen" onClick={() => run(triage.setStatus(alert, 'open'))}>
            <RotateCcw /> Reopen
          </Button>
        )}
        {alert.assignee !== me ? (
          <Button busy={busy} onClick={() => run(triage.assignToMe(alert))}>
            <UserPlus /> Assign to me
          </Button>
        ) : (
          <Button look="quiet" busy={busy} onClick={() => run(triage.assign(alert, null))}>
            Unassign
          </Button>
        )}
      </div>
    </header>
  )
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="border-b border-line px-5 py-4 last:border-b-0">
    <h3 className="eyebrow mb-2">{title}</h3>
    {children}
  </section>
)

const quoted = (text: string) => (/[\s:]/.test(text) ? `"${text}"` : text)

/** The text at a path of an event; undefined where there is none. */
function textAt(document: unknown, ...path: readonly string[]): string | undefined {
  let at = document
  for (const key of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
  return typeof at === 'string' && at !== '' ? at : undefined
}

function Overview({ alert, onFilter }: { alert: AlertDetail; onFilter: (change: Partial<AlertsSearch>) => void }) {
  const { event } = alert
  const value = (text: string | null) =>
    text === null ? (
      <span className="text-ink-3">not in the event</span>
    ) : (
      <span className="group inline-flex max-w-full items-start gap-1">
        <span className="min-w-0 wrap-anywhere">{text}</span>
        <button
          type="button"
          title={`Alerts with ${text}`}
          aria-label={`Filter by ${text}`}
          onClick={() => onFilter({ q: text, alert: undefined, tab: undefined })}
          className="inline-flex size-5 shrink-0 items-center justify-center rounded text-ink-3 opacity-0 group-hover:opacity-100 hover:bg-hover hover:text-ink focus-visible:opacity-100"
        >
          <ListFilter className="size-3.5" />
        </button>
      </span>
    )
  // An attack on a web server names who asked rather than a host.
  const sourceIp = textAt(alert.event_document, 'source', 'ip')
  const url = textAt(alert.event_document, 'url', 'original')
  const around = new Date(event.timestamp).getTime()
  return (
    <>
      <Section title="Why it fired">
        <p className="flex flex-wrap items-center gap-1.5">
          <span className="text-ink-2">The event met</span>
          {alert.matched_conditions.map((condition) => (
            <code key={condition} className="rounded bg-accent-soft px-1.5 py-0.5 font-mono text-xs text-accent">
              {condition}
            </code>
          ))}
          <Link to="/rules/$ruleId" params={{ ruleId: alert.rule_id }} className="inline-flex items-center text-accent hover:underline">
            of this rule <ArrowUpRight className="size-3.5" />
          </Link>
        </p>
        {alert.rule ? (
          <>
            {alert.rule.description && <p className="mt-2 whitespace-pre-line text-ink-2">{alert.rule.description.trim()}</p>}
            {alert.rule.false_positives.length > 0 && (
              <p className="mt-2 text-ink-2">
                <span className="font-medium text-ink">May be harmless when:</span> {alert.rule.false_positives.join('; ')}
              </p>
            )}
          </>
        ) : (
          <p className="mt-2 text-ink-2">The rule is no longer loaded.</p>
        )}
      </Section>
      <Section title="What happened">
        <Facts
          facts={[
            ['Time', formatInstant(event.timestamp)],
            ['Host', value(event.host)],
            ['User', value(event.user)],
            ['Process', value(event.process)],
            ...(sourceIp ? ([['Source address', value(sourceIp)]] as const) : []),
            ...(url ? ([['Request', value(url)]] as const) : []),
            ['Dataset', event.source ?? <span className="text-ink-3">not in the event</span>],
            ...(alert.enrichment.asset_context.ip ? ([['Host address', alert.enrichment.asset_context.ip]] as const) : []),
            ...(alert.enrichment.asset_context.os ? ([['Host system', alert.enrichment.asset_context.os]] as const) : []),
          ]}
        />
        {event.command_line && (
          <div className="mt-3">
            <div className="mb-1 flex items-center justify-between">
              <span className="text-ink-3">Command line</span>
              <CopyButton text={event.command_line} />
            </div>
            <code className="block max-h-40 overflow-auto rounded-md border border-line bg-sunken p-2.5 font-mono text-xs break-all">
              {event.command_line}
            </code>
          </div>
        )}
        <p className="mt-3">
          <Link
            to="/timeline"
            search={{
              ...(event.host ? { q: `host.name:${quoted(event.host)}` } : sourceIp && { q: `source.ip:${quoted(sourceIp)}` }),
              from: new Date(around - 900_000).toISOString(),
              to: new Date(around + 900_000).toISOString(),
            }}
            className="inline-flex items-center gap-0.5 text-accent hover:underline"
          >
            Events 15 minutes around it <ArrowUpRight className="size-3.5" />
          </Link>
        </p>
      </Section>
      {(alert.mitre.tactics.length > 0 || alert.mitre.techniques.length > 0) && (
        <Section title="MITRE ATT&CK">
          <p className="flex flex-wrap gap-1.5">
            {alert.mitre.tactics.map((tactic) => (
              <span key={tactic} className="rounded border border-line px-2 py-0.5">
                {humanize(tactic)}
              </span>
            ))}
            {alert.mitre.techniques.map((technique) => (
              <span key={technique} className="rounded bg-sunken px-2 py-0.5 font-medium">
                {technique}
              </span>
            ))}
          </p>
        </Section>
      )}
      {alert.rule && (
        <Section title="Rule source">
          <details>
            <summary className="text-accent hover:underline">Show the rule</summary>
            <pre className="mt-2 max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap">
              {alert.rule.source}
            </pre>
          </details>
        </Section>
      )}
      <Section title="Identifiers">
        <Facts
          facts={[
            [
              'Alert',
              <code key="a" className="font-mono text-xs">
                {alert.id}
              </code>,
            ],
            [
              'Event',
              <code key="e" className="font-mono text-xs">
                {alert.event_id}
              </code>,
            ],
            ['First event', formatInstant(alert.first_event_at)],
            ['Last event', formatInstant(alert.last_event_at)],
            ['Updated', formatInstant(alert.updated_at)],
          ]}
        />
      </Section>
    </>
  )
}

function Activity({ alert, triage }: { alert: AlertDetail; triage: Triage }) {
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    // A note that was not kept stays in the box.
    if (await triage.addNote(alert, note.trim())) setNote('')
    setBusy(false)
  }
  return (
    <div className="flex flex-col gap-4 p-5">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
        className="flex flex-col gap-2"
      >
        <label htmlFor="alert-note" className="sr-only">
          Note
        </label>
        <textarea
          id="alert-note"
          className="control min-h-20 w-full resize-y"
          placeholder="What you saw, what you did. Ctrl Enter to save."
          maxLength={5_000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && note.trim() !== '') void save()
          }}
        />
        <Button type="submit" busy={busy} disabled={note.trim() === ''} className="self-end" data-testid="add-note">
          <MessageSquare /> Add note
        </Button>
      </form>
      <ol className="flex flex-col">
        {[...alert.activity].reverse().map((entry) => (
          <li key={`${entry.at}${entry.kind}${entry.to}${entry.note}`} className="relative border-l border-line pb-4 pl-5 last:pb-0">
            <span className="absolute top-1.5 -left-[4.5px] size-2 rounded-full bg-line-strong" aria-hidden="true" />
            <p>
              <span className="font-medium">{entry.actor}</span> <span className="text-ink-2">{activityText(entry)}</span>{' '}
              <span className="text-ink-3">
                · <Ago at={entry.at} />
              </span>
            </p>
            {entry.note && <p className="mt-1 rounded-md bg-sunken px-3 py-2 whitespace-pre-line wrap-anywhere">{entry.note}</p>}
          </li>
        ))}
      </ol>
    </div>
  )
}

/** What an activity says in words; kinds this version does not know are shown by their name. */
export function activityText(entry: AlertDetail['activity'][number]): string {
  const word = (status: string | null) =>
    status === 'open' || status === 'investigating' || status === 'resolved' || status === 'false_positive' ? statusWord(status) : (status ?? 'none')
  switch (entry.kind) {
    case 'created':
      return 'raised the alert'
    case 'status':
      return `changed the status from ${word(entry.from)} to ${word(entry.to)}`
    case 'assignee':
      return entry.to === null ? 'removed the assignee' : `assigned ${entry.to}`
    case 'note':
      return 'wrote'
    case 'merged':
      return 'merged more events'
    default:
      return entry.kind
  }
}
