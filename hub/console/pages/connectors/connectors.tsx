import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { connectorsQuery, sensorsQuery } from '../../api/queries.ts'
import { Ago } from '../../components/ago.tsx'
import { ConnectorState } from '../../components/badges.tsx'
import { Button, buttonClass } from '../../components/button.tsx'
import { OneSelect } from '../../components/filters.tsx'
import { Page } from '../../components/page.tsx'
import { Failed, NoMatch, NothingYet, Skeleton } from '../../components/states.tsx'
import { formatBytes, formatCompact, formatRate, humanize } from '../../format.ts'

const route = getRouteApi('/app/connectors')
const STATES = [
  ['any', 'Any'],
  ['healthy', 'Healthy'],
  ['degraded', 'Degraded'],
  ['unhealthy', 'Unhealthy'],
  ['unknown', 'Not known yet'],
  ['disabled', 'Disabled'],
] as const

export function Connectors() {
  const { status } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(connectorsQuery)
  const sensors = useQuery(sensorsQuery).data?.sensors ?? []
  const sensorName = (id: string | null) => sensors.find((sensor) => sensor.id === id)?.name
  const all = query.data?.connectors ?? []
  const rows = status ? all.filter((connector) => connector.status === status) : all
  return (
    <Page
      title="Connectors"
      lead="Each one is a source on one of your sensors."
      actions={
        <Link to="/connectors/new" className={buttonClass('primary')}>
          <Plus /> New connector
        </Link>
      }
    >
      {query.isPending ? (
        <div className="card">
          <Skeleton rows={6} />
        </div>
      ) : query.data === undefined ? (
        <div className="card">
          <Failed error={query.error} retry={() => void query.refetch()} />
        </div>
      ) : all.length === 0 ? (
        <div className="card">
          <NothingYet
            title="No connectors yet"
            action={
              <Link to="/connectors/new" className={buttonClass('primary')}>
                <Plus /> Set up the first one
              </Link>
            }
          >
            A connector tells a sensor what to collect: syslog, log files, or events pushed over HTTP.
          </NothingYet>
        </div>
      ) : (
        <>
          <div className="mb-3 flex gap-2">
            <OneSelect
              label="Status"
              value={status ?? 'any'}
              choices={STATES.map(([value, name]) => ({ value, name }))}
              onChange={(next) => void navigate({ search: next === 'any' ? {} : { status: next } })}
            />
          </div>
          <div className="card overflow-x-auto">
            {rows.length === 0 ? (
              <NoMatch what="connectors" actions={<Button onClick={() => void navigate({ search: {} })}>Show all</Button>} />
            ) : (
              <table className="data-table min-w-[860px]">
                <thead>
                  <tr>
                    <th scope="col">Connector</th>
                    <th scope="col">Status</th>
                    <th scope="col">Sensor</th>
                    <th scope="col" className="num">
                      Events/s
                    </th>
                    <th scope="col" className="num">
                      Received
                    </th>
                    <th scope="col" className="num">
                      Failed
                    </th>
                    <th scope="col" className="num">
                      Volume
                    </th>
                    <th scope="col">Last event</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((connector) => (
                    <tr key={connector.id}>
                      <td>
                        <Link
                          to="/connectors/$connectorId"
                          params={{ connectorId: connector.id }}
                          className="font-medium hover:text-accent hover:underline"
                        >
                          {connector.name}
                        </Link>
                        <span className="block text-xs text-ink-3">{humanize(connector.type)}</span>
                      </td>
                      <td>
                        <ConnectorState status={connector.status} />
                        {connector.health.message && (
                          <span className="block max-w-96 truncate text-xs text-ink-2" title={connector.health.message}>
                            {connector.health.message}
                          </span>
                        )}
                      </td>
                      <td>{sensorName(connector.sensor_id) ?? <span className="text-ink-3">none</span>}</td>
                      <td className="num">{formatRate(connector.stats.events_per_second)}</td>
                      <td className="num">{formatCompact(connector.stats.events_received_total)}</td>
                      <td className={`num ${connector.stats.events_failed_total > 0 ? 'font-medium text-critical' : 'text-ink-3'}`}>
                        {formatCompact(connector.stats.events_failed_total)}
                      </td>
                      <td className="num">{formatBytes(connector.stats.bytes_received_total)}</td>
                      <td>
                        <Ago at={connector.stats.last_event_at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </div>
        </>
      )}
    </Page>
  )
}
