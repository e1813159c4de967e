import { Tab, TabList, TabPanel, TabProvider } from '@ariakit/react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { filtersQuery, sensorsQuery } from '../../api/queries.ts'
import type { Sensor } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { PackState, SensorState } from '../../components/badges.tsx'
import { Button } from '../../components/button.tsx'
import { OneSelect } from '../../components/filters.tsx'
import { Page } from '../../components/page.tsx'
import { Failed, NoMatch, NothingYet, Skeleton } from '../../components/states.tsx'
import { formatBytes, formatCompact } from '../../format.ts'
import { AddSensor } from './add-sensor.tsx'
import { PreFilters } from './pre-filters.tsx'

const route = getRouteApi('/app/sensors')
const STATES = [
  ['any', 'Any'],
  ['online', 'Online'],
  ['offline', 'Offline'],
  ['never_connected', 'Never connected'],
  ['revoked', 'Revoked'],
] as const
const tabLook =
  '-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent text-ink-2 hover:text-ink aria-selected:border-accent aria-selected:font-semibold aria-selected:text-ink'

export function Sensors() {
  const { tab, status } = route.useSearch()
  const navigate = route.useNavigate()
  const [adding, setAdding] = useState(false)
  const query = useQuery(sensorsQuery)
  const filters = useQuery(filtersQuery)
  return (
    <Page
      title="Sensors"
      actions={
        <Button look="primary" data-testid="add-sensor" onClick={() => setAdding(true)}>
          <Plus /> Add sensor
        </Button>
      }
    >
      <TabProvider selectedId={tab ?? 'fleet'} setSelectedId={(next) => void navigate({ search: next === 'filters' ? { tab: 'filters' } : {} })}>
        <TabList aria-label="Sensors" className="mb-4 flex gap-5 border-b border-line">
          <Tab id="fleet" className={tabLook}>
            Fleet <span className="text-ink-3">{query.data?.sensors.length}</span>
          </Tab>
          <Tab id="filters" className={tabLook} data-testid="tab-filters">
            Pre-filters <span className="text-ink-3">{filters.data?.filters.length}</span>
          </Tab>
        </TabList>
        <TabPanel tabId="fleet" className="outline-none">
          {query.isPending ? (
            <div className="card">
              <Skeleton rows={5} />
            </div>
          ) : query.data === undefined ? (
            <div className="card">
              <Failed error={query.error} retry={() => void query.refetch()} />
            </div>
          ) : query.data.sensors.length === 0 ? (
            <div className="card">
              <NothingYet
                title="No sensors yet"
                action={
                  <Button look="primary" onClick={() => setAdding(true)}>
                    <Plus /> Add the first sensor
                  </Button>
                }
              >
                A sensor runs at your site, keeps every event until it is safely here, and needs no open port towards it from outside.
              </NothingYet>
            </div>
          ) : (
            <>
              <div className="mb-3">
                <OneSelect
                  label="Status"
                  value={status ?? 'any'}
                  choices={STATES.map(([value, name]) => ({ value, name }))}
                  onChange={(next) => void navigate({ search: next === 'any' ? {} : { status: next } })}
                />
              </div>
              <Fleet
                sensors={status ? query.data.sensors.filter((sensor) => sensor.status === status) : query.data.sensors}
                showAll={() => void navigate({ search: {} })}
              />
            </>
          )}
        </TabPanel>
        <TabPanel tabId="filters" className="outline-none">
          <PreFilters />
        </TabPanel>
      </TabProvider>
      <AddSensor open={adding} onClose={() => setAdding(false)} />
    </Page>
  )
}

function Fleet({ sensors, showAll }: { sensors: readonly Sensor[]; showAll: () => void }) {
  if (sensors.length === 0)
    return (
      <div className="card">
        <NoMatch what="sensors" actions={<Button onClick={showAll}>Show all</Button>} />
      </div>
    )
  return (
    <div className="card overflow-x-auto">
      <table className="data-table min-w-[1080px]">
        <thead>
          <tr>
            <th scope="col">Sensor</th>
            <th scope="col">Status</th>
            <th scope="col">Pack</th>
            <th scope="col">Version</th>
            <th scope="col" className="num">
              Connectors
            </th>
            <th scope="col" className="num">
              Waiting
            </th>
            <th scope="col">Buffer</th>
            <th scope="col" className="num">
              Memory
            </th>
            <th scope="col" className="num">
              Lost
            </th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {sensors.map((sensor) => (
            <tr key={sensor.id}>
              <td>
                <Link to="/sensors/$sensorId" params={{ sensorId: sensor.id }} className="font-medium hover:text-accent hover:underline">
                  {sensor.name}
                </Link>
                <span className="block max-w-72 truncate text-xs text-ink-3">
                  {[sensor.hostname, sensor.os].filter(Boolean).join(' · ') || 'not reported yet'}
                </span>
              </td>
              <td>
                <SensorState status={sensor.status} />
              </td>
              <td>
                <PackState state={sensor.pack.state} />
                <span className="block max-w-60 truncate text-xs text-ink-3" title={sensor.pack.detail ?? sensor.pack.reason ?? undefined}>
                  {packLine(sensor.pack)}
                </span>
              </td>
              <td>{sensor.version ?? <span className="text-ink-3">–</span>}</td>
              <td className="num">{sensor.connectors}</td>
              <td className="num">{formatCompact(sensor.buffer?.events)}</td>
              <td>
                <Meter value={sensor.buffer?.bytes} limit={sensor.buffer?.limit_bytes} />
              </td>
              <td className="num">{formatBytes(sensor.process?.rss_bytes)}</td>
              <td className={`num ${(sensor.ledger?.lost ?? 0) > 0 ? 'font-medium text-critical' : 'text-ink-3'}`}>
                {formatCompact(sensor.ledger?.lost)}
              </td>
              <td>
                <Ago at={sensor.last_seen_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** “runs 7”, “runs 7, offered 8”, or why it was refused. */
export function packLine(pack: Sensor['pack']): string {
  const runs = pack.running_version === null ? 'runs none' : `runs ${pack.running_version}`
  if (pack.state === 'refused') return `${runs}, refused ${pack.offered_version ?? ''}: ${pack.reason ?? 'no reason given'}`
  return pack.offered_version !== null && pack.offered_version !== pack.running_version ? `${runs}, offered ${pack.offered_version}` : runs
}

export function Meter({ value, limit }: { value: number | undefined; limit: number | undefined }) {
  if (value === undefined || !limit) return <span className="text-ink-3">–</span>
  const share = Math.min(1, value / limit)
  return (
    <span className="inline-flex items-center gap-2" title={`${formatBytes(value)} of ${formatBytes(limit)}`}>
      <span className="h-1.5 w-16 overflow-hidden rounded-full bg-line" aria-hidden="true">
        <span
          className="block h-full rounded-full"
          style={{ width: `${share * 100}%`, background: share > 0.9 ? 'var(--critical)' : share > 0.6 ? 'var(--medium)' : 'var(--chart-1)' }}
        />
      </span>
      <span className="text-xs whitespace-nowrap text-ink-2">{formatBytes(value)}</span>
    </span>
  )
}
