/** What is damaged, for scripts and counters. */
export type EvtxLossKind =
  | 'file_header'
  | 'chunk_header'
  | 'chunk_checksum'
  | 'chunk_missing'
  | 'misaligned'
  | 'truncated'
  | 'record'
  | 'slack_record'
  | 'bytes_skipped'
  | 'name_hash'

/** Something of the file that is lost or doubtful, and where. Reading goes on behind it. */
export interface EvtxLoss {
  readonly kind: EvtxLossKind
  /** Bytes from the beginning of the file. */
  readonly offset: number
  readonly reason: string
  /** The record it befell, where its number could still be read. */
  readonly recordId?: number | string | undefined
}

/** Raised inside a chunk where its bytes make no sense; caught at the record, which becomes a loss. */
export class EvtxFault extends Error {
  /** @param at - where in the chunk it was noticed, in bytes from its beginning */
  constructor(
    readonly at: number | undefined,
    reason: string,
  ) {
    super(reason)
    this.name = 'EvtxFault'
  }
}
