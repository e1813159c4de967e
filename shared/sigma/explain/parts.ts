import type { ExplainedPart } from '../contract.ts'
import type { SearchNode } from '../parse/detection.ts'
import { findField, findKeyword } from './found.ts'
import type { Judge, Leaf } from './judge.ts'
import { type Wording, wordingOf } from './wording.ts'

/** A list of values is written out up to this length, and counted past it. */
const WRITTEN_OUT = 5
/** `all` over more values than this is one part that names a value that is missing. */
const ALL_SEPARATE = 20
/** Parts of one search that are told; a search of thousands of maps is told so far, what matched first. */
const PARTS_LIMIT = 200

/** A search identifier as questions, each about one field: `Image ends with one of 12 values`. */
export function partsOf(judge: Judge, document: object, search: SearchNode): ExplainedPart[] {
  const parts = questionsIn(search).map((question) => toPart(judge, document, question))
  if (parts.length <= PARTS_LIMIT) return parts
  return [...parts.filter((part) => part.matched), ...parts.filter((part) => !part.matched)].slice(0, PARTS_LIMIT)
}

/** The part that decides that the search does not hold: its first failing question; of alternatives, that of the one which came nearest. */
export function failingPart(judge: Judge, document: object, search: SearchNode): ExplainedPart | undefined {
  const question = failingQuestion(judge, search, true)
  return question && toPart(judge, document, question)
}

/** Values asked of one field, any or all of them, or the opposite. */
interface Question {
  readonly field: string | undefined
  readonly leaves: readonly Leaf[]
  readonly every: boolean
  readonly negated: boolean
}

function questionsIn(node: SearchNode, negated = false): Question[] {
  if (node.kind === 'not') return questionsIn(node.of, !negated)
  const question = asQuestion(node, negated)
  return question ? [question] : node.kind === 'leaf' ? [] : node.of.flatMap((operand) => questionsIn(operand, negated))
}

/** The node as one question, where it is about one field. */
function asQuestion(node: SearchNode, negated: boolean): Question | undefined {
  if (node.kind === 'leaf') return { field: node.field, leaves: [node], every: false, negated }
  if (node.kind === 'not') return asQuestion(node.of, !negated)
  const leaves = ofOneField(node, node.kind)
  const [first] = leaves ?? []
  if (!leaves || !first) return undefined
  const every = node.kind === 'and'
  // Under a "not", "not all of them" cannot be told one by one.
  return every && !negated && leaves.length <= ALL_SEPARATE ? undefined : { field: first.field, leaves, every, negated }
}

/** The leaves below a node that is nothing but one kind of junction over one field. */
function ofOneField(node: SearchNode, kind: 'and' | 'or'): Leaf[] | undefined {
  if (node.kind === 'leaf') return [node]
  if (node.kind !== kind) return undefined
  const leaves: Leaf[] = []
  for (const operand of node.of) {
    const inner = ofOneField(operand, kind)
    if (!inner || inner[0]?.field !== (leaves[0] ?? inner[0])?.field) return undefined
    for (const leaf of inner) leaves.push(leaf)
  }
  return leaves
}

function holdsOf(judge: Judge, { leaves, every, negated }: Question): boolean {
  return (every ? leaves.every(judge.leaf) : leaves.some(judge.leaf)) !== negated
}

function toPart(judge: Judge, document: object, question: Question): ExplainedPart {
  const { field, leaves, every, negated } = question
  // The value that settles the matter: one that holds where any is enough, one that does not where all are needed.
  const decisive = leaves.find((leaf) => judge.leaf(leaf) !== every)
  const matched = holdsOf(judge, question)
  const held = decisive && !every ? decisive.test : undefined
  const found = field === undefined ? findKeyword(document, held) : findField(document, judge.field(field), held)
  const wanted = words(
    leaves.map(({ test }) => wordingOf(test)),
    { every, negated },
  )
  const named = leaves.length > 1 && decisive ? wordingOf(decisive.test).object : undefined
  return {
    field,
    path: found.path,
    wanted: named === undefined ? wanted : `${wanted}; ${every ? 'lacks' : 'here'} ${named}`,
    value: found.value,
    matched,
  }
}

/** Wordings of one kind are put together: `ends with one of "a", "b"`. */
function words(wordings: readonly Wording[], { every, negated }: { every: boolean; negated: boolean }): string {
  const kinds = new Map<string, Wording[]>()
  for (const wording of wordings) kinds.get(wording.verb)?.push(wording) ?? kinds.set(wording.verb, [wording])
  const clauses = [...kinds.values()].map((kind) => {
    const [first] = kind
    const objects = [...new Set(kind.flatMap(({ object }) => object ?? []))]
    const verb = negated && !every ? first?.not : first?.verb
    if (objects.length === 0) return `${verb}`
    if (objects.length === 1) return `${verb} ${objects[0]}`
    const listed = objects.length <= WRITTEN_OUT ? objects.join(', ') : `${objects.length.toLocaleString('en-US')} values`
    return `${verb} ${every ? 'all' : negated ? 'any' : 'one'} of ${listed}`
  })
  const joined = clauses.join(every || negated ? ' and ' : ' or ')
  return negated && every ? `not: ${joined}` : joined
}

function failingQuestion(judge: Judge, node: SearchNode, wanted: boolean): Question | undefined {
  if (node.kind === 'not') return failingQuestion(judge, node.of, !wanted)
  const question = asQuestion(node, !wanted)
  if (question) return holdsOf(judge, question) ? undefined : question
  if (node.kind === 'leaf') return undefined
  const failing = node.of.filter((operand) => judge.search(operand) !== wanted)
  // AND wanted and OR unwanted fall with their first operand; of alternatives the nearest is the one to tell.
  if ((node.kind === 'and') === wanted) return failing[0] && failingQuestion(judge, failing[0], wanted)
  const [nearest] = failing.toSorted((left, right) => shareHeld(judge, right, wanted) - shareHeld(judge, left, wanted))
  return nearest && failingQuestion(judge, nearest, wanted)
}

function shareHeld(judge: Judge, node: SearchNode, wanted: boolean): number {
  const questions = questionsIn(node, !wanted)
  return questions.filter((question) => holdsOf(judge, question)).length / Math.max(1, questions.length)
}
