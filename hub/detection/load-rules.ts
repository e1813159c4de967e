import type { RuleProblem, SigmaCorrelation, SigmaFilter, SigmaRule } from '../../shared/sigma/contract.ts'
import { applyFilters, linkRules, parseRules } from '../../shared/sigma/sigma.ts'
import { type RuleFile, tooLargeProblem } from './rule-files.ts'
import type { PlaceholderRule, Placeholders } from './worker-protocol.ts'

export interface LoadedRules {
  /** With the filters among the files joined to them. */
  readonly rules: readonly SigmaRule[]
  readonly problems: readonly RuleProblem[]
  /** Those that can be run: what they refer to is there. */
  readonly correlations: readonly SigmaCorrelation[]
  /** Their texts. */
  readonly filters: readonly string[]
  readonly placeholderRules: readonly PlaceholderRule[]
}

/** Reads rule files as a whole. The first of two rules with one id is used, the other is a problem; so is whatever else cannot be used. */
export function loadRules(files: readonly RuleFile[], placeholders: Placeholders): LoadedRules {
  const rules: SigmaRule[] = []
  const problems: RuleProblem[] = []
  const waiting: SigmaRule[] = []
  const correlations: SigmaCorrelation[] = []
  const filters: SigmaFilter[] = []
  const known = new Map<string, SigmaRule>()
  for (const { file, text, isTooLarge } of files) {
    if (isTooLarge) problems.push(tooLargeProblem(file))
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
    if (parsed.problems.some(isForValues)) waiting.push(...waitingFor(text, file, parsed.problems))
  }
  const linked = linkRules({ rules: [...rules, ...waiting], filters, correlations })
  const broken = new Set(linked.map(({ file, ruleId }) => `${file}\n${ruleId}`))
  const filtered = applyFilters(rules, filters)
  return {
    rules: filtered.rules,
    problems: [...problems, ...linked, ...filtered.problems],
    correlations: correlations.filter(({ file, id }) => !broken.has(`${file}\n${id}`)),
    filters: filters.map(({ source }) => source),
    placeholderRules: waiting.map((rule) => toPlaceholderRule(rule, filters)),
  }
}

const isForValues = ({ code }: RuleProblem): boolean => code === 'expand_without_placeholders'

const duplicate = ({ file, line, id, title }: SigmaRule, first: SigmaRule): RuleProblem => ({
  ...{ file, line, ruleId: id, title, code: 'duplicate_id' },
  reason: `${first.file}:${first.line} has a rule with the same id; give one of them another`,
})

/** The rules that are refused for want of values, found by reading the file once more as if every list were there. */
function waitingFor(text: string, file: string, problems: readonly RuleProblem[]): SigmaRule[] {
  const refused = new Set(problems.filter(isForValues).map(({ ruleId, title }) => `${ruleId}\n${title}`))
  return parseRules(text, file, { placeholders: new AnyPlaceholder() }).rules.filter(({ id, title }) => refused.has(`${id}\n${title}`))
}

function toPlaceholderRule(rule: SigmaRule, filters: readonly SigmaFilter[]): PlaceholderRule {
  const { file, line, source } = rule
  const asked = new AnyPlaceholder()
  parseRules(source, file, { placeholders: asked })
  const own = filters.filter((filter) => applyFilters([rule], [filter]).rules[0] !== rule)
  return { file, line, source, placeholders: [...asked.asked], filters: own.map((filter) => filter.source) }
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
