import type { RuleProblem, SigmaCorrelation, SigmaFilter, SigmaRule } from '../contract.ts'
import { lineFinder } from './documents.ts'
import type { RulePath } from './fault.ts'
import { createRuleNames, type RuleNames } from './rule-names.ts'

/** All that was read, of every file. */
export interface RuleCollection {
  readonly rules: readonly SigmaRule[]
  readonly filters: readonly SigmaFilter[]
  readonly correlations: readonly SigmaCorrelation[]
}

type Referable = SigmaRule | SigmaCorrelation

/**
 * Checks what filters and correlations refer to, by id or name, once all files are read: rules that do not exist, names that several have,
 * correlations that rest on themselves, filters on correlations. A correlation with a problem cannot be run; a filter still works on the rules found.
 *
 * @returns problems in the order of filters and correlations, each at the line of its reference
 */
export function linkRules({ rules, filters, correlations }: RuleCollection): RuleProblem[] {
  const names = createRuleNames<Referable>([...rules, ...correlations])
  return [
    ...filters.flatMap((filter) => filterProblems(filter, names)),
    ...correlations.flatMap((correlation) => [...referenceProblems(correlation, names), ...aliasProblems(correlation, names)]),
    ...cycleProblems(correlations, names),
  ]
}

type Report = (path: RulePath, code: string, reason: string) => RuleProblem

function reporterFor(owner: SigmaFilter | SigmaCorrelation): Report {
  const lineOf = lineFinder(owner.source)
  return (path, code, reason) => ({ file: owner.file, line: lineOf(path) + owner.line - 1, ruleId: owner.id, title: owner.title, code, reason })
}

function filterProblems(filter: SigmaFilter, names: RuleNames<Referable>): RuleProblem[] {
  if (filter.rules === 'any') return []
  const report = reporterFor(filter)
  return filter.rules.flatMap((reference, index) => {
    const path = ['filter', 'rules', index]
    const found = names.find(reference)
    const problem = missingOrAmbiguous(reference, found)
    if (problem) return [report(path, ...problem)]
    return found[0] && 'timespanSeconds' in found[0]
      ? [report(path, 'filter_on_correlation', `"${reference}" is a correlation; filters are for rules, so name the rules it rests on`)]
      : []
  })
}

function referenceProblems(correlation: SigmaCorrelation, names: RuleNames<Referable>): RuleProblem[] {
  const report = reporterFor(correlation)
  return correlation.rules.flatMap((reference, index) => {
    const problem = missingOrAmbiguous(reference, names.find(reference))
    return problem ? [report(['correlation', 'rules', index], ...problem)] : []
  })
}

function missingOrAmbiguous(reference: string, found: readonly Referable[]): [code: string, reason: string] | undefined {
  if (found.length === 0) return ['unknown_rule', `no rule has the id or name "${reference}"; it may be missing, or refused for a problem of its own`]
  if (found.length === 1) return undefined
  const files = found.slice(0, 3).map(({ file, line }) => `${file}:${line}`)
  return [
    'ambiguous_rule',
    `"${reference}" is the id or name of ${found.length} rules (${files.join(', ')}${found.length > 3 ? ', …' : ''}); give each its own`,
  ]
}

/** An alias may call a rule by its name where `rules` has its id. */
function aliasProblems(correlation: SigmaCorrelation, names: RuleNames<Referable>): RuleProblem[] {
  const listed = new Set(correlation.rules)
  const own = new Set(correlation.rules.flatMap((reference) => names.find(reference)))
  const report = reporterFor(correlation)
  return Object.entries(correlation.aliases).flatMap(([alias, fields]) =>
    Object.keys(fields).flatMap((reference) => {
      if (listed.has(reference) || names.find(reference).some((rule) => own.has(rule))) return []
      const reason = `the alias "${alias}" names "${reference}", which is not among the correlation's rules`
      return [report(['correlation', 'aliases', alias, reference], 'unknown_rule', reason)]
    }),
  )
}

/** Correlations that rest, directly or through others, on themselves: what is left once all that rest on finished ones are taken away. */
function cycleProblems(correlations: readonly SigmaCorrelation[], names: RuleNames<Referable>): RuleProblem[] {
  const below = new Map(correlations.map((correlation) => [correlation, correlationsUnder(correlation, names)]))
  const above = new Map<SigmaCorrelation, SigmaCorrelation[]>()
  for (const [correlation, under] of below)
    for (const each of under) {
      const known = above.get(each)
      if (known) known.push(correlation)
      else above.set(each, [correlation])
    }
  const waitingFor = new Map([...below].map(([correlation, under]) => [correlation, under.size]))
  const finished = correlations.filter((correlation) => waitingFor.get(correlation) === 0)
  for (const correlation of finished) {
    for (const each of above.get(correlation) ?? []) {
      const left = (waitingFor.get(each) ?? 0) - 1
      waitingFor.set(each, left)
      if (left === 0) finished.push(each)
    }
  }
  const done = new Set(finished)
  return correlations
    .filter((correlation) => !done.has(correlation))
    .map((correlation) => {
      const under = [...(below.get(correlation) ?? [])].find((each) => !done.has(each))
      const reason = `the correlation rests on "${under?.title ?? ''}", which goes round in a circle: a correlation cannot rest on itself`
      const index = correlation.rules.findIndex((name) => names.find(name)[0] === under)
      return reporterFor(correlation)(['correlation', 'rules', index], 'cyclic_correlation', reason)
    })
}

function correlationsUnder(correlation: SigmaCorrelation, names: RuleNames<Referable>): Set<SigmaCorrelation> {
  const under = new Set<SigmaCorrelation>()
  for (const reference of correlation.rules) {
    const [found, another] = names.find(reference)
    if (found && !another && 'timespanSeconds' in found) under.add(found)
  }
  return under
}
