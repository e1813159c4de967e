import type { SigmaRule } from '../../contract.ts'
import type { ConditionNode, Detection } from '../../parse/detection.ts'
import type { LintCheck } from '../check.ts'
import { detectionOf } from '../items.ts'
import { type Formula, formulaOf, satisfiable, searchOf } from '../satisfiable.ts'
import { conditionLine } from './searches.ts'

const SEARCHES_LIMIT = 60

const detectionIn = (rule: SigmaRule): Detection => rule.detection as Detection

/** Products whose records hold one value a field; the others write JSON, where any field may be a list. */
const ONE_VALUE: readonly (string | undefined)[] = ['windows', 'linux', 'macos']
const mayHoldLists = ({ logsource }: SigmaRule): boolean => !ONE_VALUE.includes(logsource.product)

/** How the condition uses each search identifier: its truth works for the rule, against it, or both. */
function rolesIn(detection: Detection): Map<string, 'for' | 'against' | 'both'> {
  const roles = new Map<string, 'for' | 'against' | 'both'>()
  const visit = (node: ConditionNode, role: 'for' | 'against'): void => {
    if (node.kind === 'search') roles.set(node.name, (roles.get(node.name) ?? role) === role ? role : 'both')
    else if (node.kind === 'not') visit(node.of, role === 'for' ? 'against' : 'for')
    else for (const operand of node.of) visit(operand, role)
  }
  visit(detection.condition, 'for')
  return roles
}

export const contradiction: LintCheck = {
  code: 'never_fires',
  severity: 'error',
  title: 'no event can fulfil the condition',
  *each(document) {
    if (!document.rule || satisfiable([formulaOf(detectionIn(document.rule))], mayHoldLists(document.rule))) return
    yield {
      line: conditionLine(document),
      message: 'no event can fulfil the condition: what it requires is excluded by its other parts; take one of them out',
    }
  },
}

export const deadSearch: LintCheck = {
  code: 'search_dead',
  severity: 'warning',
  title: 'a search identifier that changes nothing: where it is asked, it cannot be true, or always is',
  *each(document) {
    const { rule } = document
    if (!rule) return
    const detection = detectionIn(rule)
    const whole = formulaOf(detection)
    // Where nothing fits, every part is dead; that has a finding of its own.
    const possible = (formulas: readonly Formula[]) => satisfiable(formulas, mayHoldLists(rule))
    if (!possible([whole])) return
    // Each is a search of its own; a condition over hundreds is data, not writing.
    for (const [name, role] of [...rolesIn(detection)].slice(0, SEARCHES_LIMIT)) {
      const message = whyDead(detection, name, role, possible)
      if (message !== undefined) yield { line: document.lineOf([...detectionOf(document).path, name]), message }
    }
  },
}

function whyDead(
  detection: Detection,
  name: string,
  role: 'for' | 'against' | 'both',
  possible: (formulas: readonly Formula[]) => boolean,
): string | undefined {
  if (role === 'both') return undefined
  const search = searchOf(detection, name)
  if (!possible([search])) return `no event can be what "${name}" asks for: its parts exclude each other`
  /** The condition as it is where the search helps: true where it is asked for, false where it excludes. */
  const helped = formulaOf(detection, new Map([[name, role === 'for']]))
  if (!possible([helped, search]))
    return role === 'against'
      ? `"${name}" excludes nothing that the rest of the condition lets through; correct or remove it`
      : `"${name}" never helps: the rest of the condition excludes what it asks for; correct or remove it`
  if (role === 'for' && !possible([helped, { kind: 'not', of: search }]))
    return `"${name}" adds nothing: the rest of the condition requires as much; remove it`
  return undefined
}
