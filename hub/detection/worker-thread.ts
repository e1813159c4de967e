import { Worker } from 'node:worker_threads'
import { ExpectedError, messageOf } from '../../shared/errors.ts'
import type { Answer, Numbered, WorkerStart } from './worker-protocol.ts'

/** A worker ended while it held the request. Nothing of it is known; asking again is safe. */
export class DetectionUnavailable extends ExpectedError {
  readonly code = 'detection_unavailable'
  readonly kind = 'unavailable'
}

/** One worker thread and the requests it has in hand. */
export interface WorkerThread<Request extends { readonly ask: string }, Replies> {
  /** @throws {DetectionUnavailable} the worker ended first; Error: it refused, with its reason */
  ask<Ask extends Request['ask'] & keyof Replies>(request: Extract<Request, { ask: Ask }>): Promise<Replies[Ask]>
  readonly inHand: number
  /** Settles when the worker has ended, with why. */
  readonly ended: Promise<string>
  /** Ends it at once; what it has in hand fails. */
  end(): Promise<void>
  /** Ends it when it has answered all that it has in hand. */
  retire(): Promise<void>
}

/** @param script - the workers' bundled program */
export function startWorkerThread<Request extends { readonly ask: string }, Replies>(
  script: string | URL,
  start: WorkerStart,
): WorkerThread<Request, Replies> {
  const worker = new Worker(script, { workerData: start })
  const waiting = new Map<number, { resolve: (reply: never) => void; reject: (error: Error) => void }>()
  let nextId = 1
  let idle: (() => void) | undefined
  let over: string | undefined

  worker.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('refused' in answer) asker?.reject(new Error(answer.refused))
    else asker?.resolve(answer.reply as never)
    if (waiting.size === 0) idle?.()
  })
  let fault = 'it exited'
  worker.on('error', (error) => {
    fault = messageOf(error)
  })
  const ended = new Promise<string>((resolve) => {
    worker.on('exit', () => {
      over = fault
      for (const { reject } of waiting.values()) reject(new DetectionUnavailable(`a detection worker ended: ${fault}`))
      waiting.clear()
      idle?.()
      resolve(fault)
    })
  })
  const end = async () => void (await worker.terminate())

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) {
          reject(new DetectionUnavailable(`a detection worker ended: ${over}`))
          return
        }
        const id = nextId++
        const message: Numbered<Request> = { id, request }
        // Before it waits: what cannot be sent is not in hand.
        worker.postMessage(message)
        waiting.set(id, { resolve, reject })
      }),
    get inHand() {
      return waiting.size
    },
    ended,
    end,
    retire: () =>
      new Promise((resolve, reject) => {
        idle = () => end().then(resolve, reject)
        if (waiting.size === 0) idle()
      }),
  }
}
