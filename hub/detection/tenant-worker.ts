import { performance } from 'node:perf_hooks'
import type { LoadedContent, TenantContent, TenantReplies, TenantRequest } from './worker-protocol.ts'
import { DetectionUnavailable, startWorkerThread, type WorkerThread } from './worker-thread.ts'

/** A request that is not answered after so long is given up, and the worker with it. A slice of events is meant to take 20 ms, a load up to seconds. */
const STALLED_MS = 10_000

/** The tenant's request kept the worker busy for too long; the worker was ended. */
export class Stalled extends DetectionUnavailable {}

export interface TenantWorker {
  /** Content stays until `unload`; a worker that is started anew gets it again before it is asked for it. */
  load(tenantId: string, what: TenantContent): Promise<{ content: number; told: LoadedContent }>
  unload(content: number): void
  /** Waits for the tenant's turn. @throws {Stalled}, {DetectionUnavailable} kind `unavailable`; Error: the worker refused */
  ask<Ask extends TenantRequest['ask']>(tenantId: string, request: Extract<TenantRequest, { ask: Ask }>): Promise<TenantReplies[Ask]>
  close(): Promise<void>
}

interface Turn {
  readonly content: number | undefined
  readonly run: (worker: Thread) => Promise<unknown>
  readonly settle: { resolve: (reply: never) => void; reject: (error: unknown) => void }
}

interface Share {
  /** Worker time the tenant had, ms, counted from when it last had nothing to do. */
  servedMs: number
  readonly waiting: Turn[]
}

type Thread = WorkerThread<TenantRequest, TenantReplies>

/**
 * One worker for what tenants write themselves, beside those of the shared rules. It does one thing at a time; the next turn goes to the tenant that had
 * the least of its time (start-time fair queueing), so a tenant with costly rules waits for itself. The thread starts with the first request.
 * How much waits is bounded by the callers: batches by ingest, tries and changes by the API.
 */
export function createTenantWorker(script: string | URL, onFault: (message: string) => void, stalledMs = STALLED_MS): TenantWorker {
  const shares = new Map<string, Share>()
  const contents = new Map<number, TenantContent>()
  let nextContent = 1
  let thread: { readonly worker: Thread; readonly loaded: Set<number> } | undefined
  let busy = false
  let closed = false
  let virtualMs = 0

  const running = () => {
    if (thread) return thread
    const made = { worker: startWorkerThread<TenantRequest, TenantReplies>(script, { serves: 'tenants' }), loaded: new Set<number>() }
    made.worker.ended.then((reason) => {
      if (thread === made) thread = undefined
      if (!closed) onFault(`the worker of tenants' rules ended (${reason}); it is started again when it is needed`)
    })
    thread = made
    return made
  }

  /** @throws {Stalled} */
  const inTime = async <T>(worker: Thread, work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Stalled(`a tenant's rules did not answer within ${stalledMs / 1_000} s`))
        thread = undefined
        worker.end()
      }, stalledMs)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }

  const serve = async ({ content, run }: Turn): Promise<unknown> => {
    const { worker, loaded } = running()
    if (content !== undefined && !loaded.has(content)) {
      const what = contents.get(content)
      if (!what) throw new DetectionUnavailable("the tenant's rules were changed meanwhile")
      await inTime(worker, worker.ask({ ask: 'load', content, what }))
      loaded.add(content)
    }
    return inTime(worker, run(worker))
  }

  const startNext = async (): Promise<void> => {
    if (busy || closed) return
    let least: [string, Share] | undefined
    for (const entry of shares) if (!least || entry[1].servedMs < least[1].servedMs) least = entry
    const turn = least?.[1].waiting.shift()
    if (!least || !turn) return
    busy = true
    const [tenantId, share] = least
    virtualMs = share.servedMs
    const startedAt = performance.now()
    try {
      turn.settle.resolve((await serve(turn)) as never)
    } catch (error) {
      turn.settle.reject(error)
    }
    share.servedMs += performance.now() - startedAt
    if (share.waiting.length === 0) shares.delete(tenantId)
    busy = false
    startNext()
  }

  const takeTurn = <T>(tenantId: string, content: number | undefined, run: (worker: Thread) => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (closed) {
        reject(new DetectionUnavailable('detection is closed'))
        return
      }
      const share = shares.get(tenantId) ?? { servedMs: virtualMs, waiting: [] }
      shares.set(tenantId, share)
      share.waiting.push({ content, run, settle: { resolve, reject } })
      startNext()
    })

  return {
    async load(tenantId, what) {
      const content = nextContent++
      contents.set(content, what)
      try {
        const told = await takeTurn(tenantId, undefined, async (worker) => {
          const reply = await worker.ask({ ask: 'load', content, what })
          thread?.loaded.add(content)
          return reply
        })
        return { content, told }
      } catch (error) {
        contents.delete(content)
        throw error
      }
    },
    unload(content) {
      contents.delete(content)
      if (thread?.loaded.delete(content)) thread.worker.ask({ ask: 'unload', content }).catch(() => undefined) // An ended worker holds nothing.
    },
    ask: (tenantId, request) => takeTurn(tenantId, 'content' in request ? request.content : undefined, (worker) => worker.ask(request)),
    async close() {
      closed = true
      for (const { waiting } of shares.values()) for (const { settle } of waiting) settle.reject(new DetectionUnavailable('detection is closed'))
      shares.clear()
      await thread?.worker.end()
    },
  }
}
