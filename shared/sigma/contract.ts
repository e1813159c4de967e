import type { EventLogsource } from '../event/event.ts'

/** Sigma's severity, lowest first. */
export const RULE_LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type RuleLevel = (typeof RULE_LEVELS)[number]

/** A rule as parsed: its metadata typed, its detection section ready for the compiler. */
export interface SigmaRule {
  readonly id: string
  readonly title: string
  readonly level: RuleLevel
  readonly status: string
  readonly description: string
  readonly author: string
  /** `YYYY-MM-DD`, or undefined. */
  readonly date?: string | undefined
  readonly modified?: string | undefined
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
  readonly tags: readonly string[]
  readonly logsource: RuleLogsource
  /** Tactics by ATT&CK's short name with `_` (`defense_evasion`), techniques as `T1059.001`; from the tags. */
  readonly mitre: { readonly tactics: readonly string[]; readonly techniques: readonly string[] }
  /** The detection section, parsed. Opaque to everything but the compiler. */
  readonly detection: unknown
  /** Where it came from, for messages. */
  readonly file: string
  readonly line: number
  /** The rule's own YAML document, as written. */
  readonly source: string
}

export interface RuleLogsource {
  readonly category?: string | undefined
  readonly product?: string | undefined
  readonly service?: string | undefined
}

/** Why a rule, or a part of one, cannot be used. Never silent: whoever loads rules shows these. */
export interface RuleProblem {
  readonly file: string
  /** 1-based line in the file. */
  readonly line: number
  readonly ruleId?: string | undefined
  readonly title?: string | undefined
  /** Stable name: `yaml`, `missing_field`, `unsupported_modifier`, `condition`, `expand_without_placeholders`, … */
  readonly code: string
  readonly reason: string
}

/**
 * A shape of event that rules are matched on. `ecs` is the hub's document; the others are native shapes, matched in
 * place when hunting over files (evtx_dump, flat Windows JSON, Winlogbeat).
 */
export interface View {
  readonly name: string
  /**
   * Where a rule's field is in this shape, as paths (`['process','command_line']`), most specific first; the first
   * one present wins. Called at compile time only.
   */
  paths(field: string, logsource: RuleLogsource): readonly (readonly string[])[]
}

export interface RuleMatch {
  readonly rule: SigmaRule
  /** Names of the detection's search identifiers that were true and took part in the condition: `['selection']`. */
  readonly matchedConditions: readonly string[]
}

/** Many rules compiled into one. Holds no state between events. */
export interface Matcher {
  readonly rules: readonly SigmaRule[]
  /** Rules that fire on the event. `document` is in the view's shape. Never throws, whatever the document holds. */
  match(document: object, logsource: EventLogsource): RuleMatch[]
  /**
   * How often each rule (by index in `rules`) was applicable by its logsource and so counts as evaluated, and how many
   * events were seen, since the matcher was made. Read by the detection engine for its statistics.
   */
  readonly evaluations: Float64Array
}

export interface CompileResult {
  readonly matcher: Matcher
  readonly problems: readonly RuleProblem[]
}
