import { hash } from 'node:crypto'
import type { EventLogsource } from '../../shared/event/event.ts'
import type { RuleLogsource, SigmaRule } from '../../shared/sigma/contract.ts'
import { applies } from '../../shared/sigma/sigma.ts'
import type { Evaluation } from './ports.ts'

/** Kinds of event remembered; a hostile sensor may make up any number, and then the memory starts over. */
const MAX_KINDS = 10_000

/** A log source as rules name it, `product/category/service`; a part left out is empty. */
export const logsourceKey = ({ product, category, service }: RuleLogsource): string =>
  [product, category, service].map((part) => encodeURIComponent(part ?? '')).join('/')

/** Which of the rules given are put to an event. There are few log sources, so nothing has to be counted per rule and event. */
export interface Evaluations {
  /** Names the rules for good: the same ids with the same log sources have the same name. */
  readonly view: string
  /** Ids by `logsourceKey`. */
  readonly rules: ReadonlyMap<string, readonly string[]>
  of(event: EventLogsource): Evaluation
}

export function createEvaluations(rules: Iterable<Pick<SigmaRule, 'id' | 'logsource'>>): Evaluations {
  const groups = new Map<string, { logsource: RuleLogsource; ids: string[] }>()
  for (const { id, logsource } of rules) {
    const key = logsourceKey(logsource)
    const group = groups.get(key)
    if (group) group.ids.push(id)
    else groups.set(key, { logsource, ids: [id] })
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { ids }]) => [key, ids.sort()] as const)
  const view = hash('sha256', JSON.stringify(sorted), 'base64url').slice(0, 22)
  const kinds = new Map<string, Evaluation>()

  return {
    view,
    rules: new Map(sorted),
    of: (event) => {
      const kind = `${event.product ?? ''}\n${event.service ?? ''}\n${event.categories.join('\n')}`
      const known = kinds.get(kind)
      if (known) return known
      const put = [...groups].filter(([, { logsource }]) => applies(logsource, event))
      const evaluation = { view, logsources: put.map(([key]) => key), rules: put.reduce((sum, [, { ids }]) => sum + ids.length, 0) }
      if (kinds.size >= MAX_KINDS) kinds.clear()
      kinds.set(kind, evaluation)
      return evaluation
    },
  }
}
