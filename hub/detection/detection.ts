import { HOUR_MS } from '../../shared/durations.ts'
import { messageOf } from '../../shared/errors.ts'
import type { TenantContext } from '../identity/ports.ts'
import { DetectionMeter } from './detection-meter.ts'
import { type EffectiveView, EMPTY_VIEW, effectiveView } from './effective-view.ts'
import { loadOwnContent, type OwnContent, RULE_BUDGET, type RuleBudget, type Suspension } from './own-content.ts'
import type { Detection, DetectionEvent, DetectionHealth, DetectionMatch, RuleStore, TenantView } from './ports.ts'
import { RecentEvents } from './recent-events.ts'
import type { RuleFile } from './rule-files.ts'
import { loadRuleSet, type RuleSet, RuleSetRefused, summaryOf } from './rule-set.ts'
import { createTenantWorker } from './tenant-worker.ts'
import type { Placeholders } from './worker-protocol.ts'

export interface DetectionOptions {
  readonly files: readonly RuleFile[]
  /** Values of `%name%` for all tenants; a tenant's own lists are in its view. */
  readonly placeholders?: Placeholders | undefined
  readonly workerScript: string | URL
  /** Threads for the shared rules; what tenants write themselves runs in one more. */
  readonly workers: number
  readonly store: Pick<RuleStore, 'allSettings' | 'registerView'>
  readonly now: () => Date
  readonly warn: (message: string) => void
  readonly budget?: RuleBudget | undefined
}

/** A view that is in use is written down again after so long, so that nobody takes it for one that is no longer needed. */
const REGISTER_AGAIN_MS = 12 * HOUR_MS

interface TenantState {
  view: TenantView
  /** The tenant's own content beside the rule set in force, and beside the one about to be. */
  readonly own: Map<RuleSet, OwnContent | undefined>
  effective: EffectiveView | undefined
  registered: { readonly view: string; readonly at: number; readonly done: Promise<void> } | undefined
  /** By rule id. */
  readonly suspended: Map<string, Suspension>
  readonly suppressed: Map<string, number>
  readonly meter: DetectionMeter
  /** Changes are done one after the other. */
  changes: Promise<unknown>
}

/**
 * The shared rules in their workers, and each tenant's view of them. Tenants' choices about shared rules filter the matches and recompile nothing; what a
 * tenant writes itself runs apart. Rule sets are replaced whole: a batch is judged by the set and the view of the moment it was handed over, to its end.
 *
 * @throws {RuleSetRefused} where the workers cannot load the files; a rule that cannot be used is a problem in the list, not an error
 */
export async function createDetection(options: DetectionOptions): Promise<Detection & { readonly health: DetectionHealth }> {
  const { store, now, warn, workerScript: script, workers: size, budget = RULE_BUDGET } = options
  const load = (generation: number, files: readonly RuleFile[], placeholders: Placeholders) =>
    loadRuleSet(generation, { script, files, placeholders, size, oneByOne: generation > 1, onFault: warn })
  let current = await load(1, options.files, options.placeholders ?? new Map())
  let next: RuleSet | undefined
  let replacing: Promise<unknown> = Promise.resolve()
  let closed = false
  /** Pools of sets that were replaced, until they have answered what they hold. */
  const retiring = new Set<RuleSet['pool']>()
  const tenantWorker = createTenantWorker(script, warn)
  const tenants = new Map<string, TenantState>()
  const recent = new RecentEvents()

  const stateOf = (tenantId: string): TenantState => {
    const known = tenants.get(tenantId)
    if (known) return known
    const state: TenantState = {
      ...{ view: EMPTY_VIEW, own: new Map(), effective: undefined, registered: undefined, suspended: new Map(), suppressed: new Map() },
      ...{ meter: new DetectionMeter(), changes: Promise.resolve() },
    }
    tenants.set(tenantId, state)
    return state
  }
  const effectiveOf = (state: TenantState): EffectiveView => {
    if (state.effective?.set !== current) state.effective = effectiveView(current, state.view, state.own.get(current))
    return state.effective
  }

  const loadOwn = (tenantId: string, state: TenantState, view: TenantView, set: RuleSet) =>
    loadOwnContent({ worker: tenantWorker, tenantId, budget }, view, set, state.suspended)

  const changeTenant = <T>(state: TenantState, work: () => Promise<T>): Promise<T> => {
    const done = state.changes.then(work)
    state.changes = done.catch(() => undefined)
    return done
  }

  /** For the set in force and, where one is about to take its place, for that too: whichever it is when this is done, the view is there. */
  const putInForce = async (tenantId: string, state: TenantState, view: TenantView) => {
    const made = new Map<RuleSet, OwnContent | undefined>()
    try {
      for (let set: RuleSet | undefined = current; set; set = [current, next].find((each) => each && !made.has(each)))
        made.set(set, await loadOwn(tenantId, state, view, set))
    } catch (error) {
      for (const own of made.values()) own?.retire()
      throw error
    }
    // From here to the end nothing waits: no batch sees half of it.
    for (const old of state.own.values()) old?.retire()
    state.own.clear()
    for (const [set, own] of made)
      if (set === current || set === next) state.own.set(set, own)
      else own?.retire()
    state.view = view
    state.effective = undefined
    const known = new Set(view.exceptions.map(({ id }) => id))
    for (const id of state.suppressed.keys()) if (!known.has(id)) state.suppressed.delete(id)
    const texts = new Set([...view.rules, ...current.head.placeholderRules, ...(next?.head.placeholderRules ?? [])].map(({ source }) => source))
    for (const [ruleId, { source }] of state.suspended) if (!texts.has(source)) state.suspended.delete(ruleId)
  }

  /** What the tenant has beside the old set goes on beside the new one where it cannot be loaded now: one tenant's content must not keep the rules from the others. */
  const prepareFor = (set: RuleSet, tenantId: string, state: TenantState) =>
    changeTenant(state, async () => {
      if (state.own.has(set)) return
      try {
        state.own.set(set, await loadOwn(tenantId, state, state.view, set))
      } catch (error) {
        if (closed) throw error
        warn(`tenant ${tenantId}: its own rules could not be loaded beside the new rule set and go on as they were: ${messageOf(error)}`)
        state.own.set(set, state.own.get(current))
      }
    })

  const forget = (set: RuleSet) => {
    for (const state of tenants.values()) {
      const own = state.own.get(set)
      state.own.delete(set)
      if (![...state.own.values()].includes(own)) own?.retire()
    }
  }

  const replace = async (files: readonly RuleFile[], placeholders: Placeholders) => {
    if (closed) throw new RuleSetRefused('detection is closed')
    const set = await load(current.generation + 1, files, placeholders)
    if (set.rules.length === 0 || closed) {
      await set.pool.close()
      const [problem] = set.head.problems
      throw new RuleSetRefused(
        `none of the rules can be used, so those in force stay${problem ? `: ${problem.file}:${problem.line}: ${problem.reason}` : ''}`,
      )
    }
    next = set
    try {
      await set.pool.warmUp(recent.events)
      for (const [tenantId, state] of tenants) await prepareFor(set, tenantId, state)
      if (closed) throw new RuleSetRefused('detection is closed')
    } catch (error) {
      next = undefined
      forget(set)
      await set.pool.close()
      throw error
    }
    const old = current
    current = set
    next = undefined
    forget(old)
    retiring.add(old.pool)
    old.pool
      .retire()
      .catch((error) => warn(`an old detection worker did not end: ${messageOf(error)}`))
      .finally(() => retiring.delete(old.pool))
    return summaryOf(set)
  }

  /** The view is written down before what was judged by it is committed; concurrent batches wait for the same writing. */
  const register = (tenant: TenantContext, state: TenantState, { evaluations }: EffectiveView): Promise<void> => {
    const at = now().getTime()
    const known = state.registered
    if (known?.view === evaluations.view && at - known.at < REGISTER_AGAIN_MS) return known.done
    const done = store.registerView(tenant, evaluations.view, new Map(evaluations.groups.map(({ key, ids }) => [key, ids])))
    const made = { view: evaluations.view, at, done }
    state.registered = made
    done.catch(() => {
      if (state.registered === made) state.registered = undefined
    })
    return done
  }

  /** Without the matches on which one of the tenant's exceptions holds. */
  const withoutExcepted = async (state: TenantState, view: EffectiveView, events: readonly DetectionEvent[], matches: readonly DetectionMatch[]) => {
    const at = now().getTime()
    const active = view.view.exceptions.filter(({ expiresAt }) => expiresAt.getTime() > at)
    if (active.length === 0 || !view.own) return matches
    const asked = matches.map((match) => active.filter(({ ruleId }) => ruleId === undefined || ruleId === match.rule.id).map(({ id }) => id))
    const checks = matches.flatMap(({ event: index, rule }, match) => {
      const [event, exceptions] = [events[index], asked[match]]
      return event && exceptions && exceptions.length > 0 ? [{ match, event, rule, exceptions }] : []
    })
    const held = await view.own.except(checks)
    const excepted = new Set<number>()
    for (const [check, ids] of held.entries()) {
      const match = checks[check]?.match
      if (ids.length === 0 || match === undefined) continue
      excepted.add(match)
      for (const id of ids) state.suppressed.set(id, (state.suppressed.get(id) ?? 0) + 1)
    }
    return matches.filter((_, match) => !excepted.has(match))
  }

  const suspend = (tenantId: string, state: TenantState, own: OwnContent) => {
    const { costliest } = own
    if (!costliest || state.suspended.get(costliest.ruleId)?.source === costliest.source) return
    state.suspended.set(costliest.ruleId, costliest)
    warn(`tenant ${tenantId}: ${costliest.problem.reason} (rule ${costliest.ruleId})`)
    changeTenant(state, () => putInForce(tenantId, state, state.view)).catch((error) => {
      // The next batch tries again.
      state.suspended.delete(costliest.ruleId)
      if (!closed) warn(`tenant ${tenantId}: the rule ${costliest.ruleId} could not be suspended: ${messageOf(error)}`)
    })
  }

  /** Own rules and shared ones are asked at once; a tenant's slow rules hold up its own batches only. */
  const judge = async (tenantId: string, state: TenantState, view: EffectiveView, events: readonly DetectionEvent[]) => {
    const { own } = view
    const [judged, mine] = await Promise.all([
      view.set.pool.ask(events),
      own && own.running.length > 0 ? own.judge(events).finally(() => suspend(tenantId, state, own)) : [],
    ])
    const matches: DetectionMatch[] = []
    for (const [event, index, matchedConditions] of judged.matches) {
      const rule = view.shared(index)
      if (rule) matches.push({ event, rule, matchedConditions })
    }
    if (mine.length === 0) return { judged, matches }
    for (const { event, rule: found, matchedConditions } of mine) {
      const rule = view.ownRule(found)
      if (rule) matches.push({ event, rule, matchedConditions, ...(view.isSilent(rule.id) && { silent: true }) })
    }
    return { judged, matches: matches.sort((a, b) => a.event - b.event) }
  }

  for (const { tenantId, setting } of await store.allSettings()) {
    const state = stateOf(tenantId)
    state.view = { ...state.view, settings: new Map([...state.view.settings, [setting.ruleId, setting]]) }
  }

  const problemsOf = (tenantId: string) => effectiveOf(stateOf(tenantId)).own?.problems ?? []

  return {
    get rules() {
      return current.rules
    },
    get problems() {
      return current.head.problems
    },
    get correlations() {
      return current.head.correlations
    },
    get filters() {
      return current.head.filters
    },
    get placeholders() {
      return current.placeholders
    },
    get generation() {
      return current.generation
    },
    rulesOf: (tenantId) => effectiveOf(stateOf(tenantId)).rules,
    ruleById: (tenantId, id) => effectiveOf(stateOf(tenantId)).byId.get(id),

    detect: async (tenant, events) => {
      if (events.length === 0) return { matches: [], evaluations: [] }
      const { tenantId } = tenant
      const state = stateOf(tenantId)
      const view = effectiveOf(state)
      const judgeAll = async () => {
        const [{ judged, matches }] = await Promise.all([judge(tenantId, state, view, events), register(tenant, state, view)])
        return { judged, matches: await withoutExcepted(state, view, events, matches) }
      }
      recent.see(events)
      const { judged, matches } = await (view.own ? view.own.use(judgeAll) : judgeAll())
      const evaluations = events.map(view.evaluations.of)
      const put = evaluations.reduce((sum, { rules }) => sum + rules, 0)
      state.meter.add(now(), events.length, put, matches.length, judged)
      return { matches, evaluations }
    },

    replaceRules: (files, placeholders) => {
      const done = replacing.then(() => replace(files, placeholders ?? current.placeholders))
      replacing = done.catch(() => undefined)
      return done
    },

    settings: (tenantId) => {
      const state = stateOf(tenantId)
      return { enabled: (ruleId) => effectiveOf(state).isEnabled(ruleId), edge: (ruleId) => state.view.settings.get(ruleId)?.edge ?? false }
    },
    view: (tenantId) => stateOf(tenantId).view,
    setView: async (tenantId, view) => {
      const state = stateOf(tenantId)
      await changeTenant(state, () => putInForce(tenantId, state, view))
      return { problems: problemsOf(tenantId) }
    },
    problemsOf,
    suppressed: (tenantId) => stateOf(tenantId).suppressed,

    metrics: (tenantId) => stateOf(tenantId).meter.read(now()),

    get health() {
      const suspended = [...tenants.values()].reduce((sum, state) => sum + state.suspended.size, 0)
      return { size: current.pool.size, alive: current.pool.alive, suspended }
    },

    close: async () => {
      closed = true
      // A change that is under way fails at its next step, rather than being waited for.
      await Promise.all([tenantWorker.close(), next?.pool.close()])
      await replacing
      await Promise.all([current.pool, ...retiring].map((pool) => pool.close()))
    },
  }
}
