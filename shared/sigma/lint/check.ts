import type { LintDocument } from './document.ts'

/** `error`: the rule cannot work, or not as written. `warning`: it works, but most likely not as meant, or at a price. `info`: worth a look. */
export const SEVERITIES = ['error', 'warning', 'info'] as const
export type Severity = (typeof SEVERITIES)[number]

/** One thing to mend. The message says what is wrong and what to do about it. */
export interface Finding {
  /** The check's name, stable: for ignore lists and dashboards. */
  readonly code: string
  readonly severity: Severity
  readonly file: string
  /** 1-based. */
  readonly line: number
  readonly message: string
  readonly ruleId?: string | undefined
  readonly title?: string | undefined
}

/** A place and what is wrong there; the check adds its code and severity. */
export interface Found {
  readonly line: number
  readonly message: string
}

/** What a check may need that is not in the rules. */
export interface LintContext {
  /** Whether events that test this rule file are kept; undefined: nobody looked. */
  readonly hasTest?: ((file: string) => boolean) | undefined
  /** Values of placeholders, by name. */
  readonly placeholders?: ReadonlyMap<string, readonly string[]> | undefined
}

/** One kind of finding: a file, a line in the list of checks, a row in docs/rules.md. */
export interface LintCheck {
  readonly code: string
  readonly severity: Severity
  /** One line for people: what it finds. */
  readonly title: string
  /** Looks at one document. */
  each?(document: LintDocument, context: LintContext): Iterable<Found>
  /** Looks at all documents together. */
  set?(documents: readonly LintDocument[], context: LintContext): Iterable<Found & { readonly document: LintDocument }>
}
