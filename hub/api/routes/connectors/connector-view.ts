import type { z } from 'zod'
import { connectorKind } from '../../../../shared/connectors/kinds.ts'
import { hideSecrets } from '../../../connectors/connector-config.ts'
import type { ConnectorSight } from '../../../connectors/connector-sight.ts'
import type { ConnectorCheck } from '../../../fleet/ports.ts'
import type { CheckView, ConnectorView } from '../../schemas/views.ts'

export function toConnectorView({ connector, status, message, eventsPerSecond }: ConnectorSight): z.infer<typeof ConnectorView> {
  const { state } = connector
  const kind = connectorKind(connector.type)
  return {
    id: connector.id,
    name: connector.name,
    type: connector.type,
    status,
    enabled: connector.enabled,
    sensor_id: connector.sensorId ?? null,
    health: { last_check: state.lastCheckAt?.toISOString() ?? null, message, consecutive_failures: state.consecutiveFailures },
    stats: {
      events_received_total: state.eventsReceivedTotal,
      events_failed_total: state.eventsFailedTotal,
      bytes_received_total: state.bytesReceivedTotal,
      events_per_second: eventsPerSecond,
      last_event_at: state.lastEventAt?.toISOString() ?? null,
    },
    // A type this version no longer knows may have secrets under any name: then nothing is shown.
    config: kind ? hideSecrets(kind, connector.config) : {},
    created_at: connector.createdAt.toISOString(),
    updated_at: connector.updatedAt.toISOString(),
  }
}

export const toCheckView = ({ type, status, message, latencyMs, eventsInLastMinute }: ConnectorCheck): z.infer<typeof CheckView> => ({
  type,
  status,
  message,
  ...(latencyMs === undefined ? {} : { latency_ms: latencyMs }),
  ...(eventsInLastMinute === undefined ? {} : { events_in_last_minute: eventsInLastMinute }),
})
