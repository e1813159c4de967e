import type { EvtxLoss } from '../../shared/evtx/evtx.ts'
import type { RuleLevel, RuleProblem } from '../../shared/sigma/contract.ts'
import type { BlockResult } from './detect-engine.ts'
import type { RuleHead } from './detect-worker-loop.ts'

/** What was counted of one file. */
export interface FileTally {
  readonly file: string
  events: number
  unreadable: number
  matches: number
  /** Places in an event log that are damaged. */
  losses: number
  slackRecords: number
  /** Why it could not be read, or not to its end. */
  error?: string | undefined
}

/** Losses kept with their places; past it they are counted. */
const LOSSES_KEPT = 1_000
/** Files listed one by one. */
const FILES_LISTED = 10_000

/** What a run counts, for the last line on the screen and for `--stats`. */
export interface Tally {
  readonly files: readonly FileTally[]
  readonly events: number
  readonly matches: number
  readonly unreadable: number
  begin(file: string): FileTally
  add(file: FileTally, result: BlockResult, rules: readonly RuleHead[]): void
  readonly problems: RuleProblem[]
  /** Whether a rule of at least this level fired. */
  fired(atLeast: readonly RuleLevel[]): boolean
  /** All workers' together. */
  readonly compileMs: number
  /** As `--stats` writes it. */
  stats(): object
}

export function createTally(): Tally {
  const files: FileTally[] = []
  const problems: RuleProblem[] = []
  const losses: (EvtxLoss & { file: string })[] = []
  const byRule = new Map<RuleHead, number>()
  const sum = (field: 'events' | 'unreadable' | 'matches' | 'losses' | 'slackRecords') => files.reduce((all, file) => all + file[field], 0)
  let events = 0
  let matches = 0
  let compileMs = 0
  const byLevel = () => {
    const counts: Partial<Record<RuleLevel, number>> = {}
    for (const [{ level }, hits] of byRule) counts[level] = (counts[level] ?? 0) + hits
    return counts
  }
  return {
    files,
    problems,
    get events() {
      return events
    },
    get matches() {
      return matches
    },
    get compileMs() {
      return compileMs
    },
    get unreadable() {
      return sum('unreadable')
    },
    begin(file) {
      const tally: FileTally = { file, events: 0, unreadable: 0, matches: 0, losses: 0, slackRecords: 0 }
      files.push(tally)
      return tally
    },
    add(file, result, rules) {
      events += result.events
      matches += result.hits.length
      compileMs += result.compileMs
      file.events += result.events
      file.unreadable += result.unreadable
      file.matches += result.hits.length
      file.losses += result.losses.length
      file.slackRecords += result.slackRecords
      for (const loss of result.losses.slice(0, LOSSES_KEPT - losses.length)) losses.push({ file: file.file, ...loss })
      for (const { rule } of result.hits) {
        const head = rules[rule]
        if (head) byRule.set(head, (byRule.get(head) ?? 0) + 1)
      }
    },
    fired: (levels) => [...byRule.keys()].some(({ level }) => levels.includes(level)),
    stats: () => ({
      matches_by_level: byLevel(),
      matches_by_rule: [...byRule]
        .sort(([, left], [, right]) => right - left)
        .map(([{ id, title, level }, hits]) => ({ rule_id: id, title, level, matches: hits })),
      files: files.slice(0, FILES_LISTED).map(({ slackRecords, ...file }) => ({ ...file, slack_records: slackRecords })),
      files_total: files.length,
      files_failed: files.filter(({ error }) => error !== undefined).length,
      losses: losses.map(({ recordId, ...loss }) => ({ ...loss, record_id: recordId })),
      losses_total: sum('losses'),
    }),
  }
}
