import type { PicketEvent } from '../../shared/event/event.ts'
import type { PreFilter } from '../../shared/pack/pack.ts'
import { type Compile, compileForEvents, FilterInvalid, listProblems } from './compile.ts'

export interface FilterReport {
  readonly filterId: string
  readonly name: string
  /** Events whose log source the filter is for. */
  readonly checkedTotal: number
  /** Events its condition held for. */
  readonly hitTotal: number
}

export interface Prefilter {
  /** Whether the event goes on. Every enabled filter sees every event, so that the counters do not depend on their order. */
  apply(event: PicketEvent): 'pass' | 'drop'
  /** One per filter of the pack, disabled ones included. */
  reports(): readonly FilterReport[]
}

interface Running {
  readonly filter: PreFilter
  /** Its rule's place in the matcher; undefined while disabled. */
  readonly index: number | undefined
  readonly checkedBefore: number
  hits: number
}

// A rule has a place for everything a filter knows; JSON is YAML, and what it quotes stays text.
const asRule = ({ id, name, detection, logsource }: PreFilter) => ({
  name: `filter ${name}`,
  source: JSON.stringify({ title: name, name: id, status: 'stable', level: 'informational', logsource, detection }),
})

/**
 * The pack's named filters, compiled into one matcher.
 *
 * drop: what it matches goes no further. sample: one in `one_in` of what it matches passes. keep: once one is enabled, only what a keep filter
 * matches passes. An event passes only if every kind lets it.
 *
 * @param totals - counts to go on from, by filter id: a filter keeps its counters when the pack around it changes
 * @throws {FilterInvalid} kind `invalid`, naming each filter that cannot be compiled; nothing changes then
 */
export const createPrefilter = (
  filters: readonly PreFilter[],
  totals: readonly FilterReport[] = [],
  compile: Compile = compileForEvents,
): Prefilter => {
  const enabled = filters.filter((each) => each.enabled)
  for (const { name, action, one_in } of enabled) {
    if (action === 'sample' && one_in === undefined) throw new FilterInvalid(`filter ${name}: sample needs one_in`)
  }
  const { matcher, problems } = compile(enabled.map(asRule))
  if (problems.length > 0 || matcher.rules.length !== enabled.length)
    throw new FilterInvalid(listProblems(problems) || 'a filter holds more than one rule')
  const before = new Map(totals.map((each) => [each.filterId, each]))
  const running = filters.map((filter): Running => {
    const index = enabled.indexOf(filter)
    const { checkedTotal = 0, hitTotal = 0 } = before.get(filter.id) ?? {}
    return { filter, index: index === -1 ? undefined : index, checkedBefore: checkedTotal, hits: hitTotal }
  })
  const byRule = new Map(running.flatMap((each) => (each.index === undefined ? [] : [[matcher.rules[each.index], each] as const])))
  const keepsOnly = enabled.some((each) => each.action === 'keep')

  return {
    apply(event) {
      if (enabled.length === 0) return 'pass'
      let dropped = false
      let kept = !keepsOnly
      for (const { rule } of matcher.match(event.document, event.logsource)) {
        const hit = byRule.get(rule)
        if (!hit) continue
        hit.hits += 1
        if (hit.filter.action === 'keep') kept = true
        // The first of every `one_in` passes.
        else if (hit.filter.action === 'drop' || hit.hits % (hit.filter.one_in ?? 1) !== 1 % (hit.filter.one_in ?? 1)) dropped = true
      }
      return kept && !dropped ? 'pass' : 'drop'
    },
    reports: () =>
      running.map(({ filter, index, checkedBefore, hits }) => ({
        filterId: filter.id,
        name: filter.name,
        checkedTotal: checkedBefore + (index === undefined ? 0 : (matcher.evaluations[index] ?? 0)),
        hitTotal: hits,
      })),
  }
}
