/** Windows event logs (`.evtx`): bytes in, documents out. The public names of this folder. */
export { type EvtxRecord, readEvtxChunk } from './chunk.ts'
export type { EvtxLoss } from './fault.ts'
export { createEvtxFramer, type EvtxFrame } from './frames.ts'
export { readEvtx } from './read.ts'
