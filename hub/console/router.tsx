import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { sessionToken } from './api/session.ts'
import type { ConnectorStatus, Sensor } from './api/types.ts'
import { Shell } from './components/shell.tsx'
import { Failed, Skeleton } from './components/states.tsx'
import { parseAlertsSearch } from './pages/alerts/alerts-search.ts'
import { NotFound } from './pages/not-found.tsx'
import { parseRulesSearch } from './pages/rules/rules-search.ts'
import { SignIn } from './pages/sign-in.tsx'
import { parseTimelineSearch } from './pages/timeline/timeline-search.ts'
import { oneOf, parseSearch, type RawSearch, stringifySearch, textOf } from './search-params.ts'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: RawSearch): { next?: string | undefined; why?: string | undefined } => ({
    next: textOf(raw['next']),
    why: textOf(raw['why']),
  }),
  component: SignIn,
})

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: ({ location }) => {
    if (sessionToken() === undefined) throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href } })
  },
  component: Shell,
})
const parent = { getParentRoute: () => app }

const home = createRoute({
  ...parent,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/dashboard', replace: true })
  },
})
const dashboard = createRoute({ ...parent, path: '/dashboard', component: lazyRouteComponent(() => import('./pages/dashboard.tsx'), 'Dashboard') })
const alerts = createRoute({
  ...parent,
  path: '/alerts',
  validateSearch: parseAlertsSearch,
  component: lazyRouteComponent(() => import('./pages/alerts/alerts.tsx'), 'Alerts'),
})
const timeline = createRoute({
  ...parent,
  path: '/timeline',
  validateSearch: parseTimelineSearch,
  component: lazyRouteComponent(() => import('./pages/timeline/timeline.tsx'), 'Timeline'),
})
const rules = createRoute({
  ...parent,
  path: '/rules',
  validateSearch: parseRulesSearch,
  component: lazyRouteComponent(() => import('./pages/rules/rules.tsx'), 'Rules'),
})
const rule = createRoute({
  ...parent,
  path: '/rules/$ruleId',
  validateSearch: (raw: RawSearch): { tab?: 'matches' | 'test' | undefined } => ({ tab: oneOf(raw['tab'], ['matches', 'test']) }),
  component: lazyRouteComponent(() => import('./pages/rules/rule.tsx'), 'RulePage'),
})
const connectors = createRoute({
  ...parent,
  path: '/connectors',
  validateSearch: (raw: RawSearch): { status?: ConnectorStatus | undefined } => ({
    status: oneOf(raw['status'], ['healthy', 'degraded', 'unhealthy', 'unknown', 'disabled']),
  }),
  component: lazyRouteComponent(() => import('./pages/connectors/connectors.tsx'), 'Connectors'),
})
const newConnector = createRoute({
  ...parent,
  path: '/connectors/new',
  validateSearch: (raw: RawSearch): { type?: string | undefined } => ({ type: textOf(raw['type']) }),
  component: lazyRouteComponent(() => import('./pages/connectors/connector-edit.tsx'), 'NewConnector'),
})
const connector = createRoute({
  ...parent,
  path: '/connectors/$connectorId',
  component: lazyRouteComponent(() => import('./pages/connectors/connector.tsx'), 'ConnectorPage'),
})
const editConnector = createRoute({
  ...parent,
  path: '/connectors/$connectorId/edit',
  component: lazyRouteComponent(() => import('./pages/connectors/connector-edit.tsx'), 'EditConnector'),
})
const sensors = createRoute({
  ...parent,
  path: '/sensors',
  validateSearch: (raw: RawSearch): { tab?: 'filters' | undefined; status?: Sensor['status'] | undefined } => ({
    tab: oneOf(raw['tab'], ['filters']),
    status: oneOf(raw['status'], ['online', 'offline', 'never_connected', 'revoked']),
  }),
  component: lazyRouteComponent(() => import('./pages/sensors/sensors.tsx'), 'Sensors'),
})
const sensor = createRoute({
  ...parent,
  path: '/sensors/$sensorId',
  component: lazyRouteComponent(() => import('./pages/sensors/sensor.tsx'), 'SensorPage'),
})
const pipeline = createRoute({
  ...parent,
  path: '/pipeline',
  component: lazyRouteComponent(() => import('./pages/pipeline.tsx'), 'Pipeline'),
})

const routeTree = root.addChildren([
  signIn,
  app.addChildren([home, dashboard, alerts, timeline, rules, rule, connectors, newConnector, connector, editConnector, sensors, sensor, pipeline]),
])

export const createConsoleRouter = () =>
  createRouter({
    routeTree,
    basepath: '/console',
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingMs: 80,
    // A page that is ready is shown: no skeleton stays for looks.
    defaultPendingMinMs: 0,
    defaultPendingComponent: () => <Skeleton rows={10} />,
    defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
