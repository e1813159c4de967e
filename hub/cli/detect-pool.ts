import { Worker } from 'node:worker_threads'
import { type EventBlock, memoryOf } from './detect-blocks.ts'
import { type BlockResult, createDetectEngine, type EngineStart } from './detect-engine.ts'
import { type EngineHead, engineHead, type WorkerMessage, type WorkerRequest } from './detect-worker-loop.ts'

/** Takes blocks and gives results, in one thread or many. */
export interface DetectRunner extends EngineHead {
  /** Blocks to have in hand at once, so that no worker waits for the next. */
  readonly width: number
  /** The block's memory is the runner's from now on. @throws where a worker ended */
  run(block: EventBlock): Promise<BlockResult> | BlockResult
  close(): Promise<void>
}

/** Runs in this thread. */
export function createLocalRunner(start: EngineStart): DetectRunner {
  const engine = createDetectEngine(start)
  return { ...engineHead(engine), width: 1, run: engine.detect, close: async () => undefined }
}

/** Blocks in hand for each worker: one being worked on, the others waiting, so that none idles while the main thread reads and writes in turn (measured: a fifth more than two). */
const BLOCKS_A_WORKER = 4

/**
 * Worker threads that each load all rules. A block goes to the one with the fewest in hand.
 *
 * @param script - path of the workers' bundled program
 * @throws where a worker cannot start
 */
export async function createPool(script: string, start: EngineStart, threads: number): Promise<DetectRunner> {
  const members = Array.from({ length: threads }, () => startMember(script, start))
  const close = async () => {
    await Promise.all(members.map((member) => member.close()))
  }
  try {
    const [head] = await Promise.all(members.map((member) => member.ready))
    if (!head) throw new Error('no worker was asked for')
    return {
      ...head,
      width: threads * BLOCKS_A_WORKER,
      run: (block) => members.reduce((idle, member) => (member.waiting() < idle.waiting() ? member : idle)).run(block),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Member {
  readonly ready: Promise<EngineHead>
  run(block: EventBlock): Promise<BlockResult>
  waiting(): number
  close(): Promise<unknown>
}

function startMember(script: string, start: EngineStart): Member {
  const worker = new Worker(script, { workerData: start })
  const waiting = new Map<number, { resolve: (result: BlockResult) => void; reject: (error: Error) => void }>()
  let nextId = 0
  let failure: Error | undefined
  const ready = new Promise<EngineHead>((resolve, reject) => {
    const fail = (reason: string) => {
      failure ??= new Error(`a detection worker ended: ${reason}`)
      reject(failure)
      for (const { reject: give } of waiting.values()) give(failure)
      waiting.clear()
    }
    worker.on('message', (message: WorkerMessage) => {
      if ('ready' in message) resolve(message.ready)
      else if ('failed' in message) fail(message.failed)
      else {
        waiting.get(message.id)?.resolve(message.result)
        waiting.delete(message.id)
      }
    })
    worker.on('error', (error) => fail(error.message))
    worker.on('exit', (code) => fail(`it exited with ${code}`))
  })
  return {
    ready,
    run: (block) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        const request: WorkerRequest = { id: nextId++, block }
        waiting.set(request.id, { resolve, reject })
        worker.postMessage(request, memoryOf(block) as ArrayBuffer[])
      }),
    waiting: () => waiting.size,
    close: () => worker.terminate(),
  }
}
