import type { RuleProblem, SigmaCorrelation, SigmaFilter, SigmaRule } from '../../shared/sigma/contract.ts'
import { parseRules } from '../../shared/sigma/sigma.ts'
import { RULE_FILE_LIMIT_BYTES, type RuleFile } from './rule-files.ts'
import type { PlaceholderRule, Placeholders } from './worker-protocol.ts'

export interface LoadedRules {
  readonly rules: readonly SigmaRule[]
  readonly problems: readonly RuleProblem[]
  readonly correlations: readonly SigmaCorrelation[]
  readonly filters: number
  readonly placeholderRules: readonly PlaceholderRule[]
}

/**
 * Reads rule files as a whole: rules with the filters among the files applied, correlations, and the rules that wait for placeholder values. The first
 * of two rules with one id is used, the other is a problem.
 */
export function loadRules(files: readonly RuleFile[], placeholders: Placeholders): LoadedRules {
  const rules: SigmaRule[] = []
  const problems: RuleProblem[] = []
  const placeholderRules: PlaceholderRule[] = []
  const correlations: SigmaCorrelation[] = []
  const filters: SigmaFilter[] = []
  const known = new Map<string, SigmaRule>()
  for (const { file, text, isTooLarge } of files) {
    if (isTooLarge) problems.push({ file, line: 1, code: 'too_large', reason: `the file is larger than ${RULE_FILE_LIMIT_BYTES} bytes; split it` })
    const parsed = parseRules(text, file, { placeholders })
    for (const rule of parsed.rules) {
      const first = known.get(rule.id)
      if (first) problems.push(duplicate(rule, first))
      else {
        known.set(rule.id, rule)
        rules.push(rule)
      }
    }
    correlations.push(...parsed.correlations)
    filters.push(...parsed.filters)
    problems.push(...parsed.problems)
    if (parsed.problems.some(({ code }) => code === 'expand_without_placeholders')) placeholderRules.push(...waitingFor(text, file, parsed.problems))
  }
  return { rules, problems, correlations, filters: filters.length, placeholderRules }
}

const duplicate = ({ file, line, id, title }: SigmaRule, first: SigmaRule): RuleProblem => ({
  ...{ file, line, ruleId: id, title, code: 'duplicate_id' },
  reason: `${first.file}:${first.line} has a rule with the same id; give one of them another`,
})

/** The rules that are refused for want of values, found by reading the file once more as if every list were there. */
function waitingFor(text: string, file: string, problems: readonly RuleProblem[]): PlaceholderRule[] {
  const lines = new Set(problems.filter(({ code }) => code === 'expand_without_placeholders').map(({ ruleId, title }) => `${ruleId}\n${title}`))
  const { rules } = parseRules(text, file, { placeholders: new AnyPlaceholder() })
  return rules
    .filter((rule) => lines.has(`${rule.id}\n${rule.title}`))
    .map(({ line, source }) => {
      const asked = new AnyPlaceholder()
      parseRules(source, file, { placeholders: asked })
      return { file, line, source, placeholders: [...asked.asked] }
    })
}

/** Has a value for whatever is asked, and remembers what that was. */
class AnyPlaceholder extends Map<string, readonly string[]> {
  readonly asked = new Set<string>()

  override get(name: string): readonly string[] {
    this.asked.add(name)
    return ['x']
  }

  override has(): boolean {
    return true
  }
}
