import type { ConditionNode, Detection, SearchNode } from '../parse/detection.ts'
import { excludes, implies, type Leaf } from './implies.ts'

/** A statement about one event's fields. */
export type Formula =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Formula[] }
  | { readonly kind: 'not'; readonly of: Formula }
  | Leaf
  | { readonly kind: 'constant'; readonly value: boolean }

/** Comparisons of two leaves in one search; past it the answer is "perhaps", which says nothing about the rule. */
const WORK_LIMIT = 20_000

/**
 * The rule's condition as a formula over its fields.
 *
 * @param fixed - search identifiers whose truth is given instead of looked at
 */
export function formulaOf(detection: Detection, fixed: ReadonlyMap<string, boolean> = new Map()): Formula {
  const build = (node: ConditionNode): Formula => {
    if (node.kind === 'not') return { kind: 'not', of: build(node.of) }
    if (node.kind !== 'search') return { kind: node.kind, of: node.of.map(build) }
    const value = fixed.get(node.name)
    if (value !== undefined) return { kind: 'constant', value }
    return searchOf(detection, node.name)
  }
  return build(detection.condition)
}

export const searchOf = (detection: Detection, name: string): SearchNode => detection.searches.get(name) ?? { kind: 'or', of: [] }

interface Goal {
  readonly formula: Formula
  readonly wanted: boolean
}

interface Fact {
  readonly leaf: Leaf
  readonly holds: boolean
}

/**
 * Whether some event can make all formulas true, as far as texts and numbers of one field tell. `false` is sure; `true` may mean that it would take
 * too long to find out.
 *
 * @param lists - whether a field may hold several values, of which each test needs but one
 */
export function satisfiable(formulas: readonly Formula[], lists: boolean): boolean {
  let work = 0
  const conflicts = (fact: Fact, facts: readonly Fact[]): boolean =>
    facts.some((known) => {
      work++
      if (known.leaf.field !== fact.leaf.field) return false
      if (known.holds && fact.holds) return excludes(known.leaf, fact.leaf, lists)
      if (known.holds) return implies(known.leaf, fact.leaf)
      if (fact.holds) return implies(fact.leaf, known.leaf)
      // Absent and present at once: `not exists: true` and `not exists: false`.
      return opposite(known.leaf, fact.leaf)
    })
  const search = (goals: readonly Goal[], facts: readonly Fact[]): boolean => {
    if (work > WORK_LIMIT) return true
    const [goal, ...rest] = goals
    if (!goal) return true
    const { formula, wanted } = goal
    switch (formula.kind) {
      case 'constant':
        return formula.value === wanted && search(rest, facts)
      case 'not':
        return search([{ formula: formula.of, wanted: !wanted }, ...rest], facts)
      case 'leaf': {
        const fact = { leaf: formula, holds: wanted }
        return !conflicts(fact, facts) && search(rest, [...facts, fact])
      }
      default: {
        const parts = formula.of.map((of) => ({ formula: of, wanted }))
        if ((formula.kind === 'and') === wanted) {
          // What leaves no choice comes first, so that a choice meets all it can conflict with.
          const certain = parts.filter((part) => !isChoice(part))
          return search([...certain, ...rest.filter((other) => !isChoice(other)), ...parts.filter(isChoice), ...rest.filter(isChoice)], facts)
        }
        return parts.some((part) => search([part, ...rest], facts))
      }
    }
  }
  // Each leaf is a level of the search: a list of thousands would be too deep, and says "perhaps" at once.
  return tooLarge(formulas) || search(formulas.map((formula) => ({ formula, wanted: true })).toSorted(choicesLast), [])
}

const LEAVES_LIMIT = 400

const tooLarge = (formulas: readonly Formula[]): boolean => formulas.reduce((sum, formula) => sum + leavesIn(formula), 0) > LEAVES_LIMIT

const leavesIn = (formula: Formula): number =>
  formula.kind === 'leaf' || formula.kind === 'constant'
    ? 1
    : formula.kind === 'not'
      ? leavesIn(formula.of)
      : formula.of.reduce((sum, part) => sum + leavesIn(part), 0)

const isChoice = ({ formula, wanted }: Goal): boolean =>
  formula.kind === 'not'
    ? isChoice({ formula: formula.of, wanted: !wanted })
    : (formula.kind === 'and' || formula.kind === 'or') && (formula.kind === 'or') === wanted && formula.of.length > 1

const choicesLast = (left: Goal, right: Goal): number => Number(isChoice(left)) - Number(isChoice(right))

const opposite = (one: Leaf, two: Leaf): boolean =>
  one.test.kind === 'exists' && two.test.kind === 'exists' && one.test.expected !== two.test.expected
