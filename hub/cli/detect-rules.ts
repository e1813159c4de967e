import { RULE_LEVELS, type RuleLevel, type RuleProblem, type SigmaRule } from '../../shared/sigma/contract.ts'
import { linkRules } from '../../shared/sigma/parse/link-rules.ts'
import { readPlaceholders } from '../../shared/sigma/parse/placeholders.ts'
import { applyFilters, type ParsedRules, parseRules } from '../../shared/sigma/sigma.ts'
import { type RuleFile, tooLargeProblem } from '../detection/rule-files.ts'

/** What the rules of a run are made from; plain data, so that every worker makes the same. */
export interface RuleInput {
  readonly files: readonly RuleFile[]
  /** Values of `%name%` placeholders. */
  readonly placeholders?: RuleFile | undefined
  /** Rules below it are left out. */
  readonly level?: RuleLevel | undefined
}

export interface RuleSet {
  readonly rules: readonly SigmaRule[]
  readonly problems: readonly RuleProblem[]
  /** Rules left out because of their level. */
  readonly belowLevel: number
  readonly filters: number
}

/** Rules with their filters applied. What cannot be used is a problem with its reason; nothing is left out in silence. */
export function readRuleSet({ files, placeholders: values, level }: RuleInput): RuleSet {
  const given = values && readPlaceholders(values.text, values.file)
  const context = { placeholders: given?.placeholders }
  const parsed: ParsedRules = { rules: [], filters: [], correlations: [], problems: [...(given?.problems ?? [])] }
  for (const { file, text, isTooLarge } of files) {
    if (isTooLarge) parsed.problems.push(tooLargeProblem(file))
    const { rules, filters, correlations, problems } = parseRules(text, file, context)
    parsed.rules.push(...rules)
    parsed.filters.push(...filters)
    parsed.correlations.push(...correlations)
    parsed.problems.push(...problems)
  }
  const linked = linkRules(parsed)
  const faulty = new Set(linked.map(({ ruleId }) => ruleId))
  const notRun = parsed.correlations
    .filter(({ id }) => !faulty.has(id))
    .map(({ file, line, id, title }): RuleProblem => {
      const reason = 'a correlation counts over time, which is the work of a hub; "picket detect" runs the rules it rests on, each by itself'
      return { file, line, ruleId: id, title, code: 'correlation_not_run', reason }
    })
  const least = level === undefined ? 0 : RULE_LEVELS.indexOf(level)
  const { rules: filtered, problems } = applyFilters(parsed.rules, parsed.filters)
  const rules = filtered.filter((rule) => RULE_LEVELS.indexOf(rule.level) >= least)
  return {
    rules,
    problems: [...parsed.problems, ...linked, ...problems, ...notRun],
    belowLevel: parsed.rules.length - rules.length,
    filters: parsed.filters.length,
  }
}
