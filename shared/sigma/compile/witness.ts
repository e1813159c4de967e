import type { Literal } from './literal.ts'
import type { Predicate, Program } from './program.ts'

/** Predicates of which at least one holds whenever the rule fires, and how often that is expected to be the case. */
export interface Witness {
  readonly predicates: readonly Predicate[]
  readonly weight: number
}

/** The literal predicate that must hold whenever the given one does; undefined where there is none. */
export type LiteralOnly = (predicate: Predicate) => Predicate | undefined

/**
 * The cheapest set of literal predicates a rule cannot fire without; undefined where there is none (the rule is then looked at
 * for each event of its logsource). AND takes its best operand, OR needs one of each.
 *
 * @param weigh - how often a predicate is expected to hold
 */
export function witnessOf(program: Program, literalOnly: LiteralOnly, weigh: (predicate: Predicate) => number): Witness | undefined {
  const find = (node: Program): Witness | undefined => {
    if (node.kind === 'not') return undefined
    if (node.kind === 'test') {
      const predicate = literalOnly(node.predicate)
      return predicate && { predicates: [predicate], weight: weigh(predicate) }
    }
    const found = node.of.map(find)
    if (node.kind === 'and') return found.reduce((best, next) => (next && (!best || next.weight < best.weight) ? next : best), undefined)
    if (found.some((witness) => witness === undefined)) return undefined
    const each = found.filter((witness) => witness !== undefined)
    return { predicates: [...new Set(each.flatMap((witness) => witness.predicates))], weight: each.reduce((sum, witness) => sum + witness.weight, 0) }
  }
  return find(program)
}

/** Adds every predicate that may be part of a rule's witness. */
export function addCandidates(program: Program, literalOnly: LiteralOnly, into: Set<Predicate>): void {
  if (program.kind === 'not') return
  if (program.kind !== 'test') {
    for (const operand of program.of) addCandidates(operand, literalOnly, into)
    return
  }
  const predicate = literalOnly(program.predicate)
  if (predicate) into.add(predicate)
}

/** Places by how freely the text can stand there. */
const PLACE_WEIGHT: Record<Literal['place'], number> = { equals: 0.5, startswith: 0.7, endswith: 0.7, contains: 1 }
/** Expected frequency of a literal before any event was seen, from its length: a guess that only has to rank. */
export const literalWeight = ({ place, text }: Literal): number => (text === '' ? 1 : PLACE_WEIGHT[place] * 2 ** (-Math.min(text.length, 40) / 3))
