import type { PicketEvent } from '../../shared/event/event.ts'
import type { Pack } from '../../shared/pack/pack.ts'
import { type Compile, compileForEvents, FilterInvalid, listProblems } from './compile.ts'

export interface EdgeRules {
  /** Ids of the pack's edge rules that fired; such an event travels in the priority lane. The hub judges it again, with all its rules. */
  fired(event: PicketEvent): readonly string[]
}

const NONE: readonly string[] = []

/** @throws {FilterInvalid} kind `invalid`, naming each rule that cannot be compiled */
export const createEdgeRules = (rules: Pack['edge_rules'], compile: Compile = compileForEvents): EdgeRules => {
  if (rules.length === 0) return { fired: () => NONE }
  const { matcher, problems } = compile(rules.map(({ id, source }) => ({ source, name: id })))
  if (problems.length > 0) throw new FilterInvalid(`edge rules: ${listProblems(problems)}`)
  return {
    fired(event) {
      const matches = matcher.match(event.document, event.logsource)
      // `file` is the pack's id, which need not be the one written in the rule: the hub knows the rule by it.
      return matches.length === 0 ? NONE : [...new Set(matches.map(({ rule }) => rule.file))]
    },
  }
}
