/** Uncompressed bytes being decoded, judged or committed at once, over all tenants. */
const DEFAULT_CAPACITY_BYTES = 64 * 1024 * 1024
/** Batches of one stream at work at once: one commits, the next is judged, one is decoded. */
const MOST_PER_STREAM = 3

interface Waiting {
  readonly bytes: number
  readonly start: () => void
}

interface Queue {
  readonly waiting: Waiting[]
  held: number
}

/**
 * Bounds the memory of batches at work and gives each tenant its turn: a free place goes to the tenant that was served longest ago, and within it to
 * the stream that was. A tenant that floods waits behind its own batches. Turns of one stream start in the order they were asked for.
 */
export function createFairTurns(capacityBytes = DEFAULT_CAPACITY_BYTES) {
  // Maps keep insertion order: the first entry is the one served longest ago, and being served moves it to the end.
  const tenants = new Map<string, Map<object, Queue>>()
  let heldBytes = 0

  const fits = (bytes: number) => heldBytes === 0 || heldBytes + bytes <= capacityBytes

  function startNext(): boolean {
    for (const [tenantId, streams] of tenants) {
      for (const [stream, queue] of streams) {
        const next = queue.waiting[0]
        if (!next || queue.held >= MOST_PER_STREAM) continue
        // The oldest in line that does not fit yet is waited for: passing it over would starve large batches.
        if (!fits(next.bytes)) return false
        queue.waiting.shift()
        queue.held += 1
        heldBytes += next.bytes
        streams.delete(stream)
        streams.set(stream, queue)
        tenants.delete(tenantId)
        tenants.set(tenantId, streams)
        next.start()
        return true
      }
    }
    return false
  }

  function release(tenantId: string, stream: object, bytes: number): void {
    heldBytes -= bytes
    const streams = tenants.get(tenantId)
    const queue = streams?.get(stream)
    if (streams && queue) {
      queue.held -= 1
      if (queue.held === 0 && queue.waiting.length === 0) streams.delete(stream)
      if (streams.size === 0) tenants.delete(tenantId)
    }
    while (startNext());
  }

  return {
    /** Resolves when it is this batch's turn; whoever gets it must call what it resolves to, once, when the batch is done with. */
    take(tenantId: string, stream: object, bytes: number): Promise<() => void> {
      const streams = tenants.get(tenantId) ?? new Map<object, Queue>()
      tenants.set(tenantId, streams)
      const queue = streams.get(stream) ?? { waiting: [], held: 0 }
      streams.set(stream, queue)
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
