import { RuleFault } from './fault.ts'

/** Parentheses and `not`s inside one another; real rules need fewer than ten. */
const DEPTH_LIMIT = 64
/** Longest expression read, in characters; SigmaHQ's longest is 0.3 thousand. */
const LENGTH_LIMIT = 65_536
const TOKEN = /\s*(?:([()|])|([^\s()|]+))/y

export type BooleanNode<T> =
  | { readonly kind: 'and' | 'or'; readonly of: readonly BooleanNode<T>[] }
  | { readonly kind: 'not'; readonly of: BooleanNode<T> }
  | T

/** An expression cut into words and parentheses, and where the reader stands. */
export interface Words {
  readonly list: readonly string[]
  at: number
}

export const conditionFault = (reason: string) => new RuleFault('condition', reason)

/** @throws {RuleFault} for an expression that is too long */
export function wordsOf(text: string): Words {
  if (text.length > LENGTH_LIMIT) throw conditionFault(`condition is longer than ${LENGTH_LIMIT} characters`)
  const list: string[] = []
  TOKEN.lastIndex = 0
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) list.push(found[1] ?? found[2] ?? '')
  return { list, at: 0 }
}

/**
 * Reads `and`, `or`, `not` and parentheses in Sigma's precedence: `or` binds weakest, then `and`, then `not`.
 *
 * @param operand - reads what stands between them, beginning with `word`, which is neither of them; it may take further words
 * @throws {RuleFault} for bad syntax and for nesting that is too deep
 */
export function parseBoolean<T>(words: Words, operand: (word: string, words: Words) => T): BooleanNode<T> {
  const { list } = words
  let depth = 0
  const peek = () => list[words.at]?.toLowerCase()

  const sequence = (word: 'and' | 'or', read: () => BooleanNode<T>): BooleanNode<T> => {
    const first = read()
    if (peek() !== word) return first
    const of = [first]
    while (peek() === word) {
      words.at++
      of.push(read())
    }
    return { kind: word, of }
  }
  const nested = (read: () => BooleanNode<T>): BooleanNode<T> => {
    if (++depth > DEPTH_LIMIT) throw conditionFault(`condition is nested deeper than ${DEPTH_LIMIT} levels`)
    const node = read()
    depth--
    return node
  }
  const or = (): BooleanNode<T> => sequence('or', and)
  const and = (): BooleanNode<T> => sequence('and', not)
  const not = (): BooleanNode<T> => {
    if (peek() !== 'not') return single()
    words.at++
    return nested(() => ({ kind: 'not', of: not() }))
  }
  const single = (): BooleanNode<T> => {
    const word = list[words.at++]
    if (word === undefined) throw conditionFault('condition ends where an identifier is expected')
    if (word === '(') {
      const inner = nested(or)
      if (list[words.at++] !== ')') throw conditionFault('condition lacks a closing parenthesis')
      return inner
    }
    if (word === ')' || word === '|' || ['and', 'or', 'not', 'of'].includes(word.toLowerCase()))
      throw conditionFault(`condition has "${word}" where an identifier is expected`)
    return operand(word, words)
  }

  const expression = or()
  if (words.at < list.length) throw conditionFault(`condition has "${list[words.at]}" where "and", "or" or its end is expected`)
  return expression
}
