import { RULE_LEVELS, type RuleLevel } from '../../../../shared/sigma/contract.ts'
import { documentsIn } from '../../../../shared/sigma/parse/documents.ts'
import { parseRules } from '../../../../shared/sigma/sigma.ts'
import type { SourceFile } from '../archive/archive.ts'

/** Which rules are taken. */
export interface Choice {
  readonly minLevel: RuleLevel | undefined
  /** Undefined: any but `deprecated` and `unsupported`. A rule without a status counts as `experimental`. */
  readonly status: readonly string[] | undefined
}

/** What a file of the source is. */
export type Chosen =
  | { readonly kind: 'taken'; readonly rules: number; readonly needsPlaceholders: boolean }
  /** Left out by the caller's choice. */
  | { readonly kind: 'filtered' }
  /** Not usable; the reason names the line. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** YAML, but no rule. */
  | { readonly kind: 'other' }

const LEFT_OUT: readonly string[] = ['deprecated', 'unsupported']
/** What a document is told by. */
const KINDS: readonly string[] = ['detection', 'correlation', 'filter', 'logsource']

/** Whether a source's file is to be imported. A file of several rules is taken whole where one of them is. */
export function choose({ path, bytes }: SourceFile, { minLevel, status }: Choice): Chosen {
  const text = Buffer.from(bytes).toString('utf8')
  const documents = documentsIn(text)
  if (!documents.some(({ content, fault }) => fault || (content && KINDS.some((kind) => kind in content)))) return { kind: 'other' }
  const { rules, correlations, filters, problems } = parseRules(text, path)
  // Rules that wait for placeholder values are sound; they load once the values are there.
  const faults = problems.filter(({ code }) => code !== 'expand_without_placeholders')
  const [fault] = faults
  if (fault) return { kind: 'rejected', reason: `line ${fault.line}: ${fault.reason}` }
  const least = minLevel === undefined ? 0 : RULE_LEVELS.indexOf(minLevel)
  const fits = (each: { readonly level: RuleLevel; readonly status: string }): boolean =>
    RULE_LEVELS.indexOf(each.level) >= least && (status ? status.includes(each.status || 'experimental') : !LEFT_OUT.includes(each.status))
  const waiting = problems.length - faults.length
  const count = rules.length + correlations.length + filters.length + waiting
  const taken = [...rules, ...correlations].some(fits) || filters.length > 0 || waiting > 0
  return taken ? { kind: 'taken', rules: count, needsPlaceholders: waiting > 0 } : { kind: 'filtered' }
}
