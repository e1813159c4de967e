import { conditionFault, parseBoolean, type Words, wordsOf } from './boolean.ts'
import type { ConditionNode } from './detection.ts'
import { RuleFault } from './fault.ts'
import { namePattern } from './name-pattern.ts'

/** Search identifiers that the patterns of one condition may stand for, all together. */
const CHOSEN_LIMIT = 100_000

/**
 * Reads a condition: `or` binds weaker than `and`, then `not`, then `1 of` / `any of` / `all of`, then parentheses. `them`
 * means all identifiers that do not begin with `_`; a pattern may have `*` anywhere.
 *
 * @param names - the rule's search identifiers
 * @throws {RuleFault} for bad syntax, an identifier that does not exist, and the obsolete `| count()` and `near`
 */
export function parseCondition(text: string, names: ReadonlySet<string>): ConditionNode {
  if (names.has(text)) return { kind: 'search', name: text }
  const words = wordsOf(text)
  refuseObsolete(words)
  let chosen = 0
  return parseBoolean<ConditionNode>(words, (word) => {
    const quantity = word.toLowerCase()
    if (words.list[words.at]?.toLowerCase() === 'of' && (quantity === 'all' || quantity === 'any' || /^\d+$/.test(quantity))) {
      words.at++
      const of = chosenBy(quantity, words.list[words.at++], names)
      chosen += of.length
      if (chosen > CHOSEN_LIMIT) throw conditionFault(`the condition's patterns stand for more than ${CHOSEN_LIMIT} search identifiers`)
      const [only] = of
      return only && of.length === 1 ? only : { kind: quantity === 'all' ? 'and' : 'or', of }
    }
    if (names.has(word)) return { kind: 'search', name: word }
    throw conditionFault(`condition names "${word}", which the detection does not define`)
  })
}

function refuseObsolete({ list }: Words): void {
  if (list.includes('|'))
    throw new RuleFault('obsolete_aggregation', 'aggregations ("| count() …") are obsolete in Sigma 2; write a correlation rule')
  if (list.some((word) => word.toLowerCase() === 'near'))
    throw new RuleFault('obsolete_aggregation', '"near" is obsolete in Sigma 2; write a temporal correlation rule')
}

function chosenBy(quantity: string, pattern: string | undefined, names: ReadonlySet<string>): ConditionNode[] {
  if (pattern === undefined || pattern === '(' || pattern === ')') throw conditionFault(`"${quantity} of" lacks an identifier pattern`)
  const fits = namePattern(pattern)
  const chosen = [...names].filter(fits)
  if (chosen.length === 0) throw conditionFault(`"${quantity} of ${pattern}" matches no search identifier`)
  if (quantity !== '1' && quantity !== 'all' && quantity !== 'any')
    throw conditionFault(`"${quantity} of" is not in the specification; only "1 of", "any of" and "all of" are`)
  return chosen.map((name): ConditionNode => ({ kind: 'search', name }))
}
