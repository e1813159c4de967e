/** Uncompressed bytes being decoded, judged or committed at once, over all tenants. */
const DEFAULT_CAPACITY_BYTES = 64 * 1024 * 1024
/** Batches of one stream at work at once: one commits, the next is judged, one is decoded. */
const MOST_PER_STREAM = 3

interface Queue {
  readonly waiting: { readonly bytes: number; readonly start: () => void }[]
  held: number
}

interface Share {
  /** Where the tenant's next batch starts in virtual time: the bytes it was served, counted from when it last had nothing to do. */
  startTag: number
  /** The first stream is the one served longest ago: maps keep their order, and being served moves a stream to the end. */
  readonly streams: Map<object, Queue>
}

/**
 * Bounds the memory of batches at work and shares it fairly: a free place goes to the tenant that had the least, by bytes (start-time fair queueing, Goyal,
 * Vin and Cheng, SIGCOMM 1996), and within it to the stream served longest ago. A tenant that floods waits behind its own batches. Turns of one stream start in
 * the order they were asked for.
 */
export function createFairTurns(capacityBytes = DEFAULT_CAPACITY_BYTES) {
  const tenants = new Map<string, Share>()
  let virtualTime = 0
  let heldBytes = 0

  const nextStream = (share: Share) => [...share.streams].find(([, { waiting, held }]) => waiting.length > 0 && held < MOST_PER_STREAM)

  function startNext(): boolean {
    let least: { share: Share; stream: object; queue: Queue } | undefined
    for (const share of tenants.values()) {
      if (least && share.startTag >= least.share.startTag) continue
      const [stream, queue] = nextStream(share) ?? []
      if (stream && queue) least = { share, stream, queue }
    }
    const next = least?.queue.waiting[0]
    // Whose turn it is waits until there is room: passing a large batch over would starve it.
    if (!least || !next || (heldBytes > 0 && heldBytes + next.bytes > capacityBytes)) return false
    const { share, stream, queue } = least
    queue.waiting.shift()
    queue.held += 1
    heldBytes += next.bytes
    share.streams.delete(stream)
    share.streams.set(stream, queue)
    virtualTime = share.startTag
    // An empty batch costs a turn too.
    share.startTag += Math.max(next.bytes, 1)
    next.start()
    return true
  }

  function release(tenantId: string, stream: object, bytes: number): void {
    heldBytes -= bytes
    const share = tenants.get(tenantId)
    const queue = share?.streams.get(stream)
    if (share && queue) {
      queue.held -= 1
      if (queue.held === 0 && queue.waiting.length === 0) share.streams.delete(stream)
      if (share.streams.size === 0) tenants.delete(tenantId)
    }
    while (startNext());
  }

  return {
    /** Resolves when it is this batch's turn; whoever gets it must call what it resolves to when the batch is done with. */
    take(tenantId: string, stream: object, bytes: number): Promise<() => void> {
      const share = tenants.get(tenantId) ?? { startTag: virtualTime, streams: new Map<object, Queue>() }
      tenants.set(tenantId, share)
      const queue = share.streams.get(stream) ?? { waiting: [], held: 0 }
      share.streams.set(stream, queue)
      return new Promise((resolve) => {
        let released = false
        const start = () =>
          resolve(() => {
            if (released) return
            released = true
            release(tenantId, stream, bytes)
          })
        queue.waiting.push({ bytes, start })
        while (startNext());
      })
    },
    heldBytes: () => heldBytes,
  }
}

export type FairTurns = ReturnType<typeof createFairTurns>
