import { EvtxFault } from './fault.ts'

/**
 * What a record may cost, in characters and nodes made: a record is at most 64 KiB, but its template may name one of its values a thousand times, and that
 * value hold a template of its own. The largest record that expands nothing stays below a third of this, real ones below a hundredth.
 */
const RECORD_LIMIT = 1024 * 1024
/** The same for all records of a chunk together, so that a file's time and memory grow with its size alone; real chunks stay below a twentieth. */
const CHUNK_LIMIT = 4 * 1024 * 1024
/** What a node weighs beside a character. */
const NODE_COST = 16

/** Counts what a chunk's records expand to, and stops those that expand without measure. */
export interface Budget {
  /** A record begins. */
  begin(): void
  node(): void
  characters(count: number): void
}

export function createBudget(): Budget {
  let chunk = 0
  let record = 0
  const spend = (cost: number): void => {
    record += cost
    chunk += cost
    if (record > RECORD_LIMIT) throw new EvtxFault(undefined, 'the record expands to more than a record can hold')
    if (chunk > CHUNK_LIMIT) throw new EvtxFault(undefined, 'the records of this chunk expand to more than a chunk can hold')
  }
  return {
    begin: () => {
      record = 0
    },
    node: () => spend(NODE_COST),
    characters: spend,
  }
}
