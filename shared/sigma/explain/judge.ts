import { createEventReader } from '../compile/event-reader.ts'
import type { Field } from '../compile/field.ts'
import { type PredicateSpec, predicateFor } from '../compile/predicate.ts'
import type { SigmaRule, View } from '../contract.ts'
import type { ConditionNode, Detection, SearchNode } from '../parse/detection.ts'

export type Leaf = Extract<SearchNode, { kind: 'leaf' }>

/** Answers for one rule and one event, with the matcher's own predicates, so that an explanation cannot disagree with it. */
export interface Judge {
  readonly detection: Detection
  field(name: string | undefined): Field
  leaf(leaf: Leaf): boolean
  search(node: SearchNode): boolean
  condition(node: ConditionNode): boolean
}

export function createJudge(rule: SigmaRule, view: View, document: object): Judge {
  const detection = rule.detection as Detection
  const fields = new Map<string | undefined, Field>()
  const field = (name: string | undefined): Field => {
    const known = fields.get(name)
    if (known) return known
    const paths = name === undefined ? [] : view.paths(name, rule.logsource)
    const made = { id: fields.size, paths, everything: name === undefined }
    fields.set(name, made)
    return made
  }
  const specs = new Map<Leaf, PredicateSpec>()
  for (const search of detection.searches.values())
    for (const leaf of leavesOf(search)) specs.set(leaf, predicateFor(field(leaf.field), leaf.test, field))
  const reader = createEventReader([...fields.values()])
  reader.begin(document)

  const leaf = (each: Leaf): boolean => specs.get(each)?.evaluate(reader) ?? false
  const search = (node: SearchNode): boolean => {
    if (node.kind === 'leaf') return leaf(node)
    if (node.kind === 'not') return !search(node.of)
    return node.kind === 'and' ? node.of.every(search) : node.of.some(search)
  }
  const searches = new Map([...detection.searches].map(([name, node]) => [name, search(node)]))
  const condition = (node: ConditionNode): boolean => {
    if (node.kind === 'search') return searches.get(node.name) ?? false
    if (node.kind === 'not') return !condition(node.of)
    return node.kind === 'and' ? node.of.every(condition) : node.of.some(condition)
  }
  return { detection, field, leaf, search, condition }
}

/** Every question a search asks, in the order it is written. */
function leavesOf(node: SearchNode): Leaf[] {
  if (node.kind === 'leaf') return [node]
  return node.kind === 'not' ? leavesOf(node.of) : node.of.flatMap(leavesOf)
}
