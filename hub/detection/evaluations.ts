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

/** Rules by log source: there are thousands of the ones and a hundred of the others. Groups are in the order of their keys, ids in their own. */
export interface RuleGroup {
  readonly key: string
  readonly logsource: RuleLogsource
  readonly ids: readonly string[]
}

export function groupRules(rules: Iterable<Pick<SigmaRule, 'id' | 'logsource'>>): RuleGroup[] {
  const groups = new Map<string, { key: string; logsource: RuleLogsource; ids: string[] }>()
  for (const { id, logsource } of rules) {
    const key = logsourceKey(logsource)
    const group = groups.get(key)
    if (group) group.ids.push(id)
    else groups.set(key, { key, logsource, ids: [id] })
  }
  for (const { ids } of groups.values()) ids.sort()
  return [...groups.values()].sort(byKey)
}

/** Groups as `groupRules` would make them of the rules in `groups` that are wanted, and those in `more`. */
export function regroup(groups: readonly RuleGroup[], isWanted: (ruleId: string) => boolean, more: readonly RuleGroup[]): RuleGroup[] {
  const added = new Map(more.map((group) => [group.key, group.ids]))
  const known = new Set(groups.map(({ key }) => key))
  const changed = groups.map((group) => {
    const ids = group.ids.filter(isWanted)
    const others = added.get(group.key)
    return { ...group, ids: others ? [...ids, ...others].sort() : ids }
  })
  return [...changed.filter(({ ids }) => ids.length > 0), ...more.filter(({ key }) => !known.has(key))].sort(byKey)
}

const byKey = (a: RuleGroup, b: RuleGroup): number => (a.key < b.key ? -1 : 1)

/** Which of the rules given are put to an event. There are few log sources, so nothing has to be counted per rule and event. */
export interface Evaluations {
  /** Names the rules for good: the same ids with the same log sources have the same name. */
  readonly view: string
  readonly groups: readonly RuleGroup[]
  of(event: EventLogsource): Evaluation
}

export function createEvaluations(groups: readonly RuleGroup[]): Evaluations {
  const view = hash('sha256', JSON.stringify(groups.map(({ key, ids }) => [key, ids])), 'base64url').slice(0, 22)
  const kinds = new Map<string, Evaluation>()

  return {
    view,
    groups,
    of: (event) => {
      const kind = `${event.product ?? ''}\n${event.service ?? ''}\n${event.categories.join('\n')}`
      const known = kinds.get(kind)
      if (known) return known
      const put = groups.filter(({ logsource }) => applies(logsource, event))
      const evaluation = { view, logsources: put.map(({ key }) => key), rules: put.reduce((sum, { ids }) => sum + ids.length, 0) }
      if (kinds.size >= MAX_KINDS) kinds.clear()
      kinds.set(kind, evaluation)
      return evaluation
    },
  }
}
