import { type BatchRun, packBatch } from '../../shared/wire/codec.ts'
import { picket } from '../../shared/wire/generated/picket.js'
import type { Buffer, Lane, Lease } from '../buffer/contract.ts'
import type { Pace, RefusedBatch } from './pace.ts'

/** In this order: the priority lane overtakes. */
const LANES: readonly Lane[] = ['priority', 'bulk']

/** With fewer events than this waiting, a lane keeps at most two batches on the way: at low rates each event leaves at once, under load the acks let batches grow. */
const WORTH_A_BATCH = 500
const SMALL_BATCHES_ON_THE_WAY = 2

/** Whatever the hub allows, this much is the most kept in memory for it, in compressed bytes. */
const WINDOW_LIMIT_BYTES = 16 * 1024 * 1024

type PackedBatch = Awaited<ReturnType<typeof packBatch>>

interface OnTheWay extends RefusedBatch {
  readonly lane: Lane
  readonly last: number
  readonly bytes: number
  readonly sentAtMs: number
}

interface Prepared {
  readonly lease: Lease
  readonly batch: PackedBatch
}

/**
 * The buffer began a new epoch while a stream was open: its file was damaged and replaced, or the hub holds more of the old epoch than was ever
 * appended here (a copied or restored machine). Seqs mean something else now, and only a new Hello can say so.
 */
export class EpochChanged extends Error {}

export interface DeliveryOptions {
  readonly buffer: Buffer
  readonly pace: Pace
  readonly send: (batch: picket.v1.Batch.$Properties) => void
  /** A clock that only goes forward, in milliseconds. */
  readonly monotonicMs: () => number
}

/**
 * What of the buffer is on its way over one stream. Nothing leaves the buffer here but by the hub's acknowledgement; a new stream starts
 * again from the first event without one.
 */
export function createDelivery({ buffer, pace, send, monotonicMs }: DeliveryOptions) {
  const onTheWay: OnTheWay[] = []
  /** At most one batch per lane, packed and waiting for credit. */
  const waiting = new Map<Lane, Prepared>()
  const leasedThrough = new Map<Lane, number>()
  const sentThrough = new Map<string, number>()
  let bytesOnTheWay = 0
  let windowBytes = 0
  let deadlineMs = 30_000
  let progressAtMs = monotonicMs()
  let open = false
  let pumping = false

  /** As announced in Hello. */
  const epochs = new Set(buffer.lanes().map(({ epoch }) => epoch))

  const stats = (lane: Lane) => buffer.lanes().find((each) => each.lane === lane)

  async function prepare(lane: Lane): Promise<Prepared | undefined> {
    const held = waiting.get(lane)
    if (held) return held
    const now = stats(lane)
    if (!now) return undefined
    if (!epochs.has(now.epoch)) throw new EpochChanged(`the ${lane} lane has a new epoch; announcing it`)
    const through = leasedThrough.get(lane)
    const pending = now.nextSeq - 1 - Math.max(through ?? 0, now.firstUnacked - 1)
    if (pending <= 0) return undefined
    const laneOnTheWay = onTheWay.filter((each) => each.lane === lane).length
    if (pending < WORTH_A_BATCH && laneOnTheWay >= SMALL_BATCHES_ON_THE_WAY) return undefined
    if (pace.oneByOne && (onTheWay.length > 0 || waiting.size > 0)) return undefined

    const lease = buffer.lease(lane, through, pace.limitBytes, pace.limitEvents)
    if (!lease) return undefined
    leasedThrough.set(lane, lease.last)
    const prepared = { lease, batch: await packBatch(withoutPoison(lease, pace)) }
    waiting.set(lane, prepared)
    return prepared
  }

  /** Sends one batch if it can. False when there is nothing to do until something happens. */
  async function step(): Promise<boolean> {
    for (const lane of LANES) {
      const prepared = await prepare(lane)
      if (!open) return false
      if (!prepared) continue
      const { lease, batch } = prepared
      // A batch larger than the whole window goes alone, or it never would.
      if (bytesOnTheWay > 0 && bytesOnTheWay + batch.payload.length > windowBytes) return false
      waiting.delete(lane)
      const sentAtMs = monotonicMs()
      onTheWay.push({ lane, epoch: lease.epoch, first: lease.first, last: lease.last, events: lease.events, bytes: batch.payload.length, sentAtMs })
      bytesOnTheWay += batch.payload.length
      sentThrough.set(lease.epoch, lease.last)
      send(batch)
      return true
    }
    return false
  }

  async function pump(): Promise<void> {
    // One pump at a time keeps each lane in order; whoever calls meanwhile is served by the running one.
    if (pumping || !open) return
    pumping = true
    try {
      while (open && (await step()));
    } finally {
      pumping = false
    }
  }

  return {
    pump,

    /**
     * The hub's first word: what it already holds, and how much may be on the way.
     */
    welcome({
      marks,
      creditBytes,
      ackDeadlineMs,
    }: {
      marks: readonly { epoch: string; through: number }[]
      creditBytes: number
      ackDeadlineMs: number
    }): void {
      buffer.reconcile(marks)
      windowBytes = Math.min(Math.max(creditBytes, 1), WINDOW_LIMIT_BYTES)
      deadlineMs = ackDeadlineMs
      progressAtMs = monotonicMs()
      open = true
    },

    /** @param creditBytes - the window from now on; 0 leaves it as it is */
    acked(epoch: string, through: number, creditBytes: number): void {
      const sent = sentThrough.get(epoch)
      if (sent === undefined) return
      if (creditBytes > 0) windowBytes = Math.min(creditBytes, WINDOW_LIMIT_BYTES)
      // A hub cannot have committed what was never sent: through is never trusted beyond that.
      const confirmed = Math.min(through, sent)
      buffer.ack(epoch, confirmed)
      progressAtMs = monotonicMs()
      for (let index = onTheWay.length - 1; index >= 0; index--) {
        const batch = onTheWay[index]
        if (!batch || batch.epoch !== epoch || batch.last > confirmed) continue
        onTheWay.splice(index, 1)
        bytesOnTheWay -= batch.bytes
        pace.acked((progressAtMs - batch.sentAtMs) / deadlineMs)
      }
    },

    /** True when the oldest batch on the way has had no answer, and no other batch either, for the hub's own deadline. */
    overdue(): boolean {
      const [oldest] = onTheWay
      return oldest !== undefined && monotonicMs() - Math.max(oldest.sentAtMs, progressAtMs) > deadlineMs
    },

    /** The batch a refusal is about: the only one on the way while batches travel one by one, else the oldest. */
    oldest: (): RefusedBatch | undefined => onTheWay[0],
    idle: (): boolean => onTheWay.length === 0,
    get bytesOnTheWay() {
      return bytesOnTheWay
    },
    close(): void {
      open = false
      waiting.clear()
    },
  }
}

/** The lease as it goes out: the one entry the hub keeps refusing becomes a tombstone, so that the rest can follow and its loss is on the books. */
function withoutPoison(lease: Lease, { poison }: Pace): BatchRun {
  if (!poison || poison.epoch !== lease.epoch || poison.seq !== lease.first || lease.events > 1) return lease
  const connectorId = picket.v1.Entries.decode(lease.entries).entries[0]?.event?.connectorId ?? ''
  const tombstone = { first: lease.first, last: lease.last, reason: 'poison', connectorId, count: lease.last - lease.first + 1, atMs: Date.now() }
  return { ...lease, entries: picket.v1.Entries.encode({ entries: [{ seq: lease.first, tombstone }] }).finish() }
}
