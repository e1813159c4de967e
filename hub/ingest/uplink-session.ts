import { performance } from 'node:perf_hooks'
import { SECOND_MS, sleep } from '../../shared/durations.ts'
import { ExpectedError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { BadBatch, unpackBatch } from '../../shared/wire/codec.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { MAX_UNCOMPRESSED_BYTES, PROTOCOL } from '../../shared/wire/limits.ts'
import type { Detection } from '../detection/ports.ts'
import type { Attachment, SensorGate } from '../fleet/gate.ts'
import { type RefusalKind, type SensorIdentity, SensorRefused } from '../fleet/sensor-identity.ts'
import type { Live } from '../live/contract.ts'
import type { PipelineMeter } from '../pipeline/contract.ts'
import { type ReadBatch, readBatch } from './batch-reader.ts'
import { commitJudged, type JudgedBatch, judge, StreamGone } from './commit-batch.ts'
import type { IngestCounters } from './counters.ts'
import type { Credits } from './credits.ts'
import type { FairTurns } from './fair-turns.ts'
import type { IngestStore } from './ports.ts'

const HEARTBEAT_MS = 5 * SECOND_MS
const ACK_DEADLINE_MS = 25 * SECOND_MS
/** While work waits (PostgreSQL away, a long queue) the mark is repeated this often: the sensor sees that the hub lives. */
const STILL_HERE_MS = 8 * SECOND_MS
/** An open stream's sensor is looked up again this often: it may have been revoked, or its certificate may have ended. */
const CONFIRM_MS = 30 * SECOND_MS
/** A stream that has said nothing for so long is dead, whatever TCP says: it owes a heartbeat every 5 s. */
const SILENT_MS = 30 * SECOND_MS
/** Buffer files one stream may speak of: two lanes, and some history. */
const MOST_EPOCHS = 16
/** Batches of one stream that are here and not committed. Credits bound their bytes; this bounds a flood of tiny ones. */
const MOST_BATCHES = 256

/** A reconnect resends what had no acknowledgement, some dozen batches at most. */
const REPLAY_FROM = 200

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export interface UplinkParts {
  readonly store: IngestStore
  readonly detection: Pick<Detection, 'detect'>
  readonly gate: SensorGate
  readonly live: Live
  readonly meter: PipelineMeter
  readonly credits: Credits
  readonly turns: FairTurns
  readonly counters: IngestCounters
  readonly clock: () => Date
  readonly log: Logger
}

/** One gRPC stream, as the session uses it. */
export interface UplinkWire {
  send(message: picket.v1.HubMessage.$Properties): void
  /** Ends the stream with this status; the sensor has been told why. */
  refuse(kind: RefusalKind, detail: string): void
  /** Ends the stream without a complaint. */
  close(): void
  pause(): void
  resume(): void
}

export interface UplinkSession {
  receive(message: picket.v1.SensorMessage.$Properties): void
  /** The sensor will send nothing more; what is here is still committed and acknowledged, then the stream is closed. */
  finished(): void
  /** The connection is gone. */
  gone(): void
}

/** One epoch of the sensor: its batches are committed in order, one after the other. */
interface Lane {
  /** Committed through here. */
  mark: number
  /** Taken for work through here; what is at or below it is a resend. */
  taken: number
  lane: string
  /** Nothing of this epoch had arrived before. */
  readonly isNew: boolean
  /** Settles when everything taken so far is committed. */
  tail: Promise<void>
}

/**
 * Serves one sensor's stream: Hello is answered with what the hub holds, batches are unpacked, judged and committed, and only then acknowledged.
 * Decoding and judging a batch overlaps with the commit of the one before it. Never throws for what a sensor sends: a batch that cannot be right ends the
 * stream with a refusal, and the sensor starts again from the marks.
 *
 * @throws {SensorRefused} DUPLICATE
 */
export function startUplinkSession(parts: UplinkParts, identity: SensorIdentity, wire: UplinkWire): UplinkSession {
  const { store, gate, live, meter, turns, counters, clock } = parts
  const { tenantId, sensorId } = identity
  const tenant = { tenantId }
  const log = parts.log.child({ tenant_id: tenantId, sensor_id: sensorId })
  const stop = new AbortController()
  const lanes = new Map<string, Promise<Lane>>()
  let greeted: Promise<void> | undefined
  /** Settles when every batch so far has been taken by its lane: the order of arrival is the order of work. */
  let order: Promise<void> = Promise.resolve()
  let inFlightBytes = 0
  let inFlightBatches = 0
  let resent = 0
  let paused = false
  let sensorFinished = false
  let heardAtMs = performance.now()

  const attachment: Attachment = gate.attach(identity, {
    send: (message) => {
      if (!stop.signal.aborted) wire.send(message)
    },
    end: (kind, detail) => refuse(kind, detail),
  })
  const credit = parts.credits.open(tenantId)
  counters.streams += 1
  const timers = [
    setInterval(() => stillHere().catch(noop), STILL_HERE_MS),
    setInterval(confirmAgain, CONFIRM_MS),
    setInterval(() => {
      // A paused stream is silent because of us.
      if (!paused && performance.now() - heardAtMs > SILENT_MS) end(() => wire.close(), 'silent')
    }, SECOND_MS * 5),
  ].map((timer) => timer.unref())

  function end(closeWire: () => void, reason: string): void {
    if (stop.signal.aborted) return
    stop.abort()
    for (const timer of timers) clearInterval(timer)
    counters.streams -= 1
    credit.close()
    attachment.detach()
    closeWire()
    log.info({ reason, resent_batches: resent }, 'uplink closed')
  }

  function refuse(kind: RefusalKind, detail: string): void {
    if (stop.signal.aborted) return
    counters.refused[kind] += 1
    log.warn({ refusal: kind, detail }, 'uplink refused')
    end(() => {
      wire.send({ refusal: { kind, detail } })
      wire.refuse(kind, detail)
    }, kind)
  }

  /** What went wrong ends the stream; the sensor comes back and starts from the marks. */
  function fail(error: unknown): void {
    if (error instanceof StreamGone || stop.signal.aborted) return
    if (error instanceof SensorRefused) refuse(error.reason, error.message)
    else if (error instanceof ExpectedError && (error.kind === 'invalid' || error.kind === 'conflict')) refuse('BAD_BATCH', error.message)
    else {
      log.error({ err: error }, 'an uplink failed')
      end(() => wire.close(), messageOf(error))
    }
  }

  function confirmAgain(): void {
    gate.confirm(identity).catch((error: unknown) => {
      // Without a database the stream stays: nothing is committed meanwhile either.
      if (error instanceof SensorRefused) fail(error)
    })
  }

  async function stillHere(): Promise<void> {
    if (inFlightBatches === 0) return
    for (const [epoch, lane] of lanes) acknowledge(epoch, (await lane).mark)
  }

  const acknowledge = (epoch: string, through: number): void => {
    if (!stop.signal.aborted) wire.send({ ack: { epoch, through, creditBytes: credit.windowBytes() } })
  }

  /** Asks until PostgreSQL answers; the sensor waits at the open stream. */
  async function patiently<T>(what: string, ask: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      if (stop.signal.aborted) throw new StreamGone()
      try {
        return await ask()
      } catch (error) {
        if (attempt % 12 === 0) log.warn({ err: error }, `${what} cannot be read; trying again`)
        await sleep(Math.random() * Math.min(5_000, 100 * 2 ** attempt), stop.signal)
      }
    }
  }

  const marksOf = (epochs: readonly string[]) => patiently('marks', () => store.marks(tenant, sensorId, epochs))

  function openLane(epoch: string, name: string, read: () => Promise<Map<string, number>>): Promise<Lane> {
    const known = lanes.get(epoch)
    if (known) return known
    if (!UUID.test(epoch)) throw new BadBatch('the epoch is not a UUID')
    if (lanes.size >= MOST_EPOCHS) throw new BadBatch(`more than ${MOST_EPOCHS} epochs on one stream`)
    const lane = read().then((found) => {
      const known = found.get(epoch)
      const mark = known ?? 0
      return { mark, taken: mark, lane: name === 'priority' ? 'priority' : 'bulk', isNew: known === undefined, tail: Promise.resolve() }
    })
    lane.catch(fail)
    lanes.set(epoch, lane)
    return lane
  }

  async function greet(hello: picket.v1.Hello.$Properties): Promise<void> {
    const announced = hello.lanes ?? []
    // Before the first event: one from a connector that is not known yet would be stored without it.
    await patiently('connectors', attachment.loadConnectors)
    const marks = await marksOf([...new Set(announced.map(({ epoch }) => epoch ?? ''))].filter((epoch) => UUID.test(epoch)).slice(0, MOST_EPOCHS))
    for (const state of announced) {
      const epoch = state.epoch ?? ''
      await coverForgotten(epoch, state.firstUnacked ?? 0, await openLane(epoch, state.lane ?? '', async () => marks))
    }
    const clockMs = clock().getTime()
    const skewMs = (hello.clockMs ?? 0) - clockMs
    if (Math.abs(skewMs) > 60 * SECOND_MS) log.warn({ skew_ms: skewMs }, "the sensor's clock differs from the hub's")
    wire.send({
      welcome: {
        marks: await Promise.all([...lanes].map(async ([epoch, lane]) => ({ epoch, through: (await lane).mark }))),
        creditBytes: credit.windowBytes(),
        heartbeatMs: HEARTBEAT_MS,
        clockMs,
        ackDeadlineMs: ACK_DEADLINE_MS,
      },
    })
    attachment.hello(hello)
    log.info({ protocol: hello.protocol, version: hello.host?.sensorVersion }, 'uplink open')
  }

  /**
   * A sensor forgets only what was acknowledged. Where the hub does not have it (a database restored from a backup), those events are
   * gone: a tombstone says so and the sequence goes on, instead of waiting for ever for what nobody can send. An epoch that is new here
   * and does not start at 1 was delivered under an earlier identity of the sensor.
   */
  async function coverForgotten(epoch: string, firstUnacked: number, lane: Lane): Promise<void> {
    const [first, last] = [lane.mark + 1, firstUnacked - 1]
    if (!Number.isSafeInteger(last) || last < first) return
    const reason = lane.isNew ? 'delivered_elsewhere' : 'hub_lost'
    log[lane.isNew ? 'warn' : 'error']({ epoch, first, last, reason }, 'a sensor has forgotten events that are not here; a tombstone stands for them')
    const at = clock()
    const tombstones = [{ first, last, reason, count: last - first + 1, at }]
    const missing = { sensorId, epoch, lane: lane.lane, first, last, receivedAt: at, events: [], tombstones, matches: [] }
    const { through } = await commitJudged(parts, tenant, missing, stop.signal)
    lane.mark = lane.taken = Math.max(lane.mark, through)
  }

  async function takeBatch(batch: picket.v1.Batch.$Properties): Promise<void> {
    const epoch = batch.epoch ?? ''
    const first = batch.first ?? 0
    const last = batch.last ?? 0
    const lane = await openLane(epoch, batch.lane ?? '', () => marksOf([epoch]))
    const above = lane.taken
    if (first <= above) {
      resent += 1
      counters.resentBatches += 1
      if (resent === REPLAY_FROM)
        log.warn({ epoch, resent_batches: resent }, 'a sensor sends over and over what is here already: a replay, or a fault')
    }
    if (last <= above) {
      // Here already, or on its way to be: nothing to do but to say so once it is committed.
      return lane.tail.then(() => acknowledge(epoch, lane.mark))
    }
    if (first > above + 1) throw new BadBatch(`sequence gap: ${above + 1} was due, the batch starts at ${first}`)
    lane.taken = last
    const before = lane.tail
    const receivedAt = clock()
    const startedMs = performance.now()
    const work = turns.take(tenantId, stop, Math.min(batch.uncompressedBytes ?? 0, MAX_UNCOMPRESSED_BYTES)).then(async (release) => {
      let settled: (() => void) | undefined
      try {
        if (stop.signal.aborted) throw new StreamGone()
        const read = readBatch(await unpackBatch(batch), {
          sensorId,
          epoch,
          first,
          last,
          above,
          receivedAt,
          knowsConnector: attachment.knowsConnector,
        })
        settled = meter.receiving?.(tenantId, read.events.length)
        const { events, matches } = await judge(parts, tenant, read.events, stop.signal)
        await before
        const judged = {
          sensorId,
          epoch,
          lane: lane.lane,
          first: above + 1,
          last,
          receivedAt,
          events,
          tombstones: read.tombstones,
          matches,
        }
        await commit(judged, read, lane, startedMs)
      } finally {
        settled?.()
        release()
      }
    })
    lane.tail = work
    // Whoever waits for the tail sees the failure too; this keeps it from being nobody's.
    work.catch(noop)
    return work
  }

  async function commit(judged: JudgedBatch, read: ReadBatch, lane: Lane, startedMs: number): Promise<void> {
    const { through, stored, notices } = await commitJudged(parts, tenant, judged, stop.signal)
    lane.mark = Math.max(lane.mark, through)
    acknowledge(judged.epoch, lane.mark)
    counters.batches += 1
    counters.events += stored
    counters.poisonEvents += read.poisoned
    counters.tombstonedEvents += read.tombstones.reduce((sum, { count }) => sum + count, 0)
    for (const notice of notices) live.publish(tenantId, { type: 'alert', notice })
    if (stored === 0) return
    meter.committed(tenantId, {
      sensorId,
      stored,
      bytes: read.bytes,
      unparsed: judged.events.reduce((sum, { parsed }) => sum + (parsed ? 0 : 1), 0),
      matched: judged.matches.length,
      alertsCreated: notices.filter(({ created }) => created).length,
      byConnector: countByConnector(judged),
      tookMs: performance.now() - startedMs,
    })
  }

  /** Reading stops where a sensor sends more than it has credit for: TCP then holds it back. */
  function balance(): void {
    const window = credit.windowBytes()
    const full = inFlightBatches >= MOST_BATCHES || (inFlightBatches > 1 && inFlightBytes > 2 * window)
    if (full === paused || stop.signal.aborted) return
    paused = full
    if (full) wire.pause()
    else {
      heardAtMs = performance.now()
      wire.resume()
    }
  }

  function receiveBatch(batch: picket.v1.Batch.$Properties): void {
    const bytes = batch.payload?.length ?? 0
    inFlightBytes += bytes
    inFlightBatches += 1
    balance()
    const work = order.then(() => greeted).then(() => ({ done: takeBatch(batch) }))
    // A hello that failed has ended the stream already.
    order = work.then(noop, noop)
    work
      .then(({ done }) => done)
      .catch(fail)
      .finally(() => {
        inFlightBytes -= bytes
        inFlightBatches -= 1
        balance()
        closeIfDone()
      })
  }
  function closeIfDone(): void {
    if (sensorFinished && inFlightBatches === 0) end(() => wire.close(), 'finished')
  }

  function handle(message: picket.v1.SensorMessage.$Properties): void {
    if (message.hello) {
      if (greeted) throw new BadBatch('a second hello')
      if ((message.hello.protocol ?? 0) < PROTOCOL) throw new BadBatch(`protocol ${message.hello.protocol ?? 0} is not spoken here`)
      greeted = greet(message.hello)
      greeted.catch(fail)
      return
    }
    if (!greeted) throw new BadBatch('the first message must be a hello')
    if (message.batch) receiveBatch(message.batch)
    else if (message.heartbeat) attachment.heartbeat(message.heartbeat)
    else if (message.packStatus) attachment.packStatus(message.packStatus)
    else if (message.commandResult) attachment.commandResult(message.commandResult)
    // Anything else comes from a newer sensor: what this version does not know it leaves alone.
  }

  return {
    receive(message) {
      if (stop.signal.aborted) return
      heardAtMs = performance.now()
      attachment.heard()
      try {
        handle(message)
      } catch (error) {
        fail(error)
      }
    },
    finished() {
      sensorFinished = true
      closeIfDone()
    },
    gone: () => end(() => undefined, 'connection lost'),
  }
}

const noop = (): void => undefined

function countByConnector({ events }: JudgedBatch): Map<string, { events: number; bytes: number }> {
  const counts = new Map<string, { events: number; bytes: number }>()
  for (const { connectorId, rawBytes } of events) {
    if (connectorId === undefined) continue
    const count = counts.get(connectorId) ?? { events: 0, bytes: 0 }
    counts.set(connectorId, count)
    count.events += 1
    count.bytes += rawBytes
  }
  return counts
}
