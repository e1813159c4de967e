import { messageOf } from '../../shared/errors.ts'
import type { EventBlock } from './detect-blocks.ts'
import type { BlockResult } from './detect-engine.ts'
import type { DetectRunner } from './detect-pool.ts'
import type { Hit } from './detect-report.ts'
import type { FileTally, Tally } from './detect-tally.ts'
import { readBlocks } from './event-files.ts'

export interface RunOutput {
  /** Hits of a block, in the order of files and records. */
  hits(hits: readonly Hit[]): Promise<void>
  /** After each block. */
  done(file: FileTally, result: BlockResult): void
  /** A file that could not be read, or not to its end. */
  failed(file: FileTally): void
}

/**
 * Puts files' events to the rules. Blocks are worked on by as many as the runner is wide and reported in their order, so the output is the same for any number of threads.
 *
 * @throws where a worker ended; what a file does wrong is the file's
 */
export async function runDetection(files: readonly string[], runner: DetectRunner, tally: Tally, output: RunOutput): Promise<void> {
  const inHand: { file: FileTally; result: Promise<BlockResult> | BlockResult }[] = []
  const settle = async (): Promise<void> => {
    const next = inHand.shift()
    if (!next) return
    const result = next.result instanceof Promise ? await next.result : next.result
    const first = next.file.events
    tally.add(next.file, result, runner.rules)
    if (result.hits.length > 0) await output.hits(toHits(result, first, next.file.file, runner))
    output.done(next.file, result)
  }
  for (const path of files) {
    const file = tally.begin(path)
    for await (const block of tolerantly(file, output)) {
      const result = runner.run(block)
      // A failure is met where the result is taken; until then it is nobody's.
      if (result instanceof Promise) result.catch(() => undefined)
      inHand.push({ file, result })
      if (inHand.length >= runner.width) await settle()
    }
  }
  while (inHand.length > 0) await settle()
  for (const file of tally.files) {
    if (file.error !== undefined || file.events > 0 || file.losses === 0) continue
    file.error = 'it holds no event that can be read; is it a Windows event log?'
    output.failed(file)
  }
}

async function* tolerantly(file: FileTally, output: RunOutput): AsyncGenerator<EventBlock> {
  try {
    yield* readBlocks(file.file)
  } catch (error) {
    file.error = messageOf(error)
    output.failed(file)
  }
}

function* hitsIn(result: BlockResult, first: number, file: string, runner: DetectRunner): Generator<Hit> {
  for (const { rule, event, ...hit } of result.hits) {
    const head = runner.rules[rule]
    if (head) yield { ...hit, file, rule: head, event: first + event }
  }
}
const toHits = (...given: Parameters<typeof hitsIn>): Hit[] => [...hitsIn(...given)]
