import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query'
import { ApiError, api, type QueryValue } from './client.ts'
import type * as t from './types.ts'

const worthRetrying = (error: unknown) => error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)

/** One cache per tab. Failures the hub may get over are retried twice, after the wait it asked for; others are shown at once. */
export const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && worthRetrying(error),
        retryDelay: (attempt, error) => (error instanceof ApiError && error.retryAfterMs) || Math.min(1_000 * 2 ** attempt, 8_000),
      },
    },
  })

type Query = Readonly<Record<string, QueryValue>>
type AlertPage = t.AlertList & { readonly asked: Query }

const read = <T>(key: readonly unknown[], path: string, query?: () => Query) =>
  queryOptions({ queryKey: key, queryFn: ({ signal }) => api<T>('GET', path, { query: query?.(), signal }) })

export const meQuery = queryOptions({ ...read<t.Me>(['me'], '/me'), staleTime: 300_000 })

export const alertCountQuery = (query: Query) =>
  queryOptions({
    queryKey: ['alerts', 'count', query],
    queryFn: async ({ signal }) => (await api<t.AlertList>('GET', '/alerts', { query: { ...query, limit: 1 }, signal })).total_estimate,
    refetchInterval: 30_000,
  })
export const alertsQuery = (key: unknown, query: () => Query) =>
  infiniteQueryOptions({
    queryKey: ['alerts', 'list', key],
    queryFn: async ({ pageParam, signal }): Promise<AlertPage> => {
      // A cursor belongs to one exact search: later pages repeat the first one's instants, although “the last 7 days” has moved on.
      const asked = pageParam?.asked ?? query()
      return { ...(await api<t.AlertList>('GET', '/alerts', { query: { ...asked, limit: 100, cursor: pageParam?.cursor }, signal })), asked }
    },
    initialPageParam: undefined as { cursor: string; asked: Query } | undefined,
    getNextPageParam: (page) => (page.next_cursor === null ? undefined : { cursor: page.next_cursor, asked: page.asked }),
    // The list changes only by the analyst's hand and by single rows; see live-list.ts.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: keepPreviousData,
  })
export const alertQuery = (id: string) => read<t.AlertDetail>(['alerts', 'detail', id], `/alerts/${encodeURIComponent(id)}`)

export const connectorsQuery = queryOptions({ ...read<t.ConnectorList>(['connectors', 'list'], '/connectors'), refetchInterval: 15_000 })
export const connectorQuery = (id: string) =>
  queryOptions({ ...read<t.Connector>(['connectors', 'one', id], `/connectors/${id}`), refetchInterval: 15_000 })
export const connectorHealthQuery = (id: string) =>
  queryOptions({ ...read<t.ConnectorHealth>(['connectors', 'health', id], `/connectors/${id}/health`), refetchInterval: 15_000 })
export const connectorMetricsQuery = (id: string, hours: number) =>
  queryOptions({
    ...read<t.ConnectorMetrics>(['connectors', 'metrics', id, hours], `/connectors/${id}/metrics`, () => span(hours)),
    refetchInterval: 60_000,
  })
export const connectorTypesQuery = queryOptions({ ...read<t.ConnectorTypes>(['connector-types'], '/connector-types'), staleTime: 300_000 })

export const sensorsQuery = queryOptions({ ...read<t.SensorList>(['sensors', 'list'], '/sensors'), refetchInterval: 10_000 })
export const sensorQuery = (id: string) => queryOptions({ ...read<t.Sensor>(['sensors', 'one', id], `/sensors/${id}`), refetchInterval: 10_000 })
export const filtersQuery = queryOptions({ ...read<t.PreFilterList>(['filters'], '/filters'), refetchInterval: 15_000 })

export const rulesQuery = (query: Query) =>
  infiniteQueryOptions({
    queryKey: ['rules', 'list', query],
    queryFn: ({ pageParam, signal }) => api<t.RuleList>('GET', '/detection/rules', { query: { ...query, limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
export const ruleQuery = (id: string) => read<t.RuleDetail>(['rules', 'one', id], `/detection/rules/${encodeURIComponent(id)}`)
export const ruleMatchesQuery = (id: string) =>
  read<t.RuleMatches>(['rules', 'matches', id], `/detection/rules/${encodeURIComponent(id)}/matches`, () => ({ page: 1, size: 50 }))
export const detectionMetricsQuery = queryOptions({
  ...read<t.DetectionMetrics>(['detection', 'metrics'], '/detection/metrics'),
  refetchInterval: 15_000,
})

export const timelineQuery = (key: unknown, query: () => Query) =>
  infiniteQueryOptions({
    queryKey: ['timeline', 'events', key],
    queryFn: ({ pageParam, signal }) => api<t.TimelineList>('GET', '/timeline', { query: { ...query(), limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  })
export const histogramQuery = (key: unknown, query: () => Query) =>
  queryOptions({
    ...read<t.TimelineHistogram>(['timeline', 'histogram', key], '/timeline/histogram', query),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  })

export const pipelineQuery = queryOptions({ ...read<t.PipelineMetrics>(['pipeline', 'metrics'], '/pipeline/metrics'), refetchInterval: 5_000 })
export const pipelineSeriesQuery = (hours: number) =>
  queryOptions({
    ...read<t.PipelineTimeseries>(['pipeline', 'series', hours], '/pipeline/metrics/timeseries', () => span(hours)),
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
  })
export const healthQuery = queryOptions({ ...read<t.Health>(['health'], '/health'), refetchInterval: 10_000 })

/** Seconds between the points of a series over so many hours. */
export const seriesStepSeconds = (hours: number): number => (hours <= 2 ? 60 : hours <= 12 ? 300 : 900)

function span(hours: number): Query {
  const to = Date.now()
  const interval = `${seriesStepSeconds(hours) / 60}m`
  return { from: new Date(to - hours * 3_600_000).toISOString(), to: new Date(to).toISOString(), interval }
}
