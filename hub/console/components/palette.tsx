import { Combobox, ComboboxItem, ComboboxList, ComboboxProvider, Dialog } from '@ariakit/react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { connectorsQuery, sensorsQuery } from '../api/queries.ts'
import { signOut } from '../api/session.ts'
import { PAGES } from './page-list.ts'
import { useTheme } from './theme.tsx'

interface Command {
  readonly name: string
  readonly kind: string
  run(): void
}

/** Ctrl/⌘ K: pages, things by name, alerts by id, and a few actions. Answers from what is already here. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      unmountOnHide
      aria-label="Command palette"
      backdrop={<div className="z-40 bg-black/45" />}
      className="card fixed inset-x-0 top-[12vh] z-50 mx-auto flex max-h-[64vh] w-[94vw] max-w-xl flex-col overflow-hidden bg-raised shadow-pop"
    >
      <PaletteBody onClose={onClose} />
    </Dialog>
  )
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const { choose } = useTheme()
  const connectors = useQuery({ ...connectorsQuery, refetchInterval: false }).data?.connectors
  const sensors = useQuery({ ...sensorsQuery, refetchInterval: false }).data?.sensors
  const [text, setText] = useState('')

  const commands = useMemo<Command[]>(
    () => [
      ...PAGES.map((page) => ({ name: page.name, kind: 'Page', run: () => void navigate({ to: page.to }) })),
      { name: 'Critical alerts', kind: 'View', run: () => void navigate({ to: '/alerts', search: { severity: ['critical'], range: 'all' } }) },
      { name: 'Pre-filters', kind: 'View', run: () => void navigate({ to: '/sensors', search: { tab: 'filters' } }) },
      { name: 'New connector', kind: 'Action', run: () => void navigate({ to: '/connectors/new' }) },
      ...(['light', 'dark', 'system'] as const).map((theme) => ({ name: `Theme: ${theme}`, kind: 'Action', run: () => choose(theme) })),
      { name: 'Sign out', kind: 'Action', run: signOut },
      ...(connectors ?? []).map((each) => ({
        name: each.name,
        kind: 'Connector',
        run: () => void navigate({ to: '/connectors/$connectorId', params: { connectorId: each.id } }),
      })),
      ...(sensors ?? []).map((each) => ({
        name: each.name,
        kind: 'Sensor',
        run: () => void navigate({ to: '/sensors/$sensorId', params: { sensorId: each.id } }),
      })),
    ],
    [navigate, choose, connectors, sensors],
  )
  const wanted = text.trim().toLowerCase()
  const named = (command: Command) => command.name.toLowerCase().includes(wanted)
  // What is called so comes before what is only of that kind.
  const found = [...commands.filter(named), ...commands.filter((command) => !named(command) && command.kind.toLowerCase().includes(wanted))].slice(
    0,
    50,
  )
  if (/^alert-\S+$/.test(text.trim()))
    found.unshift({ name: text.trim(), kind: 'Open alert', run: () => void navigate({ to: '/alerts', search: { alert: text.trim() } }) })
  else if (wanted !== '')
    found.push({
      name: `Search the timeline for “${text.trim()}”`,
      kind: 'Search',
      run: () => void navigate({ to: '/timeline', search: { q: text.trim() } }),
    })

  return (
    <ComboboxProvider open setValue={setText} focusLoop>
      <Combobox
        autoSelect="always"
        placeholder="Page, connector, sensor, alert id…"
        aria-label="Command"
        className="h-12 w-full border-b border-line bg-transparent px-5 text-base outline-none"
      />
      <ComboboxList className="min-h-0 flex-1 overflow-auto p-2" alwaysVisible>
        {found.map((command) => (
          <ComboboxItem
            key={`${command.kind}:${command.name}`}
            value={`${command.kind}:${command.name}`}
            setValueOnClick={false}
            focusOnHover
            className="popover-item"
            onClick={() => {
              onClose()
              command.run()
            }}
          >
            <span className="flex-1 truncate">{command.name}</span>
            <span className="text-xs text-ink-3">{command.kind}</span>
          </ComboboxItem>
        ))}
      </ComboboxList>
    </ComboboxProvider>
  )
}
