import { type EvtxChunkOptions, type EvtxRecord, readEvtxChunk } from './chunk.ts'
import type { EvtxLoss } from './fault.ts'
import { createEvtxFramer, type EvtxFrames } from './frames.ts'

/** What one piece of a file gave, in the file's order. */
export interface EvtxBatch {
  readonly records: readonly EvtxRecord[]
  readonly losses: readonly EvtxLoss[]
  readonly slackRecords: number
}

/**
 * Reads an event log from its bytes as they come; holds one chunk and one piece at most. Damage is reported in the batches and never ends the reading; what is no event log
 * gives losses and no records.
 *
 * @param pieces - the file's bytes in order, in pieces of any size; 64 KiB is a good one
 */
export async function* readEvtx(pieces: AsyncIterable<Uint8Array>, options: EvtxChunkOptions = {}): AsyncGenerator<EvtxBatch> {
  const framer = createEvtxFramer()
  for await (const piece of pieces) yield* batches(framer.push(piece), options)
  yield* batches(framer.end(), options)
}

function* batches({ frames, losses }: EvtxFrames, options: EvtxChunkOptions): Generator<EvtxBatch> {
  if (losses.length > 0) yield { records: [], losses, slackRecords: 0 }
  for (const { offset, bytes } of frames) yield readEvtxChunk(bytes, offset, options)
}
