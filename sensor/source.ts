import type { RawRecord } from '../shared/event/event.ts'
import type { ConnectorCheck } from './check.ts'

/** Records a source read together, and the cursor that says "everything through here". Stored in one transaction. */
export interface SourceBatch {
  readonly records: readonly RawRecord[]
  /** Opaque to everyone but the source; handed back as `cursor` at the next start. Undefined keeps the one stored. */
  readonly cursor?: string | undefined
  /** Records the source itself had to give up (oversize, undecodable): they become tombstones. */
  readonly lost?: readonly { readonly reason: string; readonly count: number }[] | undefined
  /** Records of this batch that were cut to the size limit: kept, marked in their text, and counted as failed. */
  readonly cut?: number | undefined
}

export interface StoreOptions {
  /**
   * wait (default): for room in a full buffer, until the source is stopped. shed: the oldest events make room at once and are
   * accounted for; for peers that cannot be made to wait, and for the last batches of a source that is stopping.
   */
  readonly whenFull?: 'wait' | 'shed' | undefined
  /** Gives up waiting after this many milliseconds. */
  readonly waitMs?: number | undefined
}

export interface SourceContext<Config> {
  readonly connectorId: string
  readonly config: Config
  /** The cursor stored with the last batch; undefined at the first start. */
  readonly cursor: string | undefined
  readonly signal: AbortSignal
  readonly now: () => Date
  /**
   * Normalises, pre-filters and stores a batch with its cursor in one transaction. Resolves when it is durable (fsynced);
   * only then may the source confirm anything to its peer. Waits while the buffer is full: that is the back-pressure.
   * @throws {BufferUnavailable} kind `unavailable`: nothing of the batch is stored, and nothing may be confirmed
   */
  readonly store: (batch: SourceBatch, options?: StoreOptions) => Promise<void>
  /** Says the source is ready (listening, files found), or what is wrong with it. Shown at the hub. */
  readonly report: (check: ConnectorCheck) => void
  /** Counts what was rejected before it became a record (bad token, bad request). */
  readonly rejected: (count: number) => void
}

/** A kind of source: runs until its signal aborts. Throws only what the runner should show and retry after a back-off. */
export interface Source<Config = object> {
  readonly kind: string
  run(context: SourceContext<Config>): Promise<void>
  /** Tries the settings without keeping anything: can it listen, are the files readable, does the peer answer. Bounded to 10 s. */
  test(config: Config, signal: AbortSignal): Promise<readonly ConnectorCheck[]>
}
