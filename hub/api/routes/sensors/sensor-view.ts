import type { z } from 'zod'
import type { Sensor } from '../../../fleet/ports.ts'
import type { SensorView } from '../../schemas/views.ts'
import { type Heartbeat, readHeartbeat, sumOf } from './heartbeat.ts'

/** @param connected - whether it holds a stream open right now @param connectors - how many connectors it runs */
export function toSensorView(sensor: Sensor, connected: boolean, connectors: number): z.infer<typeof SensorView> {
  const heartbeat = readHeartbeat(sensor.heartbeat)
  const { pack } = sensor
  return {
    id: sensor.id,
    name: sensor.name,
    status: sensor.revokedAt ? 'revoked' : connected ? 'online' : sensor.lastSeenAt ? 'offline' : 'never_connected',
    hostname: sensor.hostname ?? null,
    os: sensor.os ?? null,
    arch: sensor.arch ?? null,
    version: sensor.version ?? null,
    addresses: [...sensor.addresses],
    enrolled_at: sensor.enrolledAt.toISOString(),
    last_seen_at: sensor.lastSeenAt?.toISOString() ?? null,
    certificate_not_after: sensor.certificateNotAfter?.toISOString() ?? null,
    pack: {
      running_version: pack.runningVersion ?? null,
      offered_version: pack.offeredVersion ?? null,
      state: pack.state ?? 'none',
      reason: pack.reason ?? null,
      detail: pack.detail ?? null,
      reported_at: pack.reportedAt?.toISOString() ?? null,
    },
    buffer: heartbeat ? toBuffer(heartbeat) : null,
    process: heartbeat?.process
      ? {
          rss_bytes: Math.round(heartbeat.process.rssBytes),
          cpu_percent: heartbeat.process.cpuPercent,
          uptime_seconds: heartbeat.process.uptimeMs / 1_000,
        }
      : null,
    ledger: heartbeat ? toLedger(heartbeat) : null,
    connectors,
  }
}

function toBuffer({ lanes }: Heartbeat) {
  const oldest = lanes.map((lane) => lane.oldestMs).filter((ms) => ms > 0)
  return {
    events: sumOf(lanes, (lane) => lane.events),
    bytes: sumOf(lanes, (lane) => lane.bytes),
    limit_bytes: sumOf(lanes, (lane) => lane.limitBytes),
    oldest_at: oldest.length > 0 ? new Date(Math.min(...oldest)).toISOString() : null,
  }
}

/** Every sequence number given out is delivered, lost to a tombstone, or still in the buffer; what filters dropped never had one. */
function toLedger({ lanes, connectors }: Heartbeat) {
  return {
    received: sumOf(lanes, (lane) => lane.appendedTotal),
    delivered: sumOf(lanes, (lane) => lane.ackedTotal),
    lost: sumOf(lanes, (lane) => lane.tombstonedTotal),
    filtered: sumOf(connectors, (connector) => connector.eventsFilteredTotal),
  }
}
