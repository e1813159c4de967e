import { consoleRoutes, createRoute, json, named, needs, refuses } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { PipelineMetrics, PipelineTimeseries } from '../../schemas/views.ts'
import { intervalStarts, readSeries, seriesQuery } from '../../series.ts'

const tags = ['Pipeline']

const snapshotRoute = createRoute({
  method: 'get',
  path: '/pipeline/metrics',
  tags,
  summary: 'The whole pipeline, now',
  description: [
    'Totals count since the tenant was made, rates the last ten seconds. An event counts once, at its commit; every event a format could read has been evaluated by then.',
    'Normalisation runs in the sensors: its times are those of the connected ones, as last reported. `normalized-events` lags by what those sensors hold and have not had confirmed;',
    'alerts are stored in the same transaction as their events, so nothing ever waits in `alerts`. No enrichment runs in this version: its figures are 0.',
  ].join(' '),
  ...needs('pipeline:read'),
  responses: { 200: json(named('PipelineMetrics', PipelineMetrics), 'The figures'), ...refuses(401, 403) },
})

const seriesRoute = createRoute({
  method: 'get',
  path: '/pipeline/metrics/timeseries',
  tags,
  summary: 'The pipeline over time',
  description: 'Counts have a point for every interval; latencies and lags only where a sensor reported one. Rates are per second.',
  ...needs('pipeline:read'),
  request: { query: seriesQuery },
  responses: { 200: json(named('PipelineTimeseries', PipelineTimeseries), 'Points, oldest first'), ...refuses(400, 401, 403) },
})

export const pipelineRoutes = (parts: Parts) =>
  consoleRoutes()
    .openapi(snapshotRoute, async (c) => {
      const { tenant } = c.var.session
      const [totals, connectors] = await Promise.all([parts.pipelineStore.totals(tenant), parts.connectors.list(tenant)])
      const flow = parts.meter.snapshot(tenant.tenantId)
      const active = connectors.filter(({ connector }) => connector.enabled)
      const processed = Math.max(0, totals.events - totals.failed)
      const tried = processed + totals.failed
      return c.json(
        {
          timestamp: parts.now().toISOString(),
          stages: {
            ingestion: {
              events_total: totals.events,
              events_per_second: flow.eventsPerSecond,
              active_connectors: active.length,
              healthy_connectors: active.filter(({ status }) => status === 'healthy').length,
            },
            normalization: {
              events_processed: processed,
              events_failed: totals.failed,
              success_rate: tried === 0 ? 100 : Math.round((processed / tried) * 10_000) / 100,
              avg_latency_ms: flow.normalizeMeanMs,
              p99_latency_ms: flow.normalizeP99Ms,
            },
            detection: {
              events_evaluated: processed,
              rules_matched: totals.matched,
              alerts_generated: totals.alerts,
              false_positives: totals.falsePositives,
              avg_evaluation_time_ms: parts.detection.metrics(tenant.tenantId).avgMs,
            },
            enrichment: { alerts_processed: 0, avg_enrichment_time_ms: 0, intel_cache_hit_rate: 0 },
          },
          queue: {
            topics: [
              { name: 'normalized-events', consumer_lag: Math.max(flow.waiting, flow.inFlight), messages_per_second: flow.eventsPerSecond },
              { name: 'alerts', consumer_lag: 0, messages_per_second: flow.alertsPerSecond },
            ],
          },
        },
        200,
      )
    })
    .openapi(seriesRoute, async (c) => {
      const range = readSeries(c.req.valid('query'), parts.now())
      const minutes = await parts.pipelineStore.series(c.var.session.tenant, range)
      const byStart = new Map(minutes.map((each) => [each.minute.getTime(), each]))
      const starts = intervalStarts(range)
      const measured = minutes.filter((each) => each.normalizeP99 > 0)
      const at = (minute: { minute: Date }) => minute.minute.toISOString()
      const lag = minutes.map((each) => ({ timestamp: at(each), value: each.lag }))
      return c.json(
        {
          ingestion_rate: starts.map((start) => ({
            timestamp: start.toISOString(),
            value: (byStart.get(start.getTime())?.received ?? 0) / range.intervalSeconds,
          })),
          normalization_latency: measured.map((each) => ({
            timestamp: at(each),
            p50: each.normalizeP50,
            p95: each.normalizeP95,
            p99: each.normalizeP99,
          })),
          alerts_generated: starts.map((start) => ({ timestamp: start.toISOString(), value: byStart.get(start.getTime())?.alerts ?? 0 })),
          queue_consumer_lag: { 'normalized-events': lag, alerts: lag.map(({ timestamp }) => ({ timestamp, value: 0 })) },
        },
        200,
      )
    })
