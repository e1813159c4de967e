import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Ban, Pencil } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { connectorsQuery, sensorQuery } from '../../api/queries.ts'
import type { Sensor } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { ConnectorState, PackState, SensorState } from '../../components/badges.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Card, Facts, Page } from '../../components/page.tsx'
import { Failed, FormError, NothingYet, Skeleton } from '../../components/states.tsx'
import { formatBytes, formatDuration, formatInstant, formatInteger, formatPercent, formatRate } from '../../format.ts'
import { Meter } from './sensors.tsx'

const route = getRouteApi('/app/sensors/$sensorId')

export function SensorPage() {
  const { sensorId } = route.useParams()
  const query = useQuery(sensorQuery(sensorId))
  if (query.data) return <Shown sensor={query.data} />
  return <Page title="Sensor">{query.isPending ? <Skeleton rows={8} /> : <Failed error={query.error} retry={() => void query.refetch()} />}</Page>
}

function Shown({ sensor }: { sensor: Sensor }) {
  const queries = useQueryClient()
  const connectors = useQuery(connectorsQuery).data?.connectors.filter((each) => each.sensor_id === sensor.id)
  const [revoking, setRevoking] = useState(false)
  const [renaming, setRenaming] = useState(false)
  const { pack, buffer, process, ledger } = sensor
  const unreported = <p className="text-ink-2">Nothing reported yet. Figures come with the sensor's first heartbeat.</p>
  return (
    <Page
      title={sensor.name}
      lead={
        <span className="flex flex-wrap items-center gap-x-3">
          <SensorState status={sensor.status} />
          <span>
            last seen <Ago at={sensor.last_seen_at} />
          </span>
        </span>
      }
      actions={
        <>
          <Button onClick={() => setRenaming(true)}>
            <Pencil /> Rename
          </Button>
          {sensor.status !== 'revoked' && (
            <Button look="danger" onClick={() => setRevoking(true)}>
              <Ban /> Revoke
            </Button>
          )}
        </>
      }
    >
      {pack.state === 'refused' && (
        <div role="alert" className="mb-4 rounded-lg border border-critical/50 bg-critical-soft px-4 py-3 text-critical">
          <p className="font-semibold">
            The sensor refused pack {pack.offered_version}: {pack.reason}
          </p>
          <p className="mt-0.5">
            {pack.detail} It goes on collecting with pack {pack.running_version ?? 'none'}.
          </p>
        </div>
      )}
      <div className="grid grid-cols-2 gap-4 max-lg:grid-cols-1">
        <Card title="Machine">
          <Facts
            facts={[
              ['Host name', sensor.hostname ?? '–'],
              ['System', [sensor.os, sensor.arch].filter(Boolean).join(', ') || '–'],
              ['Addresses', sensor.addresses.join(', ') || '–'],
              ['Sensor version', sensor.version ?? '–'],
              ['Memory', formatBytes(process?.rss_bytes)],
              ['CPU', process ? `${formatRate(process.cpu_percent)} %` : '–'],
              ['Running for', formatDuration(process?.uptime_seconds)],
            ]}
          />
        </Card>
        <Card title="Pack" aside={<PackState state={pack.state} />}>
          <Facts
            facts={[
              ['Running', pack.running_version ?? 'none'],
              ['Offered', pack.offered_version ?? 'none'],
              ['Reported', <Ago key="r" at={pack.reported_at} />],
              ['Enrolled', formatInstant(sensor.enrolled_at)],
              ['Certificate until', formatInstant(sensor.certificate_not_after)],
              [
                'Id',
                <code key="i" className="font-mono text-xs">
                  {sensor.id}
                </code>,
              ],
            ]}
          />
        </Card>
        <Card title="Ledger" aside="every event the sensor took in">
          {ledger ? (
            <>
              <Facts
                facts={[
                  ['Kept', formatInteger(ledger.received)],
                  ['Delivered', formatInteger(ledger.delivered)],
                  [
                    'Filtered out',
                    `${formatInteger(ledger.filtered)}${ledger.filtered > 0 ? ` (${formatPercent(ledger.filtered / (ledger.received + ledger.filtered))} of all)` : ''}`,
                  ],
                  [
                    'Lost',
                    <span key="l" className={ledger.lost > 0 ? 'font-semibold text-critical' : ''}>
                      {formatInteger(ledger.lost)}
                    </span>,
                  ],
                ]}
              />
              {ledger.lost > 0 && <p className="mt-3 text-ink-2">Lost events were dropped because the buffer was full; each gap is recorded.</p>}
            </>
          ) : (
            unreported
          )}
        </Card>
        <Card title="Buffer" aside="kept on the sensor's disk">
          {buffer ? (
            <Facts
              facts={[
                ['Waiting', `${formatInteger(buffer.events)} events`],
                ['Used', <Meter key="u" value={buffer.bytes} limit={buffer.limit_bytes} />],
                ['Limit', formatBytes(buffer.limit_bytes)],
                ['Oldest', buffer.oldest_at ? <Ago key="o" at={buffer.oldest_at} /> : 'empty'],
              ]}
            />
          ) : (
            unreported
          )}
        </Card>
      </div>
      <Card title="Connectors" className="mt-4" flush>
        {connectors === undefined ? (
          <Skeleton rows={3} />
        ) : connectors.length === 0 ? (
          <NothingYet
            title="No connectors run here"
            action={
              <Link to="/connectors/new" className="text-accent hover:underline">
                Set one up
              </Link>
            }
          >
            Without one this sensor collects nothing.
          </NothingYet>
        ) : (
          <table className="data-table">
            <thead>
              <tr>
                <th scope="col">Connector</th>
                <th scope="col">Status</th>
                <th scope="col" className="num">
                  Events/s
                </th>
                <th scope="col">Last event</th>
              </tr>
            </thead>
            <tbody>
              {connectors.map((each) => (
                <tr key={each.id}>
                  <td>
                    <Link to="/connectors/$connectorId" params={{ connectorId: each.id }} className="font-medium hover:text-accent hover:underline">
                      {each.name}
                    </Link>
                  </td>
                  <td>
                    <ConnectorState status={each.status} />
                  </td>
                  <td className="num">{formatRate(each.stats.events_per_second)}</td>
                  <td>
                    <Ago at={each.stats.last_event_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
      <ConfirmDialog
        open={revoking}
        onClose={() => setRevoking(false)}
        title={`Revoke ${sensor.name}?`}
        verb="Revoke sensor"
        act={async () => {
          await api('DELETE', `/sensors/${sensor.id}`)
          await queries.invalidateQueries({ queryKey: ['sensors'] })
        }}
      >
        Its connection ends now and its certificate is refused from now on.{' '}
        {buffer && buffer.events > 0
          ? `${formatInteger(buffer.events)} events waiting on it will not arrive.`
          : 'It has nothing waiting that would be lost.'}{' '}
        To use the machine again, enrol it anew.
      </ConfirmDialog>
      <Rename sensor={sensor} open={renaming} onClose={() => setRenaming(false)} />
    </Page>
  )
}

function Rename({ sensor, open, onClose }: { sensor: Sensor; open: boolean; onClose: () => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState(sensor.name)
  const [error, setError] = useState<unknown>()
  const save = async () => {
    try {
      await api('PATCH', `/sensors/${sensor.id}`, { body: { name: name.trim() } })
      await queries.invalidateQueries({ queryKey: ['sensors'] })
      onClose()
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <Dialog open={open} onClose={onClose} title="Rename sensor">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Field label="Name">
          {(control) => (
            <input {...control} className="control" required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <FormError error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
