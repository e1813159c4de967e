import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { useMemo, useState } from 'react'
import { ApiError, api } from '../../api/client.ts'
import { connectorQuery, connectorTypesQuery, sensorsQuery } from '../../api/queries.ts'
import type { Connector, ConnectorTestResult, ConnectorType, Sensor } from '../../api/types.ts'
import { Button, buttonClass } from '../../components/button.tsx'
import { Field, Switch } from '../../components/field.tsx'
import { OneSelect } from '../../components/filters.tsx'
import { Card, Page } from '../../components/page.tsx'
import { Failed, FormError, NothingYet, Skeleton } from '../../components/states.tsx'
import { useSay } from '../../components/toasts.tsx'
import { Checks } from './checks.tsx'
import { type ConfigField, configFields, type FormValues, initialValues, toConfig } from './config-form.ts'

const newRoute = getRouteApi('/app/connectors/new')
const editRoute = getRouteApi('/app/connectors/$connectorId/edit')

export function NewConnector() {
  const { type } = newRoute.useSearch()
  const navigate = newRoute.useNavigate()
  const types = useQuery(connectorTypesQuery)
  const sensors = useQuery(sensorsQuery)
  if (types.data === undefined || sensors.data === undefined)
    return (
      <Page title="New connector">
        {types.error || sensors.error ? <Failed error={types.error ?? sensors.error} retry={() => void types.refetch()} /> : <Skeleton rows={8} />}
      </Page>
    )
  const chosen = types.data.types.find((each) => each.type === type)
  const usable = sensors.data.sensors.filter((each) => each.status !== 'revoked')
  return (
    <Page title={chosen ? `New connector: ${chosen.title}` : 'New connector'} lead={chosen?.description ?? 'What should be collected?'}>
      {usable.length === 0 ? (
        <div className="card">
          <NothingYet
            title="A sensor first"
            action={
              <Link to="/sensors" className={buttonClass('primary')}>
                Add a sensor
              </Link>
            }
          >
            Connectors run on a sensor, and there is none yet.
          </NothingYet>
        </div>
      ) : chosen ? (
        <ConnectorForm key={chosen.type} type={chosen} sensors={usable} />
      ) : (
        <ul className="grid max-w-4xl grid-cols-3 gap-3 max-lg:grid-cols-1">
          {types.data.types.map((each) => (
            <li key={each.type}>
              <button
                type="button"
                onClick={() => void navigate({ search: { type: each.type } })}
                className="card flex h-full w-full flex-col p-4 text-left hover:border-accent hover:bg-hover"
              >
                <span className="block text-base font-semibold">{each.title}</span>
                <span className="mt-1 block text-ink-2">{each.description}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Page>
  )
}

export function EditConnector() {
  const { connectorId } = editRoute.useParams()
  const types = useQuery(connectorTypesQuery)
  const sensors = useQuery(sensorsQuery)
  // Once: a refresh in the background must not reset what is being typed.
  const connector = useQuery({ ...connectorQuery(connectorId), refetchInterval: false, refetchOnWindowFocus: false })
  const type = types.data?.types.find((each) => each.type === connector.data?.type)
  if (!connector.data || !type || !sensors.data)
    return (
      <Page title="Edit connector">
        {connector.error ? <Failed error={connector.error} retry={() => void connector.refetch()} /> : <Skeleton rows={8} />}
      </Page>
    )
  return (
    <Page title={`Edit ${connector.data.name}`} lead={type.description}>
      <ConnectorForm type={type} sensors={sensors.data.sensors.filter((each) => each.status !== 'revoked')} connector={connector.data} />
    </Page>
  )
}

function ConnectorForm({ type, sensors, connector }: { type: ConnectorType; sensors: readonly Sensor[]; connector?: Connector }) {
  // Certificates and keys last: they are long, and most connectors have none.
  const fields = useMemo(() => configFields(type.config_schema, type.secrets).sort((a, b) => Number(a.multiline) - Number(b.multiline)), [type])
  const [name, setName] = useState(connector?.name ?? '')
  const [enabled, setEnabled] = useState(connector?.enabled ?? true)
  const [sensorId, setSensorId] = useState(connector?.sensor_id ?? sensors[0]?.id ?? '')
  const [values, setValues] = useState<FormValues>(() => initialValues(fields, connector?.config))
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [saving, setSaving] = useState<{ busy: boolean; error?: unknown }>({ busy: false })
  const [test, setTest] = useState<{ busy: boolean; result?: ConnectorTestResult; error?: unknown }>({ busy: false })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const say = useSay()

  const checked = () => {
    const { config, problems: found } = toConfig(fields, values, connector?.config)
    const all = name.trim() === '' ? { ...found, name: 'A name is needed.' } : found
    setProblems(all)
    return Object.keys(found).length === 0 ? { config, named: name.trim() !== '' } : undefined
  }
  const runTest = async () => {
    const valid = checked()
    if (!valid) return
    setTest({ busy: true })
    try {
      const body = { type: type.type, sensor_id: sensorId, config: valid.config }
      setTest({ busy: false, result: await api<ConnectorTestResult>('POST', `/connectors/${connector?.id ?? 'new'}/test`, { body }) })
    } catch (error) {
      setTest({ busy: false, error })
    }
  }
  const save = async () => {
    const valid = checked()
    if (!valid?.named) return
    setSaving({ busy: true })
    try {
      const body = { name: name.trim(), enabled, sensor_id: sensorId, config: valid.config }
      const saved = connector
        ? await api<Connector>('PUT', `/connectors/${connector.id}`, { body })
        : await api<Connector>('POST', '/connectors', { body: { ...body, type: type.type } })
      await queries.invalidateQueries({ queryKey: ['connectors'] })
      say(`${name.trim()} is saved; the sensor is told now`)
      await navigate({ to: '/connectors/$connectorId', params: { connectorId: saved.id } })
    } catch (error) {
      if (error instanceof ApiError)
        setProblems(
          Object.fromEntries(
            error.errors.flatMap((each) => (each.field ? [[each.field.replace(/^config\./, ''), each.message ?? 'not accepted']] : [])),
          ),
        )
      setSaving({ busy: false, error })
    }
  }
  // What is being mended is no longer complained about.
  const mend = (key: string) => setProblems(({ [key]: _mended, ...others }) => others)
  const set = (key: string, value: string | boolean) => {
    setValues((before) => ({ ...before, [key]: value }))
    mend(key)
  }

  return (
    <form
      className="flex max-w-3xl flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Card>
        <div className="grid grid-cols-2 gap-4 max-sm:grid-cols-1">
          <Field label="Name" error={problems['name']}>
            {(control) => (
              <input
                {...control}
                className="control"
                name="name"
                maxLength={100}
                value={name}
                onChange={(event) => {
                  setName(event.target.value)
                  mend('name')
                }}
              />
            )}
          </Field>
          <div className="flex flex-col gap-1 [&>.control]:max-w-none [&>.control>span:first-child]:hidden [&>.control>span:nth-child(2)]:flex-1 [&>.control>span:nth-child(2)]:text-left">
            <span className="font-medium">Runs on</span>
            <OneSelect
              label="Sensor"
              value={sensorId}
              choices={sensors.map((sensor) => ({ value: sensor.id, name: sensor.name }))}
              onChange={setSensorId}
            />
          </div>
          <div className="col-span-2 flex items-center gap-2 max-sm:col-span-1">
            <span className="-ml-1">
              <Switch checked={enabled} onChange={setEnabled} label="Enabled" />
            </span>
            <span>{enabled ? 'Enabled: collecting starts when this is saved' : 'Disabled: saved, but not collecting'}</span>
          </div>
        </div>
      </Card>
      <Card title="Settings">
        <div className="grid grid-cols-2 gap-4 max-sm:grid-cols-1">
          {fields.map((field) => (
            <div key={field.key} className={field.multiline || field.kind === 'list' ? 'col-span-2 max-sm:col-span-1' : ''}>
              <ConfigInput
                field={field}
                value={values[field.key] ?? ''}
                stored={connector?.config[`${field.key}_set`] === true}
                error={problems[field.key]}
                onChange={(value) => set(field.key, value)}
              />
            </div>
          ))}
        </div>
      </Card>
      {(test.result || test.error !== undefined) && (
        <Card title="Test result" aside="tried on the sensor; nothing was kept" flush>
          {test.result ? <Checks checks={test.result.checks} /> : <div className="p-4">{<FormError error={test.error} />}</div>}
        </Card>
      )}
      <FormError error={saving.error} />
      <div className="flex items-center gap-2">
        <Button type="submit" look="primary" busy={saving.busy}>
          {saving.busy ? 'Saving…' : 'Save'}
        </Button>
        <Button busy={test.busy} onClick={() => void runTest()}>
          <FlaskConical /> {test.busy ? 'Testing on the sensor…' : 'Test before saving'}
        </Button>
        {connector ? (
          <Link to="/connectors/$connectorId" params={{ connectorId: connector.id }} className={buttonClass('quiet')}>
            Cancel
          </Link>
        ) : (
          <Link to="/connectors" className={buttonClass('quiet')}>
            Cancel
          </Link>
        )}
      </div>
    </form>
  )
}

function ConfigInput({
  field,
  value,
  stored,
  error,
  onChange,
}: {
  field: ConfigField
  value: string | boolean
  stored: boolean
  error: string | undefined
  onChange: (value: string | boolean) => void
}) {
  if (field.kind === 'boolean')
    return (
      <div className="flex items-center gap-2 pt-6">
        <Switch checked={value === true} onChange={onChange} label={field.label} />
        <span>{field.label}</span>
      </div>
    )
  const hint =
    field.kind === 'secret'
      ? stored
        ? 'Stored. Leave empty to keep it.'
        : (field.hint ?? 'Kept encrypted, never shown again.')
      : field.kind === 'list'
        ? 'One per line.'
        : field.hint
  return (
    <Field label={field.label} hint={hint} error={error} optional={!field.required}>
      {(control) => {
        const common = { ...control, name: field.key, value: String(value), spellCheck: false, autoComplete: 'off' }
        if (field.kind === 'choice')
          return (
            <select {...control} className="control" name={field.key} value={String(value)} onChange={(event) => onChange(event.target.value)}>
              {!field.required && field.fallback === undefined && <option value="">not set</option>}
              {field.choices.map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          )
        if (field.multiline || field.kind === 'list')
          return (
            <textarea
              {...common}
              className="control min-h-20 font-mono text-xs"
              placeholder={field.multiline ? (stored ? '•••••••• stored' : '-----BEGIN …') : ''}
              onChange={(event) => onChange(event.target.value)}
            />
          )
        return (
          <input
            {...common}
            className="control"
            type={field.kind === 'secret' ? 'password' : 'text'}
            autoComplete={field.kind === 'secret' ? 'new-password' : 'off'}
            inputMode={field.kind === 'integer' || field.kind === 'number' ? 'numeric' : undefined}
            placeholder={field.kind === 'secret' && stored ? '•••••••• stored' : ''}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }}
    </Field>
  )
}
