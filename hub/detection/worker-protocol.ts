import type { RuleProblem, SigmaCorrelation, SigmaRule } from '../../shared/sigma/contract.ts'
import type { RuleGroup } from './evaluations.ts'
import type { DetectionEvent, RuleStage } from './ports.ts'
import type { RuleFile } from './rule-files.ts'

/** What one worker program is started for: one bundle holds all. */
export interface WorkerStart {
  readonly serves: 'shared rules' | 'tenants' | 'backtest' | 'trials'
}

/** Values of `%name%` placeholders. */
export type Placeholders = ReadonlyMap<string, readonly string[]>

/** Event index, rule index, matched conditions. */
export type IndexedMatch = readonly [event: number, rule: number, matchedConditions: readonly string[]]

export interface Judged {
  readonly matches: readonly IndexedMatch[]
  /** Time spent on the batch, parsing included, ms; one figure per event would cost more than it tells. */
  readonly tookMs: number
  /** The slowest single event of the batch, ms. */
  readonly slowestMs: number
}

/** A rule without its detection, which stays in the worker: it may be large, and only the matcher reads it. */
export const withoutDetection = (rule: SigmaRule): SigmaRule => ({ ...rule, detection: undefined })

/** A shared rule that waits for values: it runs for tenants whose lists have them all. */
export interface PlaceholderRule {
  readonly file: string
  readonly line: number
  readonly source: string
  readonly placeholders: readonly string[]
  /** Texts of the filters that are for it. */
  readonly filters: readonly string[]
}

/** Everything about a rule set but its rules, which follow in parts. Every worker that loads the same files has the same rules in the same order. */
export interface RuleSetHead {
  readonly rules: number
  readonly problems: readonly RuleProblem[]
  readonly correlations: readonly SigmaCorrelation[]
  /** Texts of the filters, which the rules are joined to already. */
  readonly filters: readonly string[]
  readonly placeholderRules: readonly PlaceholderRule[]
  readonly groups: readonly RuleGroup[]
}

/** Some of the rules, without their detections. Their texts, most of what they are, lie in one block outside the heap until somebody asks for one. */
export interface RulesPart {
  readonly rules: readonly Omit<SigmaRule, 'source'>[]
  /** UTF-8, one after the other. */
  readonly sources: Uint8Array
  /** Where each text ends, in bytes. */
  readonly ends: readonly number[]
}

/** To a worker of shared rules. Files come in parts, so that handing them over holds nobody up; `load` is asked once. */
export type SharedRequest =
  | { readonly ask: 'files'; readonly files: readonly RuleFile[] }
  | { readonly ask: 'load'; readonly placeholders: Placeholders }
  | { readonly ask: 'rules'; readonly from: number; readonly to: number }
  | { readonly ask: 'judge'; readonly events: readonly DetectionEvent[] }

export interface SharedReplies {
  readonly files: undefined
  readonly load: RuleSetHead
  readonly rules: RulesPart
  readonly judge: Judged
}

/** A tenant's content as its worker takes it. */
export interface TenantContent {
  readonly rules: readonly { readonly id: string; readonly source: string; readonly stage: RuleStage; readonly runs: boolean }[]
  readonly placeholderRules: readonly PlaceholderRule[]
  readonly valueLists: Placeholders
  readonly exceptions: readonly { readonly id: string; readonly detection: string }[]
}

export interface LoadedContent {
  /** All that can be parsed, also those that do not run, without their detection; shared ones that got their values are last. */
  readonly rules: readonly SigmaRule[]
  /** The rules that run, by their place in `rules`: what a match's index counts. */
  readonly running: readonly number[]
  readonly problems: readonly RuleProblem[]
}

/** Events a rule fired on, and the exceptions that could hold for it there. */
export interface ExceptionCheck {
  readonly event: DetectionEvent
  /** The log source of the rule: it says what the exception's field names mean. */
  readonly logsource: SigmaRule['logsource']
  readonly exceptions: readonly string[]
}

/** To the worker of tenants. `content` names what was loaded before. */
export type TenantRequest =
  | { readonly ask: 'load'; readonly content: number; readonly what: TenantContent }
  | { readonly ask: 'unload'; readonly content: number }
  | { readonly ask: 'judge'; readonly content: number; readonly events: readonly DetectionEvent[] }
  | { readonly ask: 'except'; readonly content: number; readonly checks: readonly ExceptionCheck[] }
  | { readonly ask: 'time'; readonly content: number; readonly rule: number; readonly events: readonly DetectionEvent[] }

export interface TenantReplies {
  readonly load: LoadedContent
  readonly unload: undefined
  readonly judge: Judged
  /** Per check the ids of those that hold. */
  readonly except: readonly (readonly string[])[]
  /** What the one rule takes for the events, ms. */
  readonly time: number
}

/** Every request has an id, and every request one answer: what was asked for, or why it cannot be had. */
export interface Numbered<Request> {
  readonly id: number
  readonly request: Request
}
export type Answer = { readonly id: number; readonly reply: unknown } | { readonly id: number; readonly refused: string }
