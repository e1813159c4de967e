import type { ConditionNode, Detection, SearchNode } from '../parse/detection.ts'
import type { Field } from './field.ts'
import { type Literal, literalIn } from './literal.ts'
import { literalsPredicate, type PredicateSpec, predicateFor } from './predicate.ts'

/** A predicate as the compiled matcher knows it: numbered, one for all rules that ask the same. */
export interface Predicate extends PredicateSpec {
  readonly id: number
}

/** A rule's logic over shared predicates. Operands stand in the order they are tried: cheap before dear. */
export type Program =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Program[]; readonly cost: number }
  | { readonly kind: 'not'; readonly of: Program; readonly cost: number }
  | { readonly kind: 'test'; readonly predicate: Predicate; readonly cost: number }

/** What building programs needs from the matcher being made. */
export interface ProgramContext {
  /** The field of this name in the view (for the rule at hand); undefined names the keywords' field. */
  field(name: string | undefined): Field
  /** The shared predicate that asks the same as `spec`. */
  share(spec: PredicateSpec): Predicate
}

export interface RuleProgram {
  readonly condition: Program
  readonly searches: ReadonlyMap<string, Program>
}

export function programOf(detection: Detection, context: ProgramContext): RuleProgram {
  const searches = new Map([...detection.searches].map(([name, node]) => [name, searchProgram(node, context)]))
  return { condition: conditionProgram(detection.condition, searches), searches }
}

function conditionProgram(node: ConditionNode, searches: ReadonlyMap<string, Program>): Program {
  if (node.kind === 'not') return negation(conditionProgram(node.of, searches))
  if (node.kind !== 'search')
    return junction(
      node.kind,
      node.of.map((operand) => conditionProgram(operand, searches)),
    )
  const program = searches.get(node.name)
  if (!program) throw new Error(`the condition names ${node.name}, which was not parsed`)
  return program
}

function searchProgram(node: SearchNode, context: ProgramContext): Program {
  if (node.kind === 'not') return negation(searchProgram(node.of, context))
  if (node.kind === 'leaf') return test(context.share(predicateFor(context.field(node.field), node.test, context.field)))
  if (node.kind === 'and')
    return junction(
      'and',
      node.of.map((operand) => searchProgram(operand, context)),
    )
  const { lists, others } = literalLists(flat(node.of, 'or'))
  const programs = others.map((operand) => searchProgram(operand, context))
  for (const [name, literals] of lists) programs.push(test(context.share(literalsPredicate(context.field(name), literals))))
  return junction('or', programs)
}

/** OR inside OR is one OR. */
const flat = (nodes: readonly SearchNode[], kind: 'or'): SearchNode[] => nodes.flatMap((node) => (node.kind === kind ? flat(node.of, kind) : [node]))

/** The alternatives that are literals of one field become one question, so that a list of thousands is one predicate. */
function literalLists(nodes: readonly SearchNode[]): { lists: Map<string | undefined, Literal[]>; others: SearchNode[] } {
  const lists = new Map<string | undefined, Literal[]>()
  const others: SearchNode[] = []
  for (const node of nodes) {
    const literal = node.kind === 'leaf' && node.test.kind === 'text' && !node.test.cased ? literalIn(node.test.pattern) : undefined
    if (node.kind !== 'leaf' || !literal) others.push(node)
    else lists.get(node.field)?.push(literal) ?? lists.set(node.field, [literal])
  }
  return { lists, others }
}

const test = (predicate: Predicate): Program => ({ kind: 'test', predicate, cost: predicate.cost })
const negation = (of: Program): Program => ({ kind: 'not', of, cost: of.cost })

function junction(kind: 'and' | 'or', operands: readonly Program[]): Program {
  const [only] = operands
  if (only && operands.length === 1) return only
  const of = operands.toSorted((left, right) => left.cost - right.cost)
  return { kind, of, cost: of.reduce((sum, operand) => sum + operand.cost, 0) }
}

/** Every predicate a program may ask. */
export function predicatesIn(program: Program, into: Set<Predicate> = new Set()): Set<Predicate> {
  if (program.kind === 'test') into.add(program.predicate)
  else if (program.kind === 'not') predicatesIn(program.of, into)
  else for (const operand of program.of) predicatesIn(operand, into)
  return into
}
