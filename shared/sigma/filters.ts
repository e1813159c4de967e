import type { RuleLogsource, RuleProblem, SigmaFilter, SigmaRule } from './contract.ts'
import type { ConditionNode, Detection, SearchNode } from './parse/detection.ts'
import { createRuleNames } from './parse/rule-names.ts'

/** How much of a filter's title goes into the names of its search identifiers, in characters. */
const TITLE_LIMIT = 60

/**
 * Joins filters to the rules they are for: each rule then fires only where none of its filters does (AND NOT). The rules given are not changed.
 *
 * A filter is for the rules it names, or all, as far as its log source takes theirs in: each part of it equal to the rule's, or absent. Its search
 * identifiers keep their names behind the filter's title, so that they never meet the rule's own and explanations say where they are from.
 *
 * @returns the rules in their order, and a problem for each rule a filter names though its log source is another. Names that no rule or several rules
 *   have are passed over here; `linkRules` reports them.
 */
export function applyFilters(
  rules: readonly SigmaRule[],
  filters: readonly SigmaFilter[],
): { readonly rules: readonly SigmaRule[]; readonly problems: readonly RuleProblem[] } {
  if (filters.length === 0) return { rules, problems: [] }
  const problems: RuleProblem[] = []
  const names = createRuleNames(rules)
  const filtersOf = new Map<SigmaRule, SigmaFilter[]>()
  for (const filter of filters) {
    for (const rule of chosenBy(filter, rules, names.find)) {
      if (!takesIn(filter.logsource, rule.logsource)) {
        if (filter.rules !== 'any') problems.push(otherLogsource(filter, rule))
        continue
      }
      const own = filtersOf.get(rule)
      if (!own) filtersOf.set(rule, [filter])
      else if (!own.includes(filter)) own.push(filter)
    }
  }
  return {
    rules: rules.map((rule) => {
      const own = filtersOf.get(rule)
      return own ? { ...rule, detection: filtered(rule.detection as Detection, own) } : rule
    }),
    problems,
  }
}

function chosenBy(filter: SigmaFilter, rules: readonly SigmaRule[], find: (reference: string) => readonly SigmaRule[]): readonly SigmaRule[] {
  if (filter.rules === 'any') return rules
  return filter.rules.flatMap((reference) => {
    const found = find(reference)
    return found.length === 1 ? found : []
  })
}

const takesIn = (wide: RuleLogsource, narrow: RuleLogsource): boolean =>
  (['category', 'product', 'service'] as const).every((part) => wide[part] === undefined || wide[part] === narrow[part])

function otherLogsource(filter: SigmaFilter, rule: SigmaRule): RuleProblem {
  const text = ({ category, product, service }: RuleLogsource) => [product, category, service].filter(Boolean).join('/') || 'any'
  const reason = `the filter names the rule "${rule.title}", whose log source (${text(rule.logsource)}) the filter's (${text(filter.logsource)}) does not take in`
  return { file: filter.file, line: filter.line, ruleId: filter.id, title: filter.title, code: 'filter_logsource', reason }
}

function filtered(detection: Detection, filters: readonly SigmaFilter[]): Detection {
  const searches = new Map<string, SearchNode>(detection.searches)
  const conditions: ConditionNode[] = [detection.condition]
  let written = `(${detection.written})`
  for (const filter of filters) {
    const own = filter.detection as Detection
    const prefix = prefixFor(filter.title, own, searches)
    for (const [name, search] of own.searches) searches.set(prefix + name, search)
    conditions.push({ kind: 'not', of: renamed(own.condition, prefix) })
    written += ` and not ${prefix}(${own.written})`
  }
  return { searches, condition: { kind: 'and', of: conditions }, written }
}

/** `filter "Backup host": `, counted on where that is taken. */
function prefixFor(title: string, { searches: own }: Detection, taken: ReadonlyMap<string, unknown>): string {
  const name = title.length > TITLE_LIMIT ? `${title.slice(0, TITLE_LIMIT)}…` : title
  for (let count = 1; ; count++) {
    const prefix = count === 1 ? `filter "${name}": ` : `filter "${name}" (${count}): `
    if (![...own.keys()].some((search) => taken.has(prefix + search))) return prefix
  }
}

function renamed(node: ConditionNode, prefix: string): ConditionNode {
  if (node.kind === 'search') return { kind: 'search', name: prefix + node.name }
  if (node.kind === 'not') return { kind: 'not', of: renamed(node.of, prefix) }
  return { kind: node.kind, of: node.of.map((operand) => renamed(operand, prefix)) }
}
