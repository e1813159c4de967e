import { MINUTE_MS } from '../../shared/durations.ts'
import type { PipelineMeter, PipelineSnapshot } from './contract.ts'
import { addMinutes, type PipelineMinute, type PipelineStore } from './ports.ts'
import { Rate } from './rate.ts'

const RATE_SECONDS = 10
const FLUSH_MS = 10_000
/** Of a tenant's connectors beyond this many, events count for the tenant but for no connector. */
const MOST_CONNECTORS = 1_000
/** Rows kept for a database that cannot be reached, all tenants together; the oldest are given up first, and counted. */
const MOST_ROWS = 50_000

export interface PipelineMeterOptions {
  readonly store: PipelineStore
  /** The wall clock, for the minutes of the charts. */
  readonly now: () => Date
  /** A clock that never goes back, in ms, for the rates. */
  readonly monotonicMs: () => number
  /** Takes what goes wrong in a flush; the counts are kept and go out with the next one. */
  readonly report: (error: unknown) => void
}

export interface RunningPipelineMeter extends PipelineMeter {
  /** Writes the minutes counted so far. */
  flush(): Promise<void>
  /** Rows given up because the database was away for too long. */
  readonly rowsLost: number
  /** All tenants together, for `/metrics`. */
  totals(): { stored: number; bytes: number; matched: number; alerts: number; waiting: number }
  /** The last flush, and no more. */
  close(): Promise<void>
}

interface SensorReport {
  waiting: number
  normalized: number
  normalizeFailed: number
  normalizeMs: { mean: number; p99: number; count: number }
}

interface TenantMeter {
  readonly events: Rate
  readonly alerts: Rate
  readonly connectors: Map<string, Rate>
  readonly sensors: Map<string, SensorReport>
  /** Each connector's failures as last reported by its sensor, a running total there. */
  readonly failedBefore: Map<string, number>
  inFlight: number
}

type Row = { -readonly [Key in keyof PipelineMinute]: PipelineMinute[Key] }

/**
 * Counts what flows through the hub. Events, bytes, matches and alerts are counted at the commit, each exactly once; what is waiting, what failed at a
 * source and the time normalisation takes are the sensors' own figures, from their heartbeats.
 */
export function createPipelineMeter({ store, now, monotonicMs, report }: PipelineMeterOptions): RunningPipelineMeter {
  const tenants = new Map<string, TenantMeter>()
  /** By tenant, then by minute and connector. */
  let rows = new Map<string, Map<string, Row>>()
  const all = { stored: 0, bytes: 0, matched: 0, alerts: 0 }
  let rowsLost = 0

  const meterOf = (tenantId: string): TenantMeter => {
    const known = tenants.get(tenantId)
    if (known) return known
    const made: TenantMeter = {
      events: new Rate(),
      alerts: new Rate(),
      connectors: new Map(),
      sensors: new Map(),
      failedBefore: new Map(),
      inFlight: 0,
    }
    tenants.set(tenantId, made)
    return made
  }

  const rowOf = (tenantId: string, connectorId?: string): Row => {
    const minuteMs = Math.floor(now().getTime() / MINUTE_MS) * MINUTE_MS
    const ofTenant = rows.get(tenantId) ?? new Map<string, Row>()
    rows.set(tenantId, ofTenant)
    const key = `${minuteMs} ${connectorId ?? ''}`
    const row = ofTenant.get(key) ?? emptyRow(new Date(minuteMs), connectorId)
    ofTenant.set(key, row)
    return row
  }

  /** Puts rows that could not be written back under those counted since. */
  const keep = (unwritten: Map<string, Map<string, Row>>): void => {
    for (const [tenantId, ofTenant] of rows) {
      const older = unwritten.get(tenantId) ?? new Map<string, Row>()
      for (const [key, row] of ofTenant) older.set(key, addRows(older.get(key), row))
      unwritten.set(tenantId, older)
    }
    rows = unwritten
    let excess = [...rows.values()].reduce((sum, ofTenant) => sum + ofTenant.size, 0) - MOST_ROWS
    for (const ofTenant of rows.values()) {
      for (const key of ofTenant.keys()) {
        if (excess <= 0) return
        ofTenant.delete(key)
        excess--
        rowsLost++
      }
    }
  }

  let flushing: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    flushing = flushing.then(async () => {
      const taken = rows
      rows = new Map()
      const unwritten = new Map<string, Map<string, Row>>()
      for (const [tenantId, ofTenant] of taken) {
        try {
          await store.add({ tenantId }, [...ofTenant.values()])
        } catch (error) {
          report(error)
          unwritten.set(tenantId, ofTenant)
        }
      }
      if (unwritten.size > 0) keep(unwritten)
    })
    return flushing
  }
  const timer = setInterval(() => void flush(), FLUSH_MS)
  timer.unref()

  return {
    committed(tenantId, { stored, bytes, unparsed, matched, alertsCreated, byConnector }) {
      const meter = meterOf(tenantId)
      const nowMs = monotonicMs()
      meter.events.add(nowMs, stored)
      meter.alerts.add(nowMs, alertsCreated)
      all.stored += stored
      all.bytes += bytes
      all.matched += matched
      all.alerts += alertsCreated

      const rest = rowOf(tenantId)
      let eventsLeft = stored
      let bytesLeft = bytes
      for (const [connectorId, counted] of byConnector) {
        const rate = meter.connectors.get(connectorId) ?? (meter.connectors.size < MOST_CONNECTORS ? new Rate() : undefined)
        if (!rate) continue
        meter.connectors.set(connectorId, rate)
        rate.add(nowMs, counted.events)
        const row = rowOf(tenantId, connectorId)
        row.received += counted.events
        row.stored += counted.events
        row.bytes += counted.bytes
        eventsLeft -= counted.events
        bytesLeft -= counted.bytes
      }
      rest.received += Math.max(0, eventsLeft)
      rest.stored += Math.max(0, eventsLeft)
      rest.bytes += Math.max(0, bytesLeft)
      // Counted here and not from heartbeats: each stored event says itself whether a format could read it.
      rest.failed += unparsed
      rest.matched += matched
      rest.alerts += alertsCreated
      rest.lag = waitingOf(meter)
    },

    heartbeat(tenantId, { sensorId, waiting, normalizedTotal, normalizeFailedTotal, normalizeMs, connectors }) {
      const meter = meterOf(tenantId)
      meter.sensors.set(sensorId, {
        waiting,
        normalized: normalizedTotal,
        normalizeFailed: normalizeFailedTotal,
        normalizeMs: { mean: normalizeMs.mean, p99: normalizeMs.p99, count: normalizeMs.count },
      })
      const row = rowOf(tenantId)
      row.lag = waitingOf(meter)
      if (normalizeMs.count > 0) {
        // Of several sensors, the slowest: percentiles cannot be averaged.
        row.normalizeP50 = Math.max(row.normalizeP50, normalizeMs.p50)
        row.normalizeP95 = Math.max(row.normalizeP95, normalizeMs.p95)
        row.normalizeP99 = Math.max(row.normalizeP99, normalizeMs.p99)
      }
      for (const { connectorId, failedTotal } of connectors) {
        const before = meter.failedBefore.get(connectorId)
        if (before === undefined && meter.failedBefore.size >= MOST_CONNECTORS) continue
        meter.failedBefore.set(connectorId, failedTotal)
        // The first report only says where counting starts; one below the last comes from a sensor that began anew.
        if (before !== undefined) rowOf(tenantId, connectorId).failed += failedTotal >= before ? failedTotal - before : failedTotal
      }
    },

    disconnected(tenantId, sensorId) {
      tenants.get(tenantId)?.sensors.delete(sensorId)
    },

    receiving(tenantId, events) {
      const meter = meterOf(tenantId)
      meter.inFlight += events
      let ended = false
      return () => {
        if (!ended) meter.inFlight -= events
        ended = true
      }
    },

    snapshot(tenantId) {
      const meter = tenants.get(tenantId)
      const nowMs = monotonicMs()
      const sensors = [...(meter?.sensors.values() ?? [])]
      const sum = (pick: (sensor: SensorReport) => number) => sensors.reduce((total, sensor) => total + pick(sensor), 0)
      const measured = sum((sensor) => sensor.normalizeMs.count)
      const perConnector = (read: (rate: Rate) => number) => new Map([...(meter?.connectors ?? [])].map(([id, rate]) => [id, read(rate)] as const))
      return {
        eventsPerSecond: meter?.events.perSecond(nowMs, RATE_SECONDS) ?? 0,
        alertsPerSecond: meter?.alerts.perSecond(nowMs, RATE_SECONDS) ?? 0,
        alertsLastMinute: meter?.alerts.total(nowMs, 60) ?? 0,
        normalized: sum((sensor) => sensor.normalized),
        normalizeFailed: sum((sensor) => sensor.normalizeFailed),
        normalizeMeanMs: measured === 0 ? 0 : sum((sensor) => sensor.normalizeMs.mean * sensor.normalizeMs.count) / measured,
        normalizeP99Ms: Math.max(0, ...sensors.filter((sensor) => sensor.normalizeMs.count > 0).map((sensor) => sensor.normalizeMs.p99)),
        waiting: meter ? waitingOf(meter) : 0,
        inFlight: meter?.inFlight ?? 0,
        connectorEventsPerSecond: perConnector((rate) => rate.perSecond(nowMs, RATE_SECONDS)),
        connectorEventsLastMinute: perConnector((rate) => rate.total(nowMs, 60)),
      } satisfies PipelineSnapshot
    },

    flush,
    get rowsLost() {
      return rowsLost
    },
    totals: () => ({ ...all, waiting: [...tenants.values()].reduce((sum, meter) => sum + waitingOf(meter), 0) }),
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

const waitingOf = (meter: TenantMeter): number => [...meter.sensors.values()].reduce((sum, sensor) => sum + sensor.waiting, 0)

const emptyRow = (minute: Date, connectorId: string | undefined): Row => ({
  minute,
  connectorId,
  received: 0,
  failed: 0,
  bytes: 0,
  stored: 0,
  matched: 0,
  alerts: 0,
  normalizeP50: 0,
  normalizeP95: 0,
  normalizeP99: 0,
  lag: 0,
})

const addRows = (older: Row | undefined, newer: Row): Row => (older === undefined ? newer : addMinutes(older, newer))
