import { Counter, Gauge, type Registry } from 'prom-client'
import type { DetectionHealth } from './detection/ports.ts'
import type { IngestCounters } from './ingest/counters.ts'
import type { RunningPipelineMeter } from './pipeline/meter.ts'

/** What `/metrics` shows of the pipeline, all tenants together: a label per tenant would grow without bound and name customers. Totals are since the hub's start. */
export function registerHubMetrics(
  registry: Registry,
  meter: Pick<RunningPipelineMeter, 'totals' | 'rowsLost'>,
  ingest: IngestCounters,
  detection: { readonly health: Pick<DetectionHealth, 'alive' | 'suspended'> },
): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  /** A total that is kept elsewhere; it only ever grows. */
  const total = (name: string, help: string, read: () => number) => {
    let shown = 0
    new Counter({
      name,
      help,
      registers,
      collect() {
        const now = read()
        this.inc(now - shown)
        shown = now
      },
    })
  }
  total('picket_events_stored_total', 'Events committed', () => meter.totals().stored)
  total('picket_event_bytes_total', 'Bytes of the records behind them', () => meter.totals().bytes)
  total('picket_matches_total', 'Rule matches', () => meter.totals().matched)
  total('picket_alerts_total', 'Alerts opened', () => meter.totals().alerts)
  total('picket_ingest_batches_total', 'Batches received', () => ingest.batches)
  total('picket_ingest_resent_batches_total', 'Batches that were here already', () => ingest.resentBatches)
  total('picket_ingest_poison_events_total', 'Events that cannot be stored and became tombstones', () => ingest.poisonEvents)
  total('picket_ingest_tombstoned_events_total', 'Events sensors or hub had to give up', () => ingest.tombstonedEvents)
  total('picket_ingest_commit_retries_total', 'Commits tried again', () => ingest.commitRetries)
  total('picket_ingest_refused_total', 'Streams and batches refused', () => Object.values(ingest.refused).reduce((sum, each) => sum + each, 0))
  total('picket_pipeline_rows_lost_total', 'Rows of chart statistics given up while the database was away', () => meter.rowsLost)
  gauge('picket_events_waiting', 'Events kept at connected sensors, not yet here', () => meter.totals().waiting)
  gauge('picket_sensor_streams', 'Connected sensors', () => ingest.streams)
  gauge('picket_detection_workers', 'Detection workers running', () => detection.health.alive)
  gauge('picket_rules_suspended', 'Rules of tenants out of service because they took too long', () => detection.health.suspended)
}
