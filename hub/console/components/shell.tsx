import { Menu, MenuButton, MenuButtonArrow, MenuItem, MenuItemCheck, MenuItemRadio, MenuProvider, MenuSeparator } from '@ariakit/react'
import { useIsFetching, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { ChevronRight, LogOut, Menu as MenuIcon, Monitor, Moon, PanelLeft, Pause, Radio, RotateCw, Search, Sun, TimerReset } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { alertCountQuery, connectorsQuery, meQuery } from '../api/queries.ts'
import { signOut } from '../api/session.ts'
import { formatCompact, formatDuration } from '../format.ts'
import { LiveProvider, useLiveStatus } from '../live/live.tsx'
import { useNow } from './ago.tsx'
import { IconButton } from './button.tsx'
import { Mark } from './mark.tsx'
import { PAGES } from './page-list.ts'
import { Palette } from './palette.tsx'
import { type ThemeChoice, useTheme } from './theme.tsx'

/** Open and investigating alerts of any age: what the number beside Alerts counts, and where it leads. */
export const OPEN_ALERTS = { status: ['open', 'investigating'] } as const

/** The frame around every page: navigation, top bar, and the one live connection. */
export function Shell() {
  return (
    <LiveProvider>
      <Frame />
    </LiveProvider>
  )
}

function Frame() {
  const [narrow, setNarrow] = useState(() => localStorage.getItem('picket.nav') === 'narrow')
  const [drawer, setDrawer] = useState(false)
  const [palette, setPalette] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when the page changes
  useEffect(() => setDrawer(false), [path])

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setPalette((open) => !open)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])

  const toggle = () => {
    if (matchMedia('(max-width: 767px)').matches) return setDrawer(!drawer)
    localStorage.setItem('picket.nav', narrow ? 'wide' : 'narrow')
    setNarrow(!narrow)
  }

  return (
    <div className="flex h-full min-h-0">
      {/* biome-ignore lint/a11y/useValidAnchor: a link by its nature; the router must not take the fragment for a page */}
      <a
        href="#content"
        className="fixed top-2 left-2 z-70 -translate-y-16 rounded-md bg-accent-solid px-3 py-2 font-semibold text-on-accent focus:translate-y-0"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('content')?.focus()
        }}
      >
        Skip to content
      </a>
      {drawer && (
        <button type="button" aria-label="Close navigation" className="fixed inset-0 z-30 bg-black/45 md:hidden" onClick={() => setDrawer(false)} />
      )}
      <Navigation narrow={narrow} drawer={drawer} />
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-12 shrink-0 items-center gap-1.5 border-b border-line bg-surface px-3">
          <IconButton label={narrow ? 'Widen navigation' : 'Narrow navigation'} onClick={toggle}>
            <PanelLeft className="max-md:hidden" />
            <MenuIcon className="md:hidden" />
          </IconButton>
          <Breadcrumbs path={path} />
          <div className="flex-1" />
          <button
            type="button"
            className="control inline-flex items-center gap-2 text-ink-3 hover:bg-hover max-sm:border-0 max-sm:px-2"
            onClick={() => setPalette(true)}
            aria-keyshortcuts="Control+K Meta+K"
          >
            <Search className="size-3.5" />
            <span className="max-lg:sr-only">Go to…</span>
            <span aria-hidden="true" className="rounded border border-line px-1 text-2xs max-lg:hidden">
              Ctrl K
            </span>
          </button>
          <LiveIndicator />
          <ThemeMenu />
          <AccountMenu />
        </header>
        <OfflineBanner />
        <FetchBar />
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-auto outline-none">
          <Outlet />
        </main>
      </div>
      <Palette open={palette} onClose={() => setPalette(false)} />
    </div>
  )
}

function Navigation({ narrow, drawer }: { narrow: boolean; drawer: boolean }) {
  const open = useQuery(alertCountQuery(OPEN_ALERTS)).data ?? 0
  const unhealthy = (useQuery(connectorsQuery).data?.connectors ?? []).filter(
    (each) => each.status === 'unhealthy' || each.status === 'degraded',
  ).length
  const counts: Partial<Record<string, { count: number; says: string; tone: string }>> = {
    alerts: { count: open, says: `${open} open`, tone: 'bg-accent-soft text-accent' },
    connectors: { count: unhealthy, says: `${unhealthy} not healthy`, tone: 'bg-critical-soft text-critical' },
  }
  return (
    <nav
      aria-label="Main"
      className={`flex shrink-0 flex-col border-r border-line bg-surface ${narrow ? 'md:w-14' : 'md:w-54'} max-md:fixed max-md:inset-y-0 max-md:left-0 max-md:z-40 max-md:w-60 max-md:shadow-pop ${drawer ? '' : 'max-md:hidden'}`}
    >
      <div className={`flex h-12 items-center gap-2.5 border-b border-line px-4 ${narrow ? 'md:justify-center md:px-0' : ''}`}>
        <Mark />
        <span className={`text-lg font-semibold tracking-[-0.01em] ${narrow ? 'md:hidden' : ''}`}>Picket</span>
      </div>
      <ul className="flex flex-col gap-0.5 p-2">
        {PAGES.map(({ id, to, name, icon: Icon }) => {
          const badge = counts[id]
          return (
            <li key={id}>
              <Link
                to={to}
                data-testid={`nav-${id}`}
                title={narrow ? name : undefined}
                className={`group relative flex h-8.5 items-center gap-3 rounded-md px-3 ${narrow ? 'md:justify-center md:px-0' : ''}`}
                activeProps={{ className: 'bg-accent-soft text-accent font-semibold' }}
                inactiveProps={{ className: 'text-ink-2 hover:bg-hover hover:text-ink' }}
              >
                <Icon className="size-4.25 shrink-0" strokeWidth={1.8} />
                <span className={`flex-1 truncate ${narrow ? 'md:sr-only' : ''}`}>{name}</span>
                {badge && badge.count > 0 && (
                  <span
                    title={badge.says}
                    className={`rounded-full px-1.5 text-2xs leading-4.5 font-semibold group-data-[status=active]:bg-surface ${badge.tone} ${narrow ? 'md:absolute md:-top-0.5 md:right-0 md:px-1 md:leading-3.5' : ''}`}
                  >
                    <span aria-hidden="true">{formatCompact(badge.count)}</span>
                    <span className="sr-only">{badge.says}</span>
                  </span>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

function Breadcrumbs({ path }: { path: string }) {
  const tenant = useQuery(meQuery).data?.tenant.name
  const parts = path
    .replace(/^\/console/, '')
    .split('/')
    .filter(Boolean)
  const page = PAGES.find((each) => each.id === parts[0])
  return (
    <nav aria-label="Breadcrumbs" className="flex min-w-0 items-center gap-1.5 text-ink-3">
      {tenant && <span className="truncate font-medium text-ink max-sm:hidden">{tenant}</span>}
      {page && (
        <>
          <ChevronRight className="size-3.5 shrink-0 max-sm:hidden" aria-hidden="true" />
          {parts.length > 1 ? (
            <Link to={page.to} className="truncate hover:text-ink hover:underline">
              {page.name}
            </Link>
          ) : (
            <span className="truncate">{page.name}</span>
          )}
        </>
      )}
    </nav>
  )
}

const LIVE_LOOKS = {
  live: { word: 'Live', icon: Radio, tone: 'text-good' },
  reconnecting: { word: 'Reconnecting', icon: RotateCw, tone: 'text-medium' },
  polling: { word: 'Polling', icon: TimerReset, tone: 'text-medium' },
  paused: { word: 'Paused', icon: Pause, tone: 'text-ink-3' },
} as const

function LiveIndicator() {
  const status = useLiveStatus()
  const now = useNow()
  const { word, icon: Icon, tone } = LIVE_LOOKS[status.state]
  const age = status.lastFrameAtMs === undefined ? undefined : Math.max(0, (now - status.lastFrameAtMs) / 1000)
  const paused = status.state === 'paused'
  return (
    <button
      type="button"
      data-testid="live"
      data-state={status.state}
      onClick={paused ? status.resume : status.pause}
      title={`${age === undefined ? 'No message yet' : `Last message ${formatDuration(age)} ago`}. ${paused ? 'Resume' : 'Pause'} live updates.`}
      className={`inline-flex h-8 items-center gap-1.5 rounded-md px-2 font-medium hover:bg-hover ${tone}`}
    >
      <Icon className="size-4" />
      <span className="max-sm:sr-only" role="status">
        {word}
      </span>
    </button>
  )
}

const THEMES: readonly { value: ThemeChoice; name: string; icon: typeof Sun }[] = [
  { value: 'system', name: 'System', icon: Monitor },
  { value: 'light', name: 'Light', icon: Sun },
  { value: 'dark', name: 'Dark', icon: Moon },
]

function ThemeMenu() {
  const { choice, shown, choose } = useTheme()
  return (
    <MenuProvider values={{ theme: choice }} setValues={({ theme }) => choose(theme as ThemeChoice)}>
      <MenuButton
        data-testid="theme"
        aria-label={`Theme: ${choice}`}
        title="Theme"
        className="inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-hover"
      >
        {shown === 'dark' ? <Moon className="size-4" /> : <Sun className="size-4" />}
      </MenuButton>
      <Menu gutter={6} className="popover min-w-36" unmountOnHide>
        {THEMES.map(({ value, name, icon: Icon }) => (
          <MenuItemRadio key={value} name="theme" value={value} hideOnClick className="popover-item" data-testid={`theme-${value}`}>
            <Icon className="size-4 text-ink-2" />
            <span className="flex-1">{name}</span>
            <MenuItemCheck className="text-accent" />
          </MenuItemRadio>
        ))}
      </Menu>
    </MenuProvider>
  )
}

const ROLE_NAMES: Readonly<Record<string, string>> = {
  platform_admin: 'Platform admin',
  tenant_admin: 'Tenant admin',
  analyst: 'Analyst',
  viewer: 'Viewer',
}

function AccountMenu() {
  const me = useQuery(meQuery).data
  const initials = (me?.user.name || me?.user.email || '?')
    .split(/[\s@.]+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
  return (
    <MenuProvider>
      <MenuButton aria-label="Account" data-testid="account" className="ml-1 inline-flex h-8 items-center gap-1 rounded-md px-1 hover:bg-hover">
        <span className="inline-flex size-6.5 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent">
          {initials}
        </span>
        <MenuButtonArrow className="text-ink-3 max-sm:hidden" />
      </MenuButton>
      <Menu gutter={6} className="popover min-w-56" unmountOnHide>
        {me && (
          <div className="px-2 py-1.5">
            <p className="font-semibold">{me.user.name}</p>
            <p className="text-ink-3">{me.user.email}</p>
            <p className="mt-1 text-xs text-ink-3">
              {ROLE_NAMES[me.user.role] ?? me.user.role} · {me.tenant.name}
            </p>
          </div>
        )}
        <MenuSeparator className="my-1 border-line" />
        <MenuItem className="popover-item" onClick={() => signOut()} data-testid="sign-out">
          <LogOut className="size-4 text-ink-2" /> Sign out
        </MenuItem>
      </Menu>
    </MenuProvider>
  )
}

const watchOnline = (watcher: () => void) => {
  addEventListener('online', watcher)
  addEventListener('offline', watcher)
  return () => {
    removeEventListener('online', watcher)
    removeEventListener('offline', watcher)
  }
}

function OfflineBanner() {
  const online = useSyncExternalStore(watchOnline, () => navigator.onLine)
  const { state } = useLiveStatus()
  if (online && state !== 'polling') return null
  return (
    <p role="status" className="border-b border-line bg-medium-soft px-5 py-1.5 text-medium">
      {online
        ? 'The live connection is down. Figures are read again every 30 seconds; nothing you do is lost without being told so.'
        : 'This device is offline. What you see is from before; changes cannot be saved now.'}
    </p>
  )
}

/** A thin line while the first read of something is under way: old rows stay, and this says that new ones are coming. */
function FetchBar() {
  const fetching = useIsFetching({ predicate: (query) => query.state.data === undefined && query.state.fetchStatus === 'fetching' }) > 0
  return (
    <div
      aria-hidden="true"
      className={`-mb-0.5 h-0.5 shrink-0 bg-accent-solid transition-opacity ${fetching ? 'animate-pulse opacity-100' : 'opacity-0'}`}
    />
  )
}
