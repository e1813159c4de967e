/** Windows event logs (`.evtx`): bytes in, documents out. The public names of this folder. */
export { type EvtxChunk, type EvtxChunkOptions, type EvtxRecord, readEvtxChunk } from './chunk.ts'
export type { EvtxLoss, EvtxLossKind } from './fault.ts'
export { createEvtxFramer, type EvtxFrame, type EvtxFramer, looksLikeEvtx } from './frames.ts'
export { type EvtxBatch, readEvtx } from './read.ts'
