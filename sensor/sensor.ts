import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { SECOND_MS, sleep } from '../shared/durations.ts'
import { messageOf } from '../shared/errors.ts'
import { encodeEvent } from '../shared/event/encode.ts'
import { createNormalizer } from '../shared/normalize/normalize.ts'
import { ensurePrivateDir } from '../shared/private-file.ts'
import { bundledAddon } from './addon/bundled-addon.ts'
import { openBuffer } from './buffer/buffer.ts'
import type { SensorConfig } from './config.ts'
import type { Log } from './log.ts'
import { createPackKeeper } from './pack/pack-keeper.ts'
import { pastPackEnd } from './past-pack-end.ts'
import { createRunner } from './runner.ts'
import { SOURCES } from './sources/sources.ts'
import { type SensorStatus, writeStatus } from './status-file.ts'
import { parseHubAddress } from './uplink/enroll.ts'
import { readHostInfo } from './uplink/host-info.ts'
import { certificateLife, readIdentity } from './uplink/identity.ts'
import { createUplink } from './uplink/uplink.ts'

const STATUS_EVERY_MS = 3 * SECOND_MS
/** The last heartbeat's reading is fresh enough for the status. */
const REPORT_FOR_STATUS_MS = 10 * SECOND_MS
/** Longest that sources may take to end at a stop. What they have not stored they have not confirmed. */
const SOURCES_STOP_WITHIN_MS = 5 * SECOND_MS

export interface SensorOptions {
  readonly config: SensorConfig
  readonly version: string
  readonly log: Log
}

export interface Sensor {
  /** Reads the identity again and starts the sources anew. */
  reload(): Promise<void>
  /** Sources first, then the stream, then the buffer: nothing confirmed is lost. Within 10 s. */
  stop(): Promise<void>
  /** Rejects on a bug that ends the sensor; never resolves. */
  readonly failed: Promise<never>
}

/**
 * Starts everything, in order: data directory, buffer, runner, the pack kept on disk, the stream to the hub.
 *
 * @throws {NotEnrolled | BadIdentity}
 * @throws {BufferInUse} another sensor runs with this data directory
 * @throws {BadHubAddress}
 */
export async function startSensor({ config, version, log }: SensorOptions): Promise<Sensor> {
  const { data_dir: dataDir } = config
  const now = () => new Date()
  const startedAt = now()
  let identity = await readIdentity(dataDir)
  const hubAddress = config.hub_address === undefined ? identity.hubAddress : parseHubAddress(config.hub_address).text
  await ensurePrivateDir(dataDir)

  const buffer = openBuffer({
    directory: join(dataDir, 'buffer'),
    nativeBinding: await bundledAddon(dataDir),
    limitBytes: config.buffer_limit_bytes,
    now,
    log,
  })
  const runner = createRunner({ sources: SOURCES, buffer, normalizerFor: createNormalizer, encode: encodeEvent, now, log })
  const packs = createPackKeeper({
    dataDir,
    sensorId: identity.sensorId,
    trustedKeys: () => identity.packKeysPem,
    apply: (pack) => runner.apply(pack),
    now,
    log,
  })
  // Reading it starts the latencies' next period, so the status file takes the heartbeat's reading and asks itself only while there is none.
  let reported = { atMs: Number.NEGATIVE_INFINITY, collection: runner.report() }
  const report = () => {
    const collection = runner.report()
    const pack = packs.running()
    const connectors = pack && packs.expired() ? pastPackEnd(collection.connectors, pack.expires_at) : collection.connectors
    reported = { atMs: performance.now(), collection: { ...collection, connectors } }
    return reported.collection
  }
  const connectionChanged = new EventEmitter()
  const uplink = createUplink({
    dataDir,
    identity,
    hubAddress,
    buffer,
    host: () => readHostInfo(version),
    report,
    packs,
    commands: { testSource: runner.testSource, reload: packs.restart },
    onState: () => connectionChanged.emit('changed'),
    onIdentity: (renewed) => {
      identity = renewed
    },
    now,
    log,
  })

  const status = (): SensorStatus => {
    if (performance.now() - reported.atMs > REPORT_FOR_STATUS_MS) report()
    const { connectedAt, ...hub } = uplink.state()
    const pack = packs.running()
    return {
      pid: process.pid,
      version,
      sensorId: identity.sensorId,
      startedAt: startedAt.toISOString(),
      updatedAt: now().toISOString(),
      hub: { address: hub.hubAddress, ...hub, ...(connectedAt ? { connectedAt: connectedAt.toISOString() } : {}) },
      certificateNotAfter: certificateLife(identity).notAfter.toISOString(),
      pack: { version: packs.runningVersion(), expired: packs.expired() },
      bufferProblem: buffer.problem(),
      lanes: buffer.lanes().map(({ oldestAt, ...lane }) => ({ ...lane, ...(oldestAt ? { oldestAt: oldestAt.toISOString() } : {}) })),
      connectors: reported.collection.connectors.map(({ connectorId, ...each }) => {
        const known = pack?.connectors.find(({ id }) => id === connectorId)
        return { id: connectorId, kind: known?.kind, name: known?.name, ...each }
      }),
    }
  }

  const stopping = new AbortController()
  // The pack first, so that collecting goes on while the hub is out of reach, and Hello names its version.
  await packs.start()
  const sending = uplink.run(stopping.signal)
  const telling = keepStatus(dataDir, status, connectionChanged, stopping.signal, log)
  log.info({ version, sensorId: identity.sensorId, hub: hubAddress, dataDir }, 'sensor started')

  return {
    failed: Promise.all([sending, telling]).then(() => new Promise<never>(() => undefined)),
    reload: async () => {
      await uplink.reload()
      await packs.restart()
      log.info({}, 'reloaded')
    },
    stop: async () => {
      const sourcesStopped = new AbortController()
      const stopped = runner.stop().finally(() => sourcesStopped.abort())
      await Promise.race([stopped, sleep(SOURCES_STOP_WITHIN_MS, sourcesStopped.signal)])
      stopping.abort()
      await Promise.allSettled([sending, telling])
      await buffer.close()
    },
  }
}

/** Writes the status every few seconds, and at once when the connection changes, until the signal aborts. */
async function keepStatus(dataDir: string, status: () => SensorStatus, changes: EventEmitter, signal: AbortSignal, log: Log): Promise<void> {
  let failing = false
  let wake = new AbortController()
  // One listener each for the whole life: AbortSignal.any would make the long-lived signal remember every round.
  changes.on('changed', () => wake.abort())
  signal.addEventListener('abort', () => wake.abort(), { once: true })
  while (!signal.aborted) {
    wake = new AbortController()
    try {
      await writeStatus(dataDir, status())
      failing = false
    } catch (error) {
      // A full disk, for one: the sensor goes on, and says so once.
      if (!failing) log.warn({ problem: messageOf(error) }, 'the status file cannot be written')
      failing = true
    }
    await sleep(STATUS_EVERY_MS, wake.signal)
  }
}
