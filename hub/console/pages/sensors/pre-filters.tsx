import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { filtersQuery } from '../../api/queries.ts'
import type { PreFilter, PreFilterWrite } from '../../api/types.ts'
import { Ago } from '../../components/ago.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { Field, Switch } from '../../components/field.tsx'
import { Failed, FormError, NothingYet, Skeleton } from '../../components/states.tsx'
import { useSay } from '../../components/toasts.tsx'
import { formatCompact, formatPercent } from '../../format.ts'

const ACTIONS = {
  drop: ['Drop', 'Matching events go no further.'],
  keep: ['Keep only', 'Once one such filter is enabled, only events that match one of them pass.'],
  sample: ['Sample', 'One in so many of the matching events passes.'],
} as const

const writable = ({ name, enabled, action, one_in, detection, logsource }: PreFilter): PreFilterWrite => ({
  name,
  enabled,
  action,
  ...(one_in !== null && { one_in }),
  detection,
  logsource,
})

/** What sensors leave out before sending, each with its counters. A change is in force on a connected sensor within seconds. */
export function PreFilters() {
  const query = useQuery(filtersQuery)
  const queries = useQueryClient()
  const say = useSay()
  const [editing, setEditing] = useState<PreFilter | 'new'>()
  const [deleting, setDeleting] = useState<PreFilter>()
  const toggle = async (filter: PreFilter, enabled: boolean) => {
    try {
      await api('PUT', `/filters/${filter.id}`, { body: { ...writable(filter), enabled } })
      await queries.invalidateQueries({ queryKey: ['filters'] })
      say(`${filter.name} is ${enabled ? 'on' : 'off'}; sensors are told now`)
    } catch (error) {
      say(`Not saved: ${error instanceof Error ? error.message : 'unknown failure'}`, { tone: 'bad' })
    }
  }
  return (
    <>
      <div className="mb-3 flex items-center justify-between gap-4">
        <p className="text-ink-2">Decided at the sensor, before an event is sent. What is dropped here is never stored or judged by rules.</p>
        <Button onClick={() => setEditing('new')} data-testid="new-filter">
          <Plus /> New filter
        </Button>
      </div>
      <div className="card overflow-x-auto">
        {query.isPending ? (
          <Skeleton rows={4} />
        ) : query.data === undefined ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : query.data.filters.length === 0 ? (
          <NothingYet title="No pre-filters" action={<Button onClick={() => setEditing('new')}>Write one</Button>}>
            Sensors send everything they collect.
          </NothingYet>
        ) : (
          <table className="data-table min-w-[820px]">
            <thead>
              <tr>
                <th scope="col">Filter</th>
                <th scope="col">Action</th>
                <th scope="col">Log source</th>
                <th scope="col" className="num">
                  Looked at
                </th>
                <th scope="col" className="num">
                  Hits
                </th>
                <th scope="col" className="num">
                  Share
                </th>
                <th scope="col">Changed</th>
                <th scope="col">Enabled</th>
                <th scope="col">
                  <span className="sr-only">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {query.data.filters.map((filter) => (
                <tr key={filter.id}>
                  <td className="font-medium">{filter.name}</td>
                  <td>{filter.action === 'sample' ? `1 in ${filter.one_in}` : ACTIONS[filter.action][0]}</td>
                  <td className="text-ink-2">{Object.values(filter.logsource).filter(Boolean).join(' / ') || 'any'}</td>
                  <td className="num">{formatCompact(filter.stats.checked_total)}</td>
                  <td className="num">{formatCompact(filter.stats.hit_total)}</td>
                  <td className="num">
                    {filter.stats.checked_total === 0 ? '–' : formatPercent(filter.stats.hit_total / filter.stats.checked_total)}
                  </td>
                  <td>
                    <Ago at={filter.updated_at} />
                  </td>
                  <td>
                    <Switch checked={filter.enabled} onChange={(enabled) => void toggle(filter, enabled)} label={`${filter.name} enabled`} />
                  </td>
                  <td className="num whitespace-nowrap">
                    <IconButton label={`Edit ${filter.name}`} onClick={() => setEditing(filter)}>
                      <Pencil />
                    </IconButton>
                    <IconButton label={`Delete ${filter.name}`} onClick={() => setDeleting(filter)}>
                      <Trash2 />
                    </IconButton>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      <Dialog
        open={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === 'new' ? 'New pre-filter' : 'Edit pre-filter'}
        wide
      >
        {editing !== undefined && <FilterForm filter={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />}
      </Dialog>
      <ConfirmDialog
        open={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete ${deleting?.name}?`}
        verb="Delete filter"
        act={async () => {
          if (deleting) await api('DELETE', `/filters/${deleting.id}`)
          await queries.invalidateQueries({ queryKey: ['filters'] })
        }}
      >
        Sensors stop applying it within seconds, and events it held back are sent again from then on. Its counters are lost.
      </ConfirmDialog>
    </>
  )
}

const SAMPLE = `{
  "selection": { "process.name": "cron" },
  "condition": "selection"
}`

function FilterForm({ filter, onClose }: { filter: PreFilter | undefined; onClose: () => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState(filter?.name ?? '')
  const [action, setAction] = useState<PreFilter['action']>(filter?.action ?? 'drop')
  const [oneIn, setOneIn] = useState(String(filter?.one_in ?? 10))
  const [detection, setDetection] = useState(filter ? JSON.stringify(filter.detection, null, 2) : SAMPLE)
  const [logsource, setLogsource] = useState(filter?.logsource ?? {})
  const [problem, setProblem] = useState<string>()
  const [error, setError] = useState<unknown>()
  const save = async () => {
    let parsed: Record<string, unknown>
    try {
      parsed = JSON.parse(detection) as Record<string, unknown>
      setProblem(undefined)
    } catch (failure) {
      return setProblem(failure instanceof Error ? failure.message : 'This is not JSON.')
    }
    const source = Object.fromEntries(Object.entries(logsource).filter(([, value]) => value))
    const body: PreFilterWrite = {
      name: name.trim(),
      enabled: filter?.enabled ?? true,
      action,
      ...(action === 'sample' && { one_in: Number(oneIn) }),
      detection: parsed,
      logsource: source,
    }
    try {
      await (filter ? api('PUT', `/filters/${filter.id}`, { body }) : api('POST', '/filters', { body }))
      await queries.invalidateQueries({ queryKey: ['filters'] })
      onClose()
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className={`grid gap-4 max-sm:grid-cols-1 ${action === 'sample' ? 'grid-cols-[1fr_150px_100px]' : 'grid-cols-[1fr_150px]'}`}>
        <Field label="Name">
          {(control) => (
            <input
              {...control}
              className="control"
              name="name"
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Action">
          {(control) => (
            <select
              {...control}
              className="control"
              name="action"
              value={action}
              onChange={(event) => setAction(event.target.value as PreFilter['action'])}
            >
              {(['drop', 'keep', 'sample'] as const).map((each) => (
                <option key={each} value={each}>
                  {ACTIONS[each][0]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {action === 'sample' && (
          <Field label="One in">
            {(control) => (
              <input
                {...control}
                className="control"
                type="number"
                min={2}
                max={1_000_000}
                value={oneIn}
                onChange={(event) => setOneIn(event.target.value)}
              />
            )}
          </Field>
        )}
      </div>
      <p className="-mt-2 text-xs text-ink-3">{ACTIONS[action][1]}</p>
      <div className="grid grid-cols-3 gap-4 max-sm:grid-cols-1">
        {(['product', 'service', 'category'] as const).map((key) => (
          <Field key={key} label={key.charAt(0).toUpperCase() + key.slice(1)} optional>
            {(control) => (
              <input
                {...control}
                className="control"
                placeholder="any"
                value={logsource[key] ?? ''}
                onChange={(event) => setLogsource((before) => ({ ...before, [key]: event.target.value }))}
              />
            )}
          </Field>
        ))}
      </div>
      <Field label="Detection" hint="As in a Sigma rule's detection section: named selections over event fields, and a condition." error={problem}>
        {(control) => (
          <textarea
            {...control}
            className="control min-h-44 font-mono text-xs"
            name="detection"
            spellCheck={false}
            value={detection}
            onChange={(event) => setDetection(event.target.value)}
          />
        )}
      </Field>
      <FormError error={error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" data-testid="save-filter">
          Save
        </Button>
      </div>
    </form>
  )
}
