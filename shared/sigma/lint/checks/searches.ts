import type { ConditionNode, Detection } from '../../parse/detection.ts'
import { namePattern } from '../../parse/name-pattern.ts'
import type { LintCheck } from '../check.ts'
import type { LintDocument } from '../document.ts'
import { detectionOf, searchNamesOf } from '../items.ts'

/** Condition texts of a document. */
function conditionsOf(document: LintDocument): string[] {
  const { condition } = detectionOf(document).content
  return (Array.isArray(condition) ? condition : [condition]).filter((text) => typeof text === 'string')
}

/** Where the condition stands. */
export const conditionLine = (document: LintDocument): number => document.lineOf([...detectionOf(document).path, 'condition'])

/** Names of the search identifiers a condition uses. */
export function namesIn(condition: ConditionNode): Set<string> {
  const names = new Set<string>()
  const visit = (node: ConditionNode): void => {
    if (node.kind === 'search') names.add(node.name)
    else if (node.kind === 'not') visit(node.of)
    else for (const operand of node.of) visit(operand)
  }
  visit(condition)
  return names
}

export const unusedSearch: LintCheck = {
  code: 'search_unused',
  severity: 'warning',
  title: 'a search identifier that no condition uses',
  *each(document) {
    const detection = (document.rule ?? document.filter)?.detection as Detection | undefined
    if (!detection) return
    const used = namesIn(detection.condition)
    for (const name of searchNamesOf(document)) {
      if (used.has(name)) continue
      yield { line: document.lineOf([...detectionOf(document).path, name]), message: `the condition does not use "${name}"; use it or remove it` }
    }
  },
}

/** Quantifiers looked at; real conditions have fewer than ten. */
const QUANTIFIERS_LIMIT = 100

export const oneOfOne: LintCheck = {
  code: 'of_single',
  severity: 'info',
  title: '`1 of` or `all of` over a pattern that only one search identifier fits',
  *each(document) {
    const names = searchNamesOf(document)
    const quantified = conditionsOf(document).flatMap((text) => [...text.matchAll(/\b(?:\d{1,9}|any|all)\s+of\s+([^\s()]+)/gi)])
    for (const [whole, pattern = ''] of quantified.slice(0, QUANTIFIERS_LIMIT)) {
      const fitting = names.filter(namePattern(pattern))
      if (fitting.length === 1)
        yield { line: conditionLine(document), message: `"${whole}" is only "${fitting[0]}"; write its name, unless more are to come` }
    }
  },
}
