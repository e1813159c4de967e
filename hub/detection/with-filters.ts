import type { SigmaRule } from '../../shared/sigma/contract.ts'
import { applyFilters, parseRules } from '../../shared/sigma/sigma.ts'
import type { Placeholders } from './worker-protocol.ts'

/** The rule as the engine runs it: joined to those of the filters that are for it. @param texts - Sigma filters, each a text of its own */
export function withFilters(rule: SigmaRule, texts: readonly string[], placeholders: Placeholders): SigmaRule {
  const filters = texts.flatMap((text) => parseRules(text, rule.file, { placeholders }).filters)
  return applyFilters([rule], filters).rules[0] ?? rule
}
