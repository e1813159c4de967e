import { messageOf } from '../../errors.ts'
import type { RuleProblem, SigmaCorrelation, SigmaFilter, SigmaRule } from '../contract.ts'
import type { ModifierContext } from '../modifiers/modifier.ts'
import { createActions } from './actions.ts'
import { toCorrelation } from './correlation.ts'
import { documentsIn, type RuleDocument } from './documents.ts'
import { RuleFault } from './fault.ts'
import { toFilter } from './filter.ts'
import { textOf } from './metadata.ts'
import { toRule } from './rule.ts'

/** Largest file read, in characters; SigmaHQ's largest is 0.3 million. */
const FILE_LIMIT = 16 * 1024 * 1024

/** Variants that `windash` and `expand` may make of one file's values. */
const VARIANT_LIMIT = 250_000

export interface ParsedRules {
  readonly rules: SigmaRule[]
  readonly filters: SigmaFilter[]
  readonly correlations: SigmaCorrelation[]
  readonly problems: RuleProblem[]
}

/**
 * Reads a file of Sigma rules, filters and correlations, several YAML documents or one. Never throws: what cannot be used is a problem with its line
 * and reason, and the other documents of the file are read all the same. Keys the specification does not know are tolerated. Names of other rules are
 * not looked up here, since those may be in other files: see `linkRules`.
 *
 * @param file - the name shown in problems
 * @param context - placeholder values for `expand`
 */
export function parseRules(text: string, file: string, context: ModifierContext = {}): ParsedRules {
  const parsed: ParsedRules = { rules: [], filters: [], correlations: [], problems: [] }
  if (text.length > FILE_LIMIT) {
    parsed.problems.push({ file, line: 1, code: 'too_large', reason: `the file is larger than ${FILE_LIMIT} characters` })
    return parsed
  }
  const actions = createActions()
  const bounded = { ...context, variants: { left: VARIANT_LIMIT } }
  for (const document of documentsIn(text)) {
    try {
      const meant = actions.take(document)
      if (!meant?.content) continue
      const head = meant.content
      if ('correlation' in head) parsed.correlations.push(toCorrelation(head, meant, file))
      else if ('filter' in head) parsed.filters.push(toFilter(head, meant, file, bounded))
      else parsed.rules.push(toRule(head, meant, file, bounded))
    } catch (error) {
      parsed.problems.push(problemOf(error, document, file))
    }
  }
  return parsed
}

function problemOf(error: unknown, document: RuleDocument, file: string): RuleProblem {
  const fault = error instanceof RuleFault ? error : new RuleFault('invalid', messageOf(error))
  const head = document.content ?? {}
  return {
    file,
    line: fault.line ?? document.lineOf(fault.path),
    ruleId: textOf(head['id']) || undefined,
    title: textOf(head['title']) || undefined,
    code: fault.code,
    reason: fault.message,
  }
}
