import { MINUTE_MS, SECOND_MS, sleep } from '../../shared/durations.ts'
import { messageOf } from '../../shared/errors.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { PROTOCOL } from '../../shared/wire/limits.ts'
import type { Buffer } from '../buffer/contract.ts'
import type { Log } from '../log.ts'
import { createBackoff } from './backoff.ts'
import { openChannel } from './channel.ts'
import { type CommandHandlers, createCommands } from './commands.ts'
import { type Identity, readIdentity, writeIdentity } from './identity.ts'
import { createPace } from './pace.ts'
import { createProcessMeter } from './process-report.ts'
import { keepRenewed } from './renewal.ts'
import { type RefusalKind, runSession, type SessionEnd } from './session.ts'

/** A hub's clock this far from ours is worth a warning; events carry both. */
const SKEW_WARNING_MS = MINUTE_MS

/** A hub that says no will not say yes in a second. Each wait is jittered between half and all of it. */
const WAIT_AFTER_REFUSAL: Readonly<Record<RefusalKind, number | undefined>> = {
  REVOKED: 10 * MINUTE_MS,
  UNKNOWN: 10 * MINUTE_MS,
  EXPIRED: 10 * MINUTE_MS,
  DUPLICATE: MINUTE_MS,
  CLOCK_SKEW: 30 * SECOND_MS,
  // The next stream narrows the bad batch down; nothing is gained by waiting.
  BAD_BATCH: undefined,
}

/** What the other parts of the sensor know, for the heartbeat. Totals count since the data directory was made. */
export type CollectionReport = Pick<
  picket.v1.Heartbeat.$Properties,
  'connectors' | 'filters' | 'normalizeMs' | 'normalizedTotal' | 'normalizeFailedTotal'
>

export interface PackHandlers {
  /** 0 when none runs. */
  readonly runningVersion: () => number
  /** Takes or refuses an offered pack. Undefined where a newer offer came meanwhile. Never rejects. */
  readonly offer: (signedPack: Uint8Array) => Promise<picket.v1.PackStatus.$Properties>
}

export interface UplinkState {
  readonly connected: boolean
  readonly hubAddress: string
  readonly connectedAt?: Date | undefined
  readonly lastError?: string | undefined
  readonly refusal?: RefusalKind | undefined
  readonly failures: number
  /** Hub's clock minus ours, milliseconds, at the last Welcome. */
  readonly clockSkewMs?: number | undefined
}

export interface UplinkOptions {
  readonly dataDir: string
  readonly identity: Identity
  /** Where the hub is, if not where it was at enrolment. */
  readonly hubAddress?: string | undefined
  readonly buffer: Buffer
  readonly host: () => picket.v1.HostInfo.$Properties
  readonly report: () => CollectionReport
  readonly packs: PackHandlers
  readonly commands: CommandHandlers
  readonly onIdentity?: ((identity: Identity) => void) | undefined
  readonly onState?: ((state: UplinkState) => void) | undefined
  readonly now?: () => Date
  readonly random?: () => number
  readonly log: Log
}

/**
 * Keeps one stream to the hub open and moves the buffer's content over it; renews the certificate. `run` ends only with its signal.
 * Whatever goes wrong is tried again after a jittered wait.
 */
export function createUplink(options: UplinkOptions) {
  const { dataDir, buffer, host, report, packs, log, now = () => new Date(), random = Math.random } = options
  const hubAddress = options.hubAddress ?? options.identity.hubAddress
  const pace = createPace()
  const backoff = createBackoff(random)
  const onCommand = createCommands(options.commands)
  let identity = options.identity
  let sessionEnds = new AbortController()
  let state: UplinkState = { connected: false, hubAddress, failures: 0 }

  const become = (changes: Partial<UplinkState>) => {
    state = { ...state, ...changes }
    options.onState?.(state)
  }

  const hello = (): picket.v1.Hello.$Properties => ({
    host: host(),
    lanes: buffer.lanes().map(({ epoch, lane, firstUnacked, nextSeq }) => ({ epoch, lane, firstUnacked, nextSeq })),
    packVersion: packs.runningVersion(),
    clockMs: now().getTime(),
    protocol: PROTOCOL,
  })

  const heartbeat = (process: picket.v1.ProcessReport.$Properties): picket.v1.Heartbeat.$Properties => ({
    ...report(),
    clockMs: now().getTime(),
    lanes: buffer.lanes().map((lane, index) => ({
      epoch: lane.epoch,
      lane: lane.lane,
      events: lane.events,
      bytes: lane.bytes,
      // One limit for all lanes: said once, so that the hub's sum over them is the buffer's.
      limitBytes: index === 0 ? lane.limitBytes : 0,
      ...(lane.oldestAt ? { oldestMs: lane.oldestAt.getTime() } : {}),
      appendedTotal: lane.appendedTotal,
      ackedTotal: lane.ackedTotal,
      tombstonedTotal: lane.tombstonedTotal,
    })),
    process,
    packVersion: packs.runningVersion(),
  })

  // Offers are taken one after another, and of those that queued up only the newest.
  let offers = Promise.resolve()
  let newestOffer = 0
  const onPack = (signedPack: Uint8Array): Promise<picket.v1.PackStatus.$Properties | undefined> => {
    const turn = ++newestOffer
    const answer = offers.then(() => (turn === newestOffer ? packs.offer(signedPack) : undefined))
    offers = answer.then(() => undefined)
    return answer
  }

  const onWelcome = ({ clockMs }: picket.v1.Welcome.$Properties) => {
    const clockSkewMs = clockMs ? clockMs - now().getTime() : undefined
    if (clockSkewMs !== undefined && Math.abs(clockSkewMs) > SKEW_WARNING_MS) log.warn({ clockSkewMs }, "the hub's clock and this machine's differ")
    log.info({ hub: hubAddress }, 'connected to the hub')
    become({ connected: true, connectedAt: now(), lastError: undefined, refusal: undefined, clockSkewMs })
  }

  async function connectOnce(meter: ReturnType<typeof createProcessMeter>, signal: AbortSignal): Promise<SessionEnd> {
    const ending = new AbortController()
    sessionEnds = ending
    // Not AbortSignal.any: the long-lived signal would remember every session there ever was.
    const onStop = () => ending.abort()
    signal.addEventListener('abort', onStop, { once: true })
    const client = openChannel(hubAddress, identity)
    try {
      return await runSession({
        client,
        buffer,
        pace,
        hello: hello(),
        heartbeat: () => heartbeat(meter.read()),
        onWelcome,
        onPack,
        onCommand,
        signal: ending.signal,
      })
    } catch (error) {
      return { reason: messageOf(error), useful: false }
    } finally {
      signal.removeEventListener('abort', onStop)
      client.close()
    }
  }

  async function keepConnected(signal: AbortSignal): Promise<void> {
    const meter = createProcessMeter()
    while (!signal.aborted) {
      const { reason, refusal, useful } = await connectOnce(meter, signal)
      if (signal.aborted) break
      if (useful) backoff.reset()
      const wasConnected = state.connected
      // A renewed certificate ended the stream on purpose: connect again at once.
      if (sessionEnds.signal.aborted) {
        become({ connected: false })
        continue
      }
      const refusalWaitMs = refusal && WAIT_AFTER_REFUSAL[refusal]
      const waitMs = refusalWaitMs ? refusalWaitMs * (0.5 + random() / 2) : backoff.next()
      become({ connected: false, connectedAt: undefined, lastError: reason, refusal, failures: backoff.failures })
      // One line when it goes, then one per ten failures: an outage of a night should not fill a disk.
      if (wasConnected || refusal || backoff.failures % 10 === 1)
        log.warn({ hub: hubAddress, reason, refusal, waitMs: Math.round(waitMs) }, 'not connected to the hub')
      await sleep(waitMs, signal)
    }
    meter.close()
    become({ connected: false })
  }

  async function replace(renewed: Identity): Promise<void> {
    await writeIdentity(dataDir, renewed)
    identity = renewed
    options.onIdentity?.(renewed)
    sessionEnds.abort()
  }

  return {
    /** Resolves after the signal aborted and the stream is closed. */
    run: async (signal: AbortSignal): Promise<void> => {
      await Promise.all([keepConnected(signal), keepRenewed({ identity: () => identity, address: hubAddress, replace, now, random, log, signal })])
    },
    state: (): UplinkState => state,
    /** Reads the identity again; where an operator enrolled anew, reconnects with it. */
    reload: async (): Promise<void> => {
      const kept = await readIdentity(dataDir)
      if (kept.certificatePem === identity.certificatePem) return
      identity = kept
      options.onIdentity?.(kept)
      sessionEnds.abort()
    },
  }
}
