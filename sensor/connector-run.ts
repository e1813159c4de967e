import { setTimeout as sleep } from 'node:timers/promises'
import { ExpectedError, messageOf } from '../shared/errors.ts'
import type { Normalizer } from '../shared/normalize/contract.ts'
import { type Buffer, BufferUnavailable } from './buffer/contract.ts'
import type { ConnectorCheck } from './check.ts'
import type { Log } from './log.ts'
import { RateWindow } from './rate-window.ts'
import type { Processed, RecordPipeline } from './record-pipeline.ts'
import type { Source, SourceBatch, StoreOptions } from './source.ts'

export type ConnectorStatus = 'healthy' | 'degraded' | 'unhealthy' | 'unknown' | 'disabled'

/** A check as it goes to the hub. */
export interface ReportedCheck {
  readonly type: string
  readonly status: string
  readonly message: string
  readonly latencyMs: number
  readonly eventsInLastMinute: number
}

export interface ConnectorHealth {
  readonly status: ConnectorStatus
  readonly message: string
  readonly checks: readonly ReportedCheck[]
}

export interface ConnectorRunOptions {
  readonly connectorId: string
  readonly source: Source<object>
  readonly config: object
  readonly normalizer: Normalizer
  readonly pipeline: RecordPipeline
  readonly buffer: Buffer
  readonly now: () => Date
  readonly log: Log
}

const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 60_000
/** A run this long was a good one: the next failure starts at the short end again. */
const GOOD_RUN_MS = 60_000

/** One connector's life: runs its source, starts it again with a back-off when it fails, stores what it reads. */
export class ConnectorRun {
  readonly #options: ConnectorRunOptions
  readonly #stop = new AbortController()
  readonly #window = new RateWindow()
  readonly #checks = new Map<ConnectorCheck['type'], ConnectorCheck>()
  readonly #done: Promise<void>
  #failure: string | undefined
  /** Rejected by the source and not yet in the durable counters. */
  #rejected = 0
  #storing = 0
  /** What the pipeline made of batches the buffer did not take: a source that hands one in again has it neither judged nor counted twice. */
  readonly #unstored = new WeakMap<SourceBatch, Processed>()

  constructor(options: ConnectorRunOptions) {
    this.#options = options
    this.#done = this.#live()
  }

  /** Resolves once the source has ended and all it read is stored. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.saveRejected()
  }

  health(): ConnectorHealth {
    const events = this.#window.total(this.#options.now())
    const flowing: ReportedCheck = {
      type: 'data_flow',
      status: events > 0 ? 'pass' : 'unknown',
      message: events > 0 ? `${events} events in the last minute` : 'no events in the last minute',
      latencyMs: 0,
      eventsInLastMinute: events,
    }
    const own = [...this.#checks.values()].filter((check) => check.type !== 'data_flow')
    const checks = [...own.map((check) => ({ ...check, latencyMs: check.latencyMs ?? 0, eventsInLastMinute: 0 })), flowing]
    if (this.#failure !== undefined) return { status: 'unhealthy', message: this.#failure, checks }
    const failing = own.find((check) => check.status === 'fail')
    if (failing) return { status: 'degraded', message: failing.message, checks }
    const connectivity = this.#checks.get('connectivity')
    if (!connectivity) return { status: 'unknown', message: 'starting', checks }
    return { status: 'healthy', message: `${connectivity.message}; ${flowing.message}`, checks }
  }

  checks(): readonly ConnectorCheck[] {
    return this.health().checks.map(({ type, status, message, latencyMs }) => ({ type, status, message, latencyMs }) as ConnectorCheck)
  }

  /** Moves rejections into the durable counters, where no batch has taken them along. */
  async saveRejected(): Promise<void> {
    if (this.#rejected === 0 || this.#storing > 0) return
    try {
      await this.#append({ records: [] }, { whenFull: 'shed' })
    } catch (error) {
      // Kept in memory for the next time.
      if (!(error instanceof BufferUnavailable)) throw error
    }
  }

  async #live(): Promise<void> {
    const { signal } = this.#stop
    const { connectorId, log } = this.#options
    let delayMs = FIRST_RETRY_MS
    while (!signal.aborted) {
      const startedAtMs = performance.now()
      try {
        await this.#runOnce()
        if (signal.aborted) return
        this.#failure = 'the source ended by itself'
      } catch (error) {
        this.#failure = messageOf(error)
        const known = error instanceof ExpectedError || (error instanceof Error && 'code' in error)
        if (known) log.warn({ connectorId, problem: this.#failure }, 'a source failed and will be started again')
        else log.error({ connectorId, err: error }, 'a source failed in an unexpected way and will be started again')
      }
      this.#checks.clear()
      this.#checks.set('connectivity', { type: 'connectivity', status: 'fail', message: this.#failure })
      if (performance.now() - startedAtMs > GOOD_RUN_MS) delayMs = FIRST_RETRY_MS
      await pause(delayMs * (0.5 + Math.random() / 2), signal)
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)
    }
  }

  #runOnce(): Promise<void> {
    const { connectorId, source, config, buffer, now } = this.#options
    return source.run({
      connectorId,
      config,
      cursor: buffer.cursor(connectorId),
      signal: this.#stop.signal,
      now,
      store: (batch, options) => this.#append(batch, options),
      report: (check) => {
        this.#failure = undefined
        this.#checks.set(check.type, check)
      },
      rejected: (count) => {
        this.#rejected += count
      },
    })
  }

  async #append(batch: SourceBatch, { whenFull = 'wait', waitMs }: StoreOptions = {}): Promise<void> {
    const { connectorId, pipeline, normalizer, buffer, now } = this.#options
    const processed = this.#unstored.get(batch) ?? (await pipeline.process(batch.records, connectorId, normalizer))
    const { events, filtered, poison, bytes } = processed
    const lost = batch.lost ?? []
    const lostCount = lost.reduce((total, each) => total + each.count, 0)
    const rejected = this.#rejected
    this.#rejected = 0
    this.#storing += 1
    const losses = [...lost, ...(poison > 0 ? [{ reason: 'poison', count: poison }] : [])]
    const patience = whenFull === 'wait' ? new Patience(this.#stop.signal, waitMs) : undefined
    try {
      await buffer.append(
        {
          connectorId,
          events,
          losses: losses.map((each) => ({ ...each, lane: 'bulk', connectorId })),
          cursor: batch.cursor,
          counters: {
            received: batch.records.length + lostCount,
            failed: lostCount + poison + rejected + (batch.cut ?? 0),
            bytes,
            filtered,
          },
        },
        { waitWhenFull: whenFull === 'wait', ...(patience ? { signal: patience.signal } : {}) },
      )
    } catch (error) {
      this.#rejected += rejected
      this.#unstored.set(batch, processed)
      throw error
    } finally {
      this.#storing -= 1
      patience?.end()
    }
    this.#window.add(batch.records.length, now())
  }
}

/** How long a full buffer is waited for: until the connector stops, or `limitMs`. (AbortSignal.any would hold on to every signal it ever made.) */
class Patience {
  readonly #ended = new AbortController()
  readonly #stop: AbortSignal
  readonly #timer: NodeJS.Timeout | undefined
  readonly signal = this.#ended.signal
  readonly #giveUp = () => this.#ended.abort()

  constructor(stop: AbortSignal, limitMs: number | undefined) {
    this.#stop = stop
    if (stop.aborted) this.#giveUp()
    stop.addEventListener('abort', this.#giveUp)
    this.#timer = limitMs === undefined ? undefined : setTimeout(this.#giveUp, limitMs)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#stop.removeEventListener('abort', this.#giveUp)
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
