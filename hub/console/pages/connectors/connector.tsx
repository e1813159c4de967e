import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FlaskConical, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { connectorHealthQuery, connectorMetricsQuery, connectorQuery, sensorsQuery, seriesStepSeconds } from '../../api/queries.ts'
import type { Connector, ConnectorHealth, ConnectorTestResult } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { ConnectorState } from '../../components/badges.tsx'
import { Button, buttonClass } from '../../components/button.tsx'
import { Chart } from '../../components/chart.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { Card, Facts, Page } from '../../components/page.tsx'
import { Failed, FormError, Skeleton } from '../../components/states.tsx'
import { useSay } from '../../components/toasts.tsx'
import { formatBytes, formatInstant, formatInteger, formatRate, humanize } from '../../format.ts'
import { Checks } from './checks.tsx'

const route = getRouteApi('/app/connectors/$connectorId')

export function ConnectorPage() {
  const { connectorId } = route.useParams()
  const query = useQuery(connectorQuery(connectorId))
  if (query.data) return <Shown connector={query.data} />
  return <Page title="Connector">{query.isPending ? <Skeleton rows={8} /> : <Failed error={query.error} retry={() => void query.refetch()} />}</Page>
}

const reach = { hours: 6, stepSeconds: seriesStepSeconds(6) }

function Shown({ connector }: { connector: Connector }) {
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const say = useSay()
  const health = useQuery(connectorHealthQuery(connector.id))
  const metrics = useQuery(connectorMetricsQuery(connector.id, reach.hours))
  const sensor = useQuery(sensorsQuery).data?.sensors.find((each) => each.id === connector.sensor_id)
  const [deleting, setDeleting] = useState(false)
  const [test, setTest] = useState<{ busy: boolean; result?: ConnectorTestResult; error?: unknown }>({ busy: false })

  const runTest = async () => {
    setTest({ busy: true })
    try {
      setTest({ busy: false, result: await api<ConnectorTestResult>('POST', `/connectors/${connector.id}/test`, { body: {} }) })
    } catch (error) {
      setTest({ busy: false, error })
    }
  }
  const setEnabled = async (enabled: boolean) => {
    try {
      await api('PUT', `/connectors/${connector.id}`, { body: { enabled } })
      await queries.invalidateQueries({ queryKey: ['connectors'] })
      say(enabled ? 'Enabled; the sensor is told now' : 'Disabled; the sensor is told now')
    } catch (error) {
      say(`Not saved: ${error instanceof Error ? error.message : 'unknown failure'}`, { tone: 'bad' })
    }
  }

  const points = metrics.data?.metrics
  return (
    <Page
      title={connector.name}
      lead={
        <span className="flex flex-wrap items-center gap-x-3">
          <ConnectorState status={connector.status} /> {connector.health.message}
        </span>
      }
      actions={
        <>
          <Button busy={test.busy} onClick={() => void runTest()}>
            <FlaskConical /> {test.busy ? 'Testing…' : 'Test'}
          </Button>
          <Button onClick={() => void setEnabled(!connector.enabled)}>{connector.enabled ? 'Disable' : 'Enable'}</Button>
          <Link to="/connectors/$connectorId/edit" params={{ connectorId: connector.id }} className={buttonClass()}>
            <Pencil /> Edit
          </Link>
          <Button look="danger" onClick={() => setDeleting(true)}>
            <Trash2 /> Delete
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-3 items-start gap-4 max-xl:grid-cols-1">
        <div className="col-span-2 flex flex-col gap-4 max-xl:col-span-1">
          {(test.result || test.error !== undefined) && (
            <Card title="Test result" aside="tried just now on the sensor; nothing was kept" flush>
              {test.result ? <Checks checks={test.result.checks} /> : <div className="p-4">{<FormError error={test.error} />}</div>}
            </Card>
          )}
          <Card
            title="Checks"
            aside={
              health.data?.last_check ? (
                <>
                  checked <Ago at={health.data.last_check} />
                </>
              ) : (
                'no check yet'
              )
            }
            flush
          >
            {health.data ? (
              <>
                <Checks checks={health.data.checks} />
                <History history={health.data.history} />
              </>
            ) : health.isPending ? (
              <Skeleton rows={3} />
            ) : (
              <Failed error={health.error} retry={() => void health.refetch()} />
            )}
          </Card>
          <Card title="Throughput" aside="last 6 hours">
            {points ? (
              <Chart
                label="Events per second over the last six hours"
                unit="/s"
                {...reach}
                height={190}
                times={points.throughput_eps.map((point) => Date.parse(point.timestamp) / 1000)}
                series={[{ name: 'Events', colour: '--chart-1', values: points.throughput_eps.map((point) => point.value), fill: true }]}
              />
            ) : metrics.isPending ? (
              <Skeleton rows={4} />
            ) : (
              <Failed error={metrics.error} retry={() => void metrics.refetch()} />
            )}
          </Card>
        </div>
        <div className="flex flex-col gap-4">
          <Card title="Facts">
            <Facts
              facts={[
                ['Type', humanize(connector.type)],
                [
                  'Sensor',
                  sensor ? (
                    <Link key="s" to="/sensors/$sensorId" params={{ sensorId: sensor.id }} className="text-accent hover:underline">
                      {sensor.name}
                    </Link>
                  ) : (
                    'none'
                  ),
                ],
                ['Events per second', formatRate(connector.stats.events_per_second)],
                ['Received', formatInteger(connector.stats.events_received_total)],
                ['Failed', formatInteger(connector.stats.events_failed_total)],
                ['Volume', formatBytes(connector.stats.bytes_received_total)],
                ['Last event', <Ago key="l" at={connector.stats.last_event_at} />],
                ['Failed checks in a row', formatInteger(connector.health.consecutive_failures)],
                ['Created', formatInstant(connector.created_at)],
                ['Changed', formatInstant(connector.updated_at)],
              ]}
            />
          </Card>
          <Card title="Settings" aside="secrets are never shown">
            <Facts facts={configFacts(connector.config)} />
          </Card>
        </div>
      </div>
      <ConfirmDialog
        open={deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${connector.name}?`}
        verb="Delete connector"
        act={async () => {
          await api('DELETE', `/connectors/${connector.id}`)
          queries.removeQueries({ queryKey: ['connectors', 'one', connector.id] })
          await navigate({ to: '/connectors' })
          await queries.invalidateQueries({ queryKey: ['connectors', 'list'] })
          say(`${connector.name} is deleted`)
        }}
      >
        {sensor ? `${sensor.name} stops collecting from it at once.` : 'It is not running on any sensor.'} Events already stored stay. This cannot be
        taken back.
      </ConfirmDialog>
    </Page>
  )
}

function configFacts(config: Connector['config']): [string, React.ReactNode][] {
  return Object.entries(config).map(([key, value]) => {
    if (key.endsWith('_set'))
      return [
        humanize(key.slice(0, -4)),
        value === true ? (
          'stored'
        ) : (
          <span key={key} className="text-ink-3">
            not set
          </span>
        ),
      ]
    const text = Array.isArray(value) ? value.join('\n') : typeof value === 'object' ? JSON.stringify(value) : String(value)
    return [
      humanize(key),
      <span key={key} className="font-mono text-xs whitespace-pre-line">
        {text.length > 300 ? `${text.slice(0, 60)}…` : text}
      </span>,
    ]
  })
}

const HISTORY_COLOURS: Readonly<Record<string, string>> = {
  healthy: 'var(--good)',
  degraded: 'var(--medium)',
  unhealthy: 'var(--critical)',
}

/** Past checks as a strip, oldest at the left; unhealthy ones are also taller. */
function History({ history }: { history: ConnectorHealth['history'] }) {
  if (history.length === 0) return null
  const past = [...history].sort((a, b) => a.timestamp.localeCompare(b.timestamp)).slice(-96)
  const bad = past.filter((entry) => entry.status === 'unhealthy').length
  return (
    <div className="border-t border-line px-4 py-3">
      <p className="mb-1.5 text-xs text-ink-3">
        {past.length === 1 ? 'One check' : `${past.length} checks`} kept since {formatInstant(past[0]?.timestamp)}, {bad === 0 ? 'none' : bad}{' '}
        unhealthy
      </p>
      <div className="flex h-7 items-end gap-0.5" role="img" aria-label={`${past.length} past checks, ${bad} unhealthy`}>
        {past.map((entry) => (
          <span
            key={entry.timestamp}
            title={`${formatInstant(entry.timestamp)}: ${entry.status}`}
            className="max-w-3 min-w-0.5 flex-1 rounded-sm"
            style={{
              background: HISTORY_COLOURS[entry.status] ?? 'var(--line-strong)',
              height: entry.status === 'unhealthy' ? '100%' : entry.status === 'degraded' ? '80%' : '60%',
            }}
          />
        ))}
      </div>
    </div>
  )
}
