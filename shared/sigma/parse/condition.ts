import type { ConditionNode } from './detection.ts'
import { RuleFault } from './fault.ts'

/** Parentheses and `not`s inside one another; real rules need fewer than ten. */
const DEPTH_LIMIT = 64
const TOKEN = /\s*(?:([()|])|([^\s()|]+))/y

const fault = (reason: string) => new RuleFault('condition', reason)

/**
 * Reads a condition: `or` binds weaker than `and`, then `not`, then `1 of` / `any of` / `all of`, then parentheses. `them`
 * means all identifiers that do not begin with `_`; a pattern may have `*` anywhere.
 *
 * @param names - the rule's search identifiers
 * @throws {RuleFault} for bad syntax, an identifier that does not exist, and the obsolete `| count()` and `near`
 */
export function parseCondition(text: string, names: readonly string[]): ConditionNode {
  const tokens = tokenize(text)
  let at = 0
  let depth = 0
  const peek = () => tokens[at]?.toLowerCase()

  const sequence = (word: 'and' | 'or', operand: () => ConditionNode): ConditionNode => {
    const of = [operand()]
    while (peek() === word) {
      at++
      of.push(operand())
    }
    const [only] = of
    return only && of.length === 1 ? only : { kind: word, of }
  }
  const nested = (read: () => ConditionNode): ConditionNode => {
    if (++depth > DEPTH_LIMIT) throw fault(`condition is nested deeper than ${DEPTH_LIMIT} levels`)
    const node = read()
    depth--
    return node
  }
  const or = (): ConditionNode => sequence('or', and)
  const and = (): ConditionNode => sequence('and', not)
  const not = (): ConditionNode => {
    if (peek() !== 'not') return operand()
    at++
    return nested(() => ({ kind: 'not', of: not() }))
  }
  const operand = (): ConditionNode => {
    const token = tokens[at++]
    if (token === undefined) throw fault('condition ends where an identifier is expected')
    if (token === '(') {
      const inner = nested(or)
      if (tokens[at++] !== ')') throw fault('condition lacks a closing parenthesis')
      return inner
    }
    const word = token.toLowerCase()
    if (peek() === 'of' && (word === 'all' || word === 'any' || /^\d+$/.test(word))) {
      at++
      return quantified(word, tokens[at++], names)
    }
    if (token === ')' || ['and', 'or', 'not', 'of'].includes(word)) throw fault(`condition has "${token}" where an identifier is expected`)
    if (names.includes(token)) return { kind: 'search', name: token }
    throw fault(`condition names "${token}", which the detection does not define`)
  }

  const condition = or()
  if (at < tokens.length) throw fault(`condition has "${tokens[at]}" where "and", "or" or its end is expected`)
  return condition
}

function tokenize(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) tokens.push(found[1] ?? found[2] ?? '')
  if (tokens.includes('|'))
    throw new RuleFault('obsolete_aggregation', 'aggregations ("| count() …") are obsolete in Sigma 2; write a correlation rule')
  if (tokens.some((token) => token.toLowerCase() === 'near'))
    throw new RuleFault('obsolete_aggregation', '"near" is obsolete in Sigma 2; write a temporal correlation rule')
  return tokens
}

function quantified(quantity: string, pattern: string | undefined, names: readonly string[]): ConditionNode {
  if (pattern === undefined || pattern === '(' || pattern === ')') throw fault(`"${quantity} of" lacks an identifier pattern`)
  const chosen = pattern.toLowerCase() === 'them' ? names.filter((name) => !name.startsWith('_')) : names.filter(matching(pattern))
  if (chosen.length === 0) throw fault(`"${quantity} of ${pattern}" matches no search identifier`)
  if (quantity !== '1' && quantity !== 'all' && quantity !== 'any')
    throw fault(`"${quantity} of" is not in the specification; only "1 of", "any of" and "all of" are`)
  const of = chosen.map((name): ConditionNode => ({ kind: 'search', name }))
  const [only] = of
  return only && of.length === 1 ? only : { kind: quantity === 'all' ? 'and' : 'or', of }
}

const matching = (pattern: string): ((name: string) => boolean) => {
  const regex = new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
      .join('.*')}$`,
  )
  return (name) => regex.test(name)
}
