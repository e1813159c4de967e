import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import {
  alertCountQuery,
  connectorsQuery,
  detectionMetricsQuery,
  pipelineQuery,
  pipelineSeriesQuery,
  sensorsQuery,
  seriesStepSeconds,
} from '../api/queries.ts'
import { SEVERITIES } from '../api/types.ts'
import { SeverityMark, severityWord } from '../components/badges.tsx'
import { Chart } from '../components/chart.tsx'
import { Card, Page } from '../components/page.tsx'
import { Failed, NothingYet, Skeleton } from '../components/states.tsx'
import { formatClock, formatCompact, formatInteger, formatRate, humanize } from '../format.ts'
import { useLivePoints, useLiveStatus } from '../live/live.tsx'
import { joinSeries } from '../live/live-metrics.ts'

export function Dashboard() {
  return (
    <Page title="Dashboard" lead="What needs a person, and whether everything that should arrive arrives.">
      <div className="flex flex-col gap-4">
        <OpenBySeverity />
        <Flow />
        <Charts />
        <div className="grid grid-cols-2 gap-4 max-lg:grid-cols-1">
          <TopRules />
          <Tactics />
        </div>
      </div>
    </Page>
  )
}

const OPEN = ['open', 'investigating'] as const
const SEVERITY_EDGE = {
  critical: 'before:bg-critical',
  high: 'before:bg-high',
  medium: 'before:bg-medium',
  low: 'before:bg-low',
  informational: 'before:bg-informational',
} as const

function OpenBySeverity() {
  const counts = useQueries({ queries: SEVERITIES.map((severity) => alertCountQuery({ status: OPEN, severity })) })
  const failed = counts.find((count) => count.error && count.data === undefined)
  if (failed) return <Failed error={failed.error} retry={() => counts.forEach((count) => void count.refetch())} />
  return (
    <section aria-label="Open alerts by severity" className="grid grid-cols-5 gap-3 max-lg:grid-cols-3 max-sm:grid-cols-2">
      {SEVERITIES.map((severity, index) => (
        <Link
          key={severity}
          to="/alerts"
          search={{ severity: [severity], range: 'all' }}
          data-testid={`tile-${severity}`}
          className={`card relative overflow-hidden px-4 py-3 before:absolute before:inset-y-0 before:left-0 before:w-1 hover:bg-hover ${SEVERITY_EDGE[severity]}`}
        >
          <span className="flex items-center gap-1.5 font-medium text-ink-2">
            <SeverityMark severity={severity} /> {severityWord(severity)}
          </span>
          <span className="mt-1 flex items-baseline gap-1.5">
            <span className="text-2xl leading-8 font-semibold tracking-[-0.02em]">{formatCompact(counts[index]?.data)}</span>
            <span className="text-xs text-ink-3">open</span>
          </span>
        </Link>
      ))}
    </section>
  )
}

function Tile({
  name,
  value,
  unit,
  note,
  bad = false,
  ...link
}: { name: string; value: string; unit?: string; note?: ReactNode; bad?: boolean } & Pick<LinkProps, 'to' | 'search'>) {
  return (
    <Link {...link} className="min-w-0 border-line px-4 py-3 hover:bg-hover">
      <span className="eyebrow block truncate">{name}</span>
      <span className="mt-0.5 flex items-baseline gap-1.5">
        <span className={`text-xl leading-7 font-semibold tracking-[-0.01em] ${bad ? 'text-critical' : ''}`}>{value}</span>
        {unit && <span className="text-xs text-ink-3">{unit}</span>}
      </span>
      <span className="block truncate text-xs text-ink-3">{note}</span>
    </Link>
  )
}

function Flow() {
  const pipeline = useQuery(pipelineQuery)
  const connectors = useQuery(connectorsQuery).data?.connectors
  const sensors = useQuery(sensorsQuery).data?.sensors
  const lastMinute = useQuery(pipelineSeriesQuery(reach.hours)).data?.alerts_generated.at(-1)?.value
  const live = useLivePoints().at(-1)
  const { state } = useLiveStatus()
  const unhealthy = connectors?.filter((each) => each.status === 'unhealthy' || each.status === 'degraded')
  const offline = sensors?.filter((each) => each.status === 'offline')
  const inForce = sensors?.filter((each) => each.status !== 'revoked').length
  const stages = pipeline.data?.stages
  const fresh = state === 'live' ? live : undefined
  const at = pipeline.data?.timestamp
  const asOf = fresh ? 'live, every 5 s' : at && `as of ${formatClock(at)}`
  const lag = fresh?.queue_consumer_lag_total ?? pipeline.data?.queue.topics.reduce((sum, topic) => sum + topic.consumer_lag, 0)
  return (
    <section
      aria-label="Flow"
      className="card grid grid-cols-6 overflow-hidden *:border-r *:last:border-r-0 max-lg:grid-cols-3 max-lg:*:border-b max-sm:grid-cols-2"
    >
      <Tile to="/pipeline" name="Events per second" value={formatRate(fresh?.ingestion_rate ?? stages?.ingestion.events_per_second)} note={asOf} />
      <Tile
        to="/alerts"
        search={{ status: 'any', range: '15m' }}
        name="Alerts, last minute"
        value={formatInteger(fresh?.alerts_last_minute ?? lastMinute)}
        note={asOf}
      />
      <Tile
        to="/pipeline"
        name="Normalise p99"
        value={formatRate(fresh?.normalization_latency_p99 ?? stages?.normalization.p99_latency_ms)}
        unit="ms"
        note="at the sensors"
      />
      <Tile to="/pipeline" name="Waiting events" value={formatCompact(lag)} note="kept, not yet at the hub" />
      <Tile
        to="/connectors"
        search={unhealthy?.some((each) => each.status === 'unhealthy') ? { status: 'unhealthy' } : {}}
        name="Connectors not healthy"
        value={formatInteger(unhealthy?.length)}
        bad={(unhealthy?.length ?? 0) > 0}
        note={unhealthy?.[0]?.name ?? (connectors && `of ${connectors.length}`)}
      />
      <Tile
        to="/sensors"
        search={(offline?.length ?? 0) > 0 ? { status: 'offline' } : {}}
        name="Sensors offline"
        value={formatInteger(offline?.length)}
        bad={(offline?.length ?? 0) > 0}
        note={offline?.[0]?.name ?? (inForce !== undefined && `of ${inForce}`)}
      />
    </section>
  )
}

const reach = { hours: 1, stepSeconds: seriesStepSeconds(1) }

function Charts() {
  const series = useQuery(pipelineSeriesQuery(reach.hours))
  const live = useLivePoints()
  if (series.isPending)
    return (
      <div className="grid grid-cols-3 gap-4 max-xl:grid-cols-1">
        {['Events', 'Alerts', 'Latency'].map((title) => (
          <Card key={title} title={title}>
            <Skeleton rows={4} />
          </Card>
        ))}
      </div>
    )
  if (series.data === undefined) return <Card title="Charts">{<Failed error={series.error} retry={() => void series.refetch()} />}</Card>
  const [eventTimes, eventValues] = joinSeries(series.data.ingestion_rate, live, (point) => point.ingestion_rate)
  const alerts = series.data.alerts_generated
  const latency = series.data.normalization_latency
  return (
    <div className="grid grid-cols-3 gap-4 max-xl:grid-cols-1">
      <Card title="Events" aside="last hour">
        <Chart
          label="Events per second over the last hour"
          unit="/s"
          {...reach}
          times={eventTimes}
          series={[{ name: 'Stored', colour: '--chart-1', values: eventValues, fill: true }]}
        />
      </Card>
      <Card title="Alerts" aside="per minute, last hour">
        <Chart
          label="Alerts per minute over the last hour"
          unit="/min"
          {...reach}
          times={alerts.map((point) => Date.parse(point.timestamp) / 1000)}
          series={[{ name: 'New', colour: '--chart-2', values: alerts.map((point) => point.value), bars: true }]}
        />
      </Card>
      <Card title="Normalise latency" aside="last hour">
        <Chart
          label="Normalisation latency over the last hour"
          unit="ms"
          {...reach}
          times={latency.map((point) => Date.parse(point.timestamp) / 1000)}
          series={[
            { name: 'p50', colour: '--chart-1', values: latency.map((point) => point.p50) },
            { name: 'p95', colour: '--chart-3', values: latency.map((point) => point.p95) },
            { name: 'p99', colour: '--chart-2', values: latency.map((point) => point.p99) },
          ]}
        />
      </Card>
    </div>
  )
}

function Bars({ rows }: { rows: readonly { key: string; name: ReactNode; value: number; link: LinkProps }[] }) {
  const most = Math.max(1, ...rows.map((row) => row.value))
  return (
    <ul className="py-1.5">
      {rows.map((row) => (
        <li key={row.key}>
          <Link {...row.link} className="grid grid-cols-[minmax(0,1fr)_30%_52px] items-center gap-4 px-4 py-1.5 hover:bg-hover">
            <span className="truncate">{row.name}</span>
            <span className="h-1.5 overflow-hidden rounded-full bg-hover">
              <span className="block h-full rounded-full" style={{ width: `${(row.value / most) * 100}%`, background: 'var(--chart-1)' }} />
            </span>
            <span className="text-right font-semibold">{formatCompact(row.value)}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function TopRules() {
  const metrics = useQuery(detectionMetricsQuery)
  return (
    <Card title="Noisiest rules" aside="alerts in 24 h" flush>
      {metrics.isPending ? (
        <Skeleton rows={5} />
      ) : metrics.data === undefined ? (
        <Failed error={metrics.error} retry={() => void metrics.refetch()} />
      ) : metrics.data.top_alerting_rules.length === 0 ? (
        <NothingYet title="No alerts in 24 hours">{`${metrics.data.rules_enabled} of ${metrics.data.rules_loaded} rules are watching.`}</NothingYet>
      ) : (
        <Bars
          rows={metrics.data.top_alerting_rules.slice(0, 8).map((rule) => ({
            key: rule.rule_id,
            name: rule.title,
            value: rule.alerts_last_24h,
            link: { to: '/alerts', search: { rule: rule.rule_id, status: 'any', range: '24h' } },
          }))}
        />
      )}
    </Card>
  )
}

function Tactics() {
  const metrics = useQuery(detectionMetricsQuery)
  const tactics = Object.entries(metrics.data?.alerts_by_tactic ?? {}).sort(([, a], [, b]) => b - a)
  return (
    <Card title="ATT&CK tactics" aside="alerts by tactic" flush>
      {metrics.isPending ? (
        <Skeleton rows={5} />
      ) : metrics.data === undefined ? (
        <Failed error={metrics.error} retry={() => void metrics.refetch()} />
      ) : tactics.length === 0 ? (
        <NothingYet title="No tactic seen">Alerts name the tactics their rules are tagged with.</NothingYet>
      ) : (
        <Bars
          rows={tactics
            .slice(0, 8)
            .map(([tactic, count]) => ({ key: tactic, name: humanize(tactic), value: count, link: { to: '/rules', search: { tactic } } }))}
        />
      )}
    </Card>
  )
}
