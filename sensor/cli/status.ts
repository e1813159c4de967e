import { isRunning, readStatus, type SensorStatus } from '../status-file.ts'
import { NotEnrolled, readIdentity } from '../uplink/identity.ts'
import { formatAge, formatBytes, type Output } from './output.ts'

/** A running sensor writes its status every few seconds; one this old is stuck or gone. */
const STALE_MS = 30_000

type Running = 'running' | 'not responding' | 'stopped'

/** `picket-sensor status`. @returns whether a sensor is running and connected, for the exit code */
export async function statusCommand(dataDir: string, { json }: { json?: boolean | undefined }, { print, now }: Output): Promise<boolean> {
  const enrolled = await isEnrolled(dataDir)
  const status = await readStatus(dataDir)
  const running = runningState(status, now())
  const healthy = running === 'running' && status?.hub.connected === true
  if (json)
    print(JSON.stringify({ enrolled, running: running === 'running', state: running, data_dir: dataDir, ...(status ? { status } : {}) }, null, 2))
  else print(describe(dataDir, enrolled, running, status, now()))
  return healthy
}

const runningState = (status: SensorStatus | undefined, now: Date): Running => {
  if (!status || !isRunning(status)) return 'stopped'
  return now.getTime() - new Date(status.updatedAt).getTime() > STALE_MS ? 'not responding' : 'running'
}

async function isEnrolled(dataDir: string): Promise<boolean> {
  try {
    await readIdentity(dataDir)
    return true
  } catch (error) {
    if (error instanceof NotEnrolled) return false
    throw error
  }
}

function describe(dataDir: string, enrolled: boolean, running: Running, status: SensorStatus | undefined, now: Date): string {
  if (!enrolled) return `Not enrolled (${dataDir}).\nEnrol with: picket-sensor enroll --hub HOST:8443 --token TOKEN`
  if (!status) return `Enrolled, never started (${dataDir}).\nStart it with: picket-sensor run`
  const ageOf = (iso: string) => formatAge(now.getTime() - new Date(iso).getTime())
  const { hub } = status
  // What a process that is gone wrote last says nothing about now.
  const connection =
    running === 'running' && hub.connected
      ? `connected to ${hub.address}${hub.connectedAt ? ` for ${ageOf(hub.connectedAt)}` : ''}`
      : `not connected to ${hub.address}${hub.lastError ? `: ${hub.lastError}` : ''}`
  const lines = [
    ['Sensor', status.sensorId],
    [
      'State',
      running === 'running'
        ? `running for ${ageOf(status.startedAt)}, process ${status.pid}`
        : `${running}, last seen ${ageOf(status.updatedAt)} ago`,
    ],
    ['Hub', connection],
    ['Pack', status.pack.version === 0 ? 'none yet' : `version ${status.pack.version}${status.pack.expired ? ', past its end' : ''}`],
    ['Certificate', `until ${status.certificateNotAfter}`],
    ['Buffer', describeBuffer(status)],
    ...status.lanes.map((lane) => [`Lane ${lane.lane}`, describeLane(lane, ageOf)]),
    ...status.connectors.map((each) => [
      `${each.kind ?? 'source'} ${each.name ?? each.id}`,
      `${each.status}${each.message ? `: ${each.message}` : ''} (${each.eventsReceivedTotal} received, ${each.eventsFailedTotal} failed)`,
    ]),
  ]
  const width = Math.max(...lines.map(([label = '']) => label.length))
  return lines.map(([label = '', text]) => `${label.padEnd(width)}  ${text}`).join('\n')
}

const describeBuffer = ({ lanes, bufferProblem }: SensorStatus): string => {
  const bytes = lanes.reduce((total, lane) => total + lane.bytes, 0)
  // The lanes share one limit.
  const used = `${formatBytes(bytes)} of ${formatBytes(lanes[0]?.limitBytes ?? 0)}`
  return bufferProblem ? `${used}; cannot be written: ${bufferProblem}` : used
}

const describeLane = (lane: SensorStatus['lanes'][number], ageOf: (iso: string) => string): string =>
  [
    `${lane.events} waiting (${formatBytes(lane.bytes)})`,
    ...(lane.oldestAt && lane.events > 0 ? [`oldest ${ageOf(lane.oldestAt)}`] : []),
    `${lane.ackedTotal} delivered`,
    ...(lane.tombstonedTotal > 0 ? [`${lane.tombstonedTotal} given up`] : []),
  ].join(', ')
