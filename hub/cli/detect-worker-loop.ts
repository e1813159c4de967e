import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../shared/errors.ts'
import type { RuleLevel, RuleProblem } from '../../shared/sigma/contract.ts'
import type { EventBlock } from './detect-blocks.ts'
import { type BlockResult, createDetectEngine, type EngineStart } from './detect-engine.ts'

/** What `picket detect` needs of a rule to report its hits. */
export interface RuleHead {
  readonly id: string
  readonly title: string
  readonly level: RuleLevel
}

/** The rules as a worker loaded them; all workers load the same. */
export interface EngineHead {
  readonly rules: readonly RuleHead[]
  readonly problems: readonly RuleProblem[]
  readonly belowLevel: number
  readonly filters: number
}

export interface WorkerRequest {
  readonly id: number
  readonly block: EventBlock
}
export type WorkerMessage = { readonly ready: EngineHead } | { readonly id: number; readonly result: BlockResult } | { readonly failed: string }

export const engineHead = ({ rules, problems, belowLevel, filters }: ReturnType<typeof createDetectEngine>): EngineHead => ({
  rules: rules.map(({ id, title, level }) => ({ id, title, level })),
  problems,
  belowLevel,
  filters,
})

/** A worker thread's whole life: load the rules, then answer blocks until the port closes. */
export function runDetectWorker(): void {
  const port = parentPort
  if (!port) throw new Error('the detect worker runs as a worker thread only')
  const say = (message: WorkerMessage) => port.postMessage(message)
  try {
    const engine = createDetectEngine(workerData as EngineStart)
    port.on('message', ({ id, block }: WorkerRequest) => {
      try {
        say({ id, result: engine.detect(block) })
      } catch (error) {
        say({ failed: error instanceof Error ? (error.stack ?? error.message) : messageOf(error) })
      }
    })
    say({ ready: engineHead(engine) })
  } catch (error) {
    say({ failed: messageOf(error) })
  }
}
