import { type Connector, type ConnectorCheck, type ConnectorState, SENSOR_OFFLINE } from '../fleet/ports.ts'
import type { PipelineSnapshot } from '../pipeline/contract.ts'

/** A connector as it stands now: what its sensor last said, weighed against what the hub itself sees. */
export interface ConnectorSight {
  readonly connector: Connector
  readonly status: ConnectorState['status']
  readonly message: string
  readonly eventsPerSecond: number
  /** All three kinds, always; `unknown` where nothing was measured. */
  readonly checks: readonly ConnectorCheck[]
}

const KINDS = ['connectivity', 'authentication', 'data_flow'] as const
const WORST_FIRST = ['unhealthy', 'degraded', 'healthy'] as const

/**
 * What a sensor said stands only while it is connected: a figure from before that is history, so the status becomes `unknown`, and `unhealthy` once the
 * fleet has given up waiting for it.
 * The rate and the last minute's events are counted here at the hub, at the commit.
 */
export function lookAt(connector: Connector, sensorConnected: boolean, flow: PipelineSnapshot): ConnectorSight {
  const { state } = connector
  const lastMinute = flow.connectorEventsLastMinute.get(connector.id) ?? 0
  const checks = KINDS.map((type) => checkOf(type, state.checks, lastMinute))
  const eventsPerSecond = flow.connectorEventsPerSecond.get(connector.id) ?? 0
  const as = (status: ConnectorState['status'], message: string): ConnectorSight => ({ connector, status, message, eventsPerSecond, checks })

  if (!connector.enabled) return as('disabled', 'Disabled: nothing is collected.')
  if (connector.unreadable)
    return as('unhealthy', `The stored ${connector.unreadable.join(', ')} does not open with the hub's key: restore secrets.key, or set it anew.`)
  if (connector.sensorId === undefined) return as('unknown', 'No sensor runs it yet.')
  if (!sensorConnected) return state.message === SENSOR_OFFLINE ? as('unhealthy', SENSOR_OFFLINE) : as('unknown', 'Its sensor is not connected.')
  if (state.lastCheckAt === undefined) return as('unknown', 'The sensor has not reported on it yet.')
  const status = worstOf(state.status, checks)
  return as(status, state.message || `The sensor reports it ${status}.`)
}

function checkOf(type: (typeof KINDS)[number], reported: readonly ConnectorCheck[], lastMinute: number): ConnectorCheck {
  const check = reported.find((each) => each.type === type)
  if (type !== 'data_flow') return check ?? { type, status: 'unknown', message: 'Not checked yet.' }
  if (lastMinute > 0) return { type, status: 'pass', message: 'Receiving events.', eventsInLastMinute: lastMinute }
  // Silence is a failure only where the sensor says so: many sources are quiet by nature.
  return { type, status: check?.status === 'fail' ? 'fail' : 'unknown', message: 'No events in the last minute.', eventsInLastMinute: 0 }
}

function worstOf(reported: ConnectorState['status'], checks: readonly ConnectorCheck[]): ConnectorState['status'] {
  const failed = checks.filter((check) => check.status === 'fail')
  const byChecks = failed.some((check) => check.type !== 'data_flow') ? 'unhealthy' : failed.length > 0 ? 'degraded' : undefined
  return WORST_FIRST.find((status) => status === reported || status === byChecks) ?? reported
}
