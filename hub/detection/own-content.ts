import type { RuleProblem, SigmaRule } from '../../shared/sigma/contract.ts'
import { applies } from '../../shared/sigma/sigma.ts'
import { logsourceKey } from './evaluations.ts'
import type { DetectionEvent, TenantView } from './ports.ts'
import type { RuleSet } from './rule-set.ts'
import { Stalled, type TenantWorker } from './tenant-worker.ts'

/** What a tenant's own rules may cost. Both at once: a tenant with many events and quick rules may use the worker all day. */
export interface RuleBudget {
  /** Mean time of all its own rules for one event. */
  readonly eventMs: number
  /** Worker time within which the mean is taken. */
  readonly windowMs: number
}
export const RULE_BUDGET: RuleBudget = { eventMs: 2, windowMs: 10_000 }

/** A turn is meant to take about so long; other tenants wait no longer than that, or than one event where one takes longer. */
const SLICE_MS = 20
const MOST_PER_SLICE = 512
/** Events on which each rule is timed, once something is too slow. */
const TIMED_EVENTS = 16
const LIVE_STAGES = new Set(['staging', 'production'])

/** A rule taken out of service until its text changes. */
export interface Suspension {
  readonly ruleId: string
  /** What was suspended: another text under the same id is tried again. */
  readonly source: string
  readonly problem: RuleProblem
}

export interface OwnMatch {
  readonly event: number
  readonly rule: SigmaRule
  readonly matchedConditions: readonly string[]
}

/** One tenant's own rules and exceptions, compiled in the tenants' worker. Never changes: another view is another content. */
export interface OwnContent {
  /** In any stage, where they can be parsed. */
  readonly rules: readonly SigmaRule[]
  readonly running: readonly SigmaRule[]
  readonly problems: readonly RuleProblem[]
  readonly costliest: Suspension | undefined
  judge(events: readonly DetectionEvent[]): Promise<OwnMatch[]>
  /** Per check the ids of the exceptions that hold. */
  except(checks: readonly { event: DetectionEvent; rule: SigmaRule; exceptions: readonly string[] }[]): Promise<(readonly string[])[]>
  /** Runs work that asks the content, which stays loaded until it is done. */
  use<T>(work: () => Promise<T>): Promise<T>
  /** To be forgotten, once nothing uses it. */
  retire(): void
}

export interface OwnContentParts {
  readonly worker: TenantWorker
  readonly tenantId: string
  readonly budget: RuleBudget
}

/** Undefined where the tenant has nothing of its own. @throws {DetectionUnavailable} */
export async function loadOwnContent(
  { worker, tenantId, budget }: OwnContentParts,
  view: TenantView,
  set: RuleSet,
  suspended: ReadonlyMap<string, Suspension>,
): Promise<OwnContent | undefined> {
  const values = new Map([...set.placeholders, ...view.valueLists])
  const filled = set.head.placeholderRules.filter(({ placeholders }) => placeholders.every((name) => values.has(name)))
  if (view.rules.length + view.exceptions.length + filled.length === 0) return undefined
  const suspensions = [...suspended.values()].filter(({ source }) => [...view.rules, ...filled].some((rule) => rule.source === source))
  const stopped = new Set(suspensions.map(({ source }) => source))
  const taken = view.rules.filter(({ id }) => set.byId.has(id))
  const { content, told } = await worker.load(tenantId, {
    rules: view.rules
      .filter(({ id }) => !set.byId.has(id))
      .map(({ id, source, stage }) => ({ id, source, stage, runs: LIVE_STAGES.has(stage) && !stopped.has(source) })),
    placeholderRules: filled.filter(({ source }) => !stopped.has(source)),
    valueLists: values,
    exceptions: view.exceptions.map(({ id, detection }) => ({ id, detection })),
  })
  const running = told.running.flatMap((index) => told.rules[index] ?? [])
  const logsources = [...new Map(running.map(({ logsource }) => [logsourceKey(logsource), logsource])).values()]
  let eventMs = 0
  let costliest: Suspension | undefined
  let spent = { ms: 0, events: 0 }
  let users = 0
  let retired = false
  const unloadIfUnused = () => {
    if (retired && users === 0) worker.unload(content)
  }

  /** Times each rule alone on a few events, and names the one that takes longest. @param atLeastMs - a rule that takes less is not to blame */
  const findCostliest = async (events: readonly DetectionEvent[], atLeastMs: number): Promise<void> => {
    let most: { rule: SigmaRule; ms: number } | undefined
    for (const [index, rule] of running.entries()) {
      const mine = events.filter((event) => applies(rule.logsource, event)).slice(0, TIMED_EVENTS)
      if (mine.length === 0) continue
      const ms = await worker.ask(tenantId, { ask: 'time', content, rule: index, events: mine }).then(
        (total) => total / mine.length,
        (error) => {
          if (error instanceof Stalled) return Number.POSITIVE_INFINITY
          throw error
        },
      )
      if (!most || ms > most.ms) most = { rule, ms }
    }
    if (!most || most.ms < atLeastMs) return
    const { rule, ms } = most
    const source = view.rules.find(({ id }) => id === rule.id)?.source ?? rule.source
    const took = Number.isFinite(ms) ? `about ${ms.toPrecision(2)} ms for an event` : 'seconds for an event'
    costliest = {
      ruleId: rule.id,
      source,
      problem: {
        ...{ file: `rule ${rule.id}`, line: 1, ruleId: rule.id, title: rule.title, code: 'suspended' },
        reason: `the rule takes ${took} and is suspended, because the tenant's own rules together may take ${budget.eventMs} ms; make it cheaper, and it runs again`,
      },
    }
  }

  const judgeSlice = async (slice: readonly DetectionEvent[]) => {
    try {
      return await worker.ask(tenantId, { ask: 'judge', content, events: slice })
    } catch (error) {
      if (!(error instanceof Stalled)) throw error
      // One event of the slice at a time would stall as well: which rule it is decides what happens next, and the batch is asked for again.
      await findCostliest(slice, budget.eventMs)
      throw error
    }
  }

  return {
    rules: told.rules,
    running,
    problems: [...taken.map(takenId), ...told.problems, ...suspensions.map(({ problem }) => problem)],
    get costliest() {
      return costliest
    },
    async judge(events) {
      const mine = events.flatMap((event, index) => (logsources.some((logsource) => applies(logsource, event)) ? [{ event, index }] : []))
      const matches: OwnMatch[] = []
      for (let from = 0; from < mine.length; ) {
        const size = Math.max(1, Math.min(MOST_PER_SLICE, Math.floor(SLICE_MS / Math.max(eventMs, 0.01))))
        const slice = mine.slice(from, from + size)
        const judged = await judgeSlice(slice.map(({ event }) => event))
        for (const [event, rule, matchedConditions] of judged.matches) {
          const [at, which] = [slice[event], running[rule]]
          if (at && which) matches.push({ event: at.index, rule: which, matchedConditions })
        }
        from += slice.length
        eventMs = judged.tookMs / slice.length
        spent = { ms: spent.ms + judged.tookMs, events: spent.events + slice.length }
        if (spent.ms < budget.windowMs) continue
        if (spent.ms / spent.events > budget.eventMs && !costliest)
          await findCostliest(
            slice.map(({ event }) => event),
            0,
          )
        spent = { ms: 0, events: 0 }
      }
      return matches
    },
    except: async (checks) => {
      const held: (readonly string[])[] = []
      for (let from = 0; from < checks.length; from += MOST_PER_SLICE) {
        const part = checks.slice(from, from + MOST_PER_SLICE)
        const asked = part.map(({ event, rule, exceptions }) => ({ event, logsource: rule.logsource, exceptions }))
        held.push(...(await worker.ask(tenantId, { ask: 'except', content, checks: asked })))
      }
      return held
    },
    use: async (work) => {
      users += 1
      try {
        return await work()
      } finally {
        users -= 1
        unloadIfUnused()
      }
    },
    retire: () => {
      retired = true
      unloadIfUnused()
    },
  }
}

const takenId = ({ id }: TenantView['rules'][number]): RuleProblem => ({
  ...{ file: `rule ${id}`, line: 1, ruleId: id, code: 'duplicate_id' },
  reason: 'a shared rule has this id; the rule is not run until it has another',
})
