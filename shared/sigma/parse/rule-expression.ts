import type { RuleExpression } from '../contract.ts'
import { conditionFault, parseBoolean, wordsOf } from './boolean.ts'

/**
 * Reads a temporal correlation's boolean condition over rules: `rule_a and not (rule_b or rule_c)`.
 *
 * @throws {RuleFault} for bad syntax, and for an expression that holds when no rule has matched: nothing would ever trigger it
 */
export function parseRuleExpression(text: string): RuleExpression {
  if (text.trim() === '') throw conditionFault('condition is empty')
  const expression = parseBoolean<RuleExpression>(wordsOf(text), (rule) => ({ kind: 'rule', rule }))
  if (holdsOfNothing(expression)) throw conditionFault('the condition holds when none of its rules has matched; it must ask for at least one')
  return expression
}

const holdsOfNothing = (node: RuleExpression): boolean => {
  if (node.kind === 'rule') return false
  if (node.kind === 'not') return !holdsOfNothing(node.of)
  return node.kind === 'and' ? node.of.every(holdsOfNothing) : node.of.some(holdsOfNothing)
}

/** The rules an expression names, each once, in order. */
export function rulesIn(expression: RuleExpression): string[] {
  const named = new Set<string>()
  const visit = (node: RuleExpression): void => {
    if (node.kind === 'rule') named.add(node.rule)
    else if (node.kind === 'not') visit(node.of)
    else for (const operand of node.of) visit(operand)
  }
  visit(expression)
  return [...named]
}
