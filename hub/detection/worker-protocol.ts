import type { DetectionEvent } from './ports.ts'
import type { RuleFile } from './rule-files.ts'

/** Given to a worker at its start: every worker compiles the same rules in the same order, so a rule's index means the same everywhere. */
export interface WorkerStart {
  readonly files: readonly RuleFile[]
}

export interface WorkerRequest {
  readonly id: number
  readonly events: readonly DetectionEvent[]
}

export interface WorkerReply {
  readonly id: number
  /** Event index, rule index, matched conditions. */
  readonly matches: readonly (readonly [number, number, readonly string[]])[]
  /** Time spent on the batch, parsing included, milliseconds; one figure per event would cost more than it tells. */
  readonly tookMs: number
  /** The slowest single event of the batch, milliseconds. */
  readonly slowestMs: number
}

/** Sent once, when the rules are compiled. */
export interface WorkerReady {
  readonly ready: true
  readonly rules: number
}
