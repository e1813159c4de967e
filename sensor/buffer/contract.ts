import { ExpectedError } from '../../shared/errors.ts'

/** A lane is a sequence space of its own, with its own epoch. Priority overtakes bulk. */
export type Lane = 'bulk' | 'priority'

/** An event encoded for the wire (proto Event), as it lies in the buffer. */
export interface BufferedEvent {
  readonly lane: Lane
  readonly payload: Uint8Array
  readonly connectorId: string
}

export interface BufferedLoss {
  readonly lane: Lane
  readonly connectorId: string
  readonly reason: string
  readonly count: number
}

export interface AppendRequest {
  readonly connectorId: string
  readonly events: readonly BufferedEvent[]
  readonly losses: readonly BufferedLoss[]
  readonly cursor?: string | undefined
  /** Added to the connector's durable counters in the same transaction. */
  readonly counters: { readonly received: number; readonly failed: number; readonly bytes: number; readonly filtered: number }
}

/** A contiguous run of one lane, ready for one wire batch. */
export interface Lease {
  readonly lane: Lane
  readonly epoch: string
  readonly first: number
  readonly last: number
  /** Encoded proto Entries (before compression): events and tombstones in ascending seq. */
  readonly entries: Uint8Array
  readonly events: number
}

/** What the hub holds of an epoch: every seq through `through`. */
export interface HubMark {
  readonly epoch: string
  readonly through: number
}

export interface LaneStats {
  readonly lane: Lane
  readonly epoch: string
  readonly firstUnacked: number
  readonly nextSeq: number
  readonly events: number
  readonly bytes: number
  readonly limitBytes: number
  readonly oldestAt?: Date | undefined
  readonly appendedTotal: number
  readonly ackedTotal: number
  readonly tombstonedTotal: number
}

export interface ConnectorTotals {
  readonly received: number
  readonly failed: number
  readonly bytes: number
  readonly filtered: number
  readonly lastEventAt?: Date | undefined
}

/** The durable outbox in SQLite. */
export interface Buffer {
  /**
   * Events, losses, cursor and counters in one transaction with `synchronous=FULL`; resolves once it is on disk.
   * Calls that arrive together share a commit. Waits while the buffer is at its limit and `waitWhenFull` is set; otherwise the oldest
   * bulk events make room and become tombstones.
   * @throws {BufferUnavailable}
   */
  append(request: AppendRequest, options: { waitWhenFull: boolean; signal?: AbortSignal }): Promise<void>
  /**
   * The oldest run after `afterSeq` of that lane (undefined: from the first unacknowledged), at most `limitBytes` of entries and `limitEvents`
   * events; one larger event goes alone. Undefined when nothing is waiting. Reading is not deleting: an event leaves only through `ack`.
   */
  lease(lane: Lane, afterSeq: number | undefined, limitBytes: number, limitEvents: number): Lease | undefined
  /**
   * Compares with what the hub says it holds, at the beginning of each stream and before anything is sent on it: deletes what the hub has. Where the
   * hub holds seqs that were never sent from here (the file went back in time: a restored snapshot, a log lost with the machine), what was
   * appended since goes on under a new epoch, for its seqs are used up.
   * @throws {BufferUnavailable} nothing may be sent then
   */
  reconcile(marks: readonly HubMark[]): void
  /** Deletes everything of that epoch through `through`. An unknown epoch or an old seq changes nothing. */
  ack(epoch: string, through: number): void
  cursor(connectorId: string): string | undefined
  totals(connectorId: string): ConnectorTotals
  lanes(): readonly LaneStats[]
  /** Small durable values of other parts (running pack, counters), by key. */
  getMeta(key: string): string | undefined
  setMeta(key: string, value: string): void
  /** Calls back (at most once per event loop turn) after events became durable; the uplink wakes on it. Returns the unsubscribe. */
  onAppended(listener: () => void): () => void
  close(): Promise<void>
}

/** The disk is full, failing, or the file is locked. Nothing of the call was kept. */
export class BufferUnavailable extends ExpectedError {
  readonly code = 'buffer_unavailable'
  readonly kind = 'unavailable'
}
