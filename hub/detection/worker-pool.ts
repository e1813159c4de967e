import { Worker } from 'node:worker_threads'
import { ExpectedError, messageOf } from '../../shared/errors.ts'
import type { DetectionEvent } from './ports.ts'
import type { WorkerReady, WorkerReply, WorkerRequest, WorkerStart } from './worker-protocol.ts'

/** A worker ended while it held the batch. Nothing of it is known; asking again is safe. */
export class DetectionUnavailable extends ExpectedError {
  readonly code = 'detection_unavailable'
  readonly kind = 'unavailable'
}

interface Member {
  readonly worker: Worker
  readonly waiting: Map<number, { resolve: (reply: WorkerReply) => void; reject: (error: Error) => void }>
  ready: boolean
}

export interface WorkerPool {
  /** Hands the batch to the worker with the fewest batches in hand. @throws {DetectionUnavailable} */
  ask(events: readonly DetectionEvent[]): Promise<WorkerReply>
  /** Workers that have compiled their rules and run. */
  readonly alive: number
  readonly size: number
  close(): Promise<void>
}

/** A worker that ends before this many milliseconds of life is not started again at once: it would only end again. */
const RESTART_PAUSE_MS = 1_000

/**
 * Worker threads that all hold the same compiled rules. One that ends is replaced; its batches fail with `DetectionUnavailable`.
 *
 * @param script - the worker's bundled program
 */
export async function createWorkerPool(
  script: string | URL,
  start: WorkerStart,
  size: number,
  onFault: (message: string) => void,
): Promise<WorkerPool> {
  const members: Member[] = []
  let closing = false
  let nextId = 1

  const spawn = (): Promise<Member> =>
    new Promise((resolve, reject) => {
      const member: Member = { worker: new Worker(script, { workerData: start }), waiting: new Map(), ready: false }
      members.push(member)
      member.worker.on('message', (message: WorkerReady | WorkerReply) => {
        if ('ready' in message) {
          member.ready = true
          resolve(member)
          return
        }
        member.waiting.get(message.id)?.resolve(message)
        member.waiting.delete(message.id)
      })
      let fault = 'it exited'
      member.worker.on('error', (error) => {
        fault = messageOf(error)
      })
      member.worker.on('exit', () => {
        members.splice(members.indexOf(member), 1)
        for (const { reject: fail } of member.waiting.values()) fail(new DetectionUnavailable('a detection worker ended'))
        if (closing) return
        if (!member.ready) {
          reject(new Error(`a detection worker did not start: ${fault}`))
          return
        }
        onFault(`a detection worker ended (${fault}); starting another`)
        setTimeout(() => closing || spawn().catch((error) => onFault(messageOf(error))), RESTART_PAUSE_MS).unref()
      })
    })

  await Promise.all(Array.from({ length: size }, spawn))
  return {
    size,
    get alive() {
      return members.filter((member) => member.ready).length
    },
    ask: (events) =>
      new Promise((resolve, reject) => {
        const idle = members.filter((member) => member.ready).sort((a, b) => a.waiting.size - b.waiting.size)[0]
        if (!idle || closing) {
          reject(new DetectionUnavailable('no detection worker is running'))
          return
        }
        const request: WorkerRequest = { id: nextId++, events }
        idle.waiting.set(request.id, { resolve, reject })
        idle.worker.postMessage(request)
      }),
    close: async () => {
      closing = true
      await Promise.all(members.map((member) => member.worker.terminate()))
    },
  }
}
