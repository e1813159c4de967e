import { ExpectedError, messageOf } from '../../shared/errors.ts'
import { Histogram } from '../../shared/histogram.ts'
import type { RuleProblem } from '../../shared/sigma/contract.ts'
import { compileRules, ecsView, parseRules } from '../../shared/sigma/sigma.ts'
import type { TenantContext } from '../identity/ports.ts'
import { EvaluationCounts } from './evaluation-counts.ts'
import type { Detection, DetectionMatch, DetectionMetrics, RuleSetting, RuleStore } from './ports.ts'
import type { RuleFile } from './rule-files.ts'
import { toSampleDocument } from './sample-document.ts'
import { createWorkerPool } from './worker-pool.ts'

export class UnknownRule extends ExpectedError {
  readonly code = 'RULE_NOT_FOUND'
  readonly kind = 'not_found'
}

export interface DetectionOptions {
  readonly files: readonly RuleFile[]
  readonly workerScript: string | URL
  readonly workers: number
  readonly store: RuleStore
  readonly now: () => Date
  readonly warn: (message: string) => void
}

/** Statistics reach the database this often. */
const FLUSH_MS = 5_000
/** The evaluation rate is taken over this many seconds. */
const RATE_SECONDS = 10

interface TenantState {
  readonly settings: Map<string, RuleSetting>
  readonly counts: EvaluationCounts
  readonly times: Histogram
  /** Events evaluated in each of the last seconds, a ring by second. */
  readonly ring: { second: number; events: number }[]
  eventsEvaluated: number
  rulesMatched: number
}

/**
 * Compiles the rules once per worker, runs batches through them, and holds each tenant's view: what is enabled, what runs at the edge,
 * how often each rule was evaluated. Tenants' choices filter the matches; they never recompile anything.
 *
 * @throws where a worker cannot start; a rule that cannot be compiled is a problem in the list, not an error
 */
export async function createDetection({
  files,
  workerScript,
  workers,
  store,
  now,
  warn,
}: DetectionOptions): Promise<Detection & { readonly health: { size: number; alive: number } }> {
  const parsed = files.map((each) => parseRules(each.text, each.file))
  const compiled = compileRules(
    parsed.flatMap((each) => each.rules),
    ecsView,
  )
  const rules = compiled.matcher.rules
  const problems: readonly RuleProblem[] = [...parsed.flatMap((each) => each.problems), ...compiled.problems]
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  const pool = await createWorkerPool(workerScript, { files }, workers, warn)

  const tenants = new Map<string, TenantState>()
  const stateOf = (tenantId: string): TenantState => {
    const known = tenants.get(tenantId)
    if (known) return known
    const state: TenantState = {
      settings: new Map(),
      counts: new EvaluationCounts(),
      times: new Histogram(),
      ring: [],
      eventsEvaluated: 0,
      rulesMatched: 0,
    }
    tenants.set(tenantId, state)
    return state
  }
  for (const { tenantId, setting } of await store.allSettings()) stateOf(tenantId).settings.set(setting.ruleId, setting)
  const isEnabled = (state: TenantState, ruleId: string) => state.settings.get(ruleId)?.enabled ?? true

  const second = () => Math.floor(now().getTime() / 1_000)
  const countRate = (state: TenantState, events: number) => {
    const last = state.ring.at(-1)
    if (last?.second === second()) last.events += events
    else state.ring.push({ second: second(), events })
    while ((state.ring[0]?.second ?? 0) < second() - RATE_SECONDS) state.ring.shift()
  }

  /** Counters leave memory only when the database has them; a failed flush is tried again with what came since. */
  const flush = async () => {
    const at = now()
    const hour = new Date(Math.floor(at.getTime() / 3_600_000) * 3_600_000)
    for (const [tenantId, state] of tenants) {
      if (state.counts.isEmpty) continue
      const enabled = rules.filter((rule) => isEnabled(state, rule.id))
      const counts = state.counts.drain(enabled)
      for (const [ruleId, missed] of unflushed.get(tenantId) ?? []) counts.set(ruleId, (counts.get(ruleId) ?? 0) + missed)
      unflushed.delete(tenantId)
      if (counts.size === 0) continue
      try {
        await store.addEvaluations({ tenantId }, hour, counts)
      } catch (error) {
        unflushed.set(tenantId, counts)
        warn(`rule statistics are kept in memory until the database takes them: ${messageOf(error)}`)
      }
    }
  }
  const unflushed = new Map<string, Map<string, number>>()
  let flushing = Promise.resolve()
  const timer = setInterval(() => {
    flushing = flushing.then(flush)
  }, FLUSH_MS)
  timer.unref()

  return {
    rules,
    problems,
    correlations: [],
    generation: 1,
    replaceRules: async () => ({ generation: 1, rules: rules.length, correlations: 0, filters: 0, problems }),
    rulesOf: () => rules,
    ruleById: (_, id) => byId.get(id),
    view: (tenantId) => ({ settings: stateOf(tenantId).settings, exceptions: [], rules: [], valueLists: new Map() }),
    setView: async () => ({ problems: [] }),
    problemsOf: () => [],
    suppressed: () => new Map(),

    detect: async (tenant: TenantContext, events) => {
      if (events.length === 0) return { matches: [], evaluations: [] }
      const state = stateOf(tenant.tenantId)
      const reply = await pool.ask(events)
      // Counted when judged: a batch that is judged again, because its commit failed and the sensor sent it anew, counts again.
      for (const event of events) state.counts.add(event)
      state.eventsEvaluated += events.length
      // Every event but the slowest is counted at the mean of the others: the tail shows in p99, the batch's sum stays right.
      const others = events.length > 1 ? (reply.tookMs - reply.slowestMs) / (events.length - 1) : 0
      if (events.length > 1) state.times.add(others, events.length - 1)
      state.times.add(reply.slowestMs)
      countRate(state, events.length)
      const matches: DetectionMatch[] = []
      for (const [event, index, matchedConditions] of reply.matches) {
        const rule = rules[index]
        if (rule && isEnabled(state, rule.id)) matches.push({ event, rule, matchedConditions })
      }
      state.rulesMatched += matches.length
      return { matches, evaluations: [] }
    },

    settings: (tenantId) => {
      const state = stateOf(tenantId)
      return { enabled: (ruleId) => isEnabled(state, ruleId), edge: (ruleId) => state.settings.get(ruleId)?.edge ?? false }
    },

    applySetting: async (tenantId, setting) => void stateOf(tenantId).settings.set(setting.ruleId, setting),

    test: async (_, ruleId, events) => {
      const rule = byId.get(ruleId)
      if (!rule) throw new UnknownRule('there is no rule with that id')
      const { matcher } = compileRules([rule], ecsView)
      const { product, service, category } = rule.logsource
      // A sample is taken to be of the rule's own log source: the question is whether the detection fits it.
      const logsource = { product, service, categories: category ? [category] : [] }
      return events.map((event) => {
        const [match] = matcher.match(toSampleDocument(event), logsource)
        return { matched: match !== undefined, matchedConditions: match?.matchedConditions ?? [] }
      })
    },

    metrics: (tenantId): DetectionMetrics => {
      const state = stateOf(tenantId)
      const from = second() - RATE_SECONDS
      const recent = state.ring.filter((each) => each.second >= from).reduce((sum, each) => sum + each.events, 0)
      return {
        eventsEvaluated: state.eventsEvaluated,
        rulesMatched: state.rulesMatched,
        evaluationsPerSecond: recent / RATE_SECONDS,
        avgMs: state.times.mean,
        p99Ms: state.times.percentile(0.99),
      }
    },

    get health() {
      return { size: pool.size, alive: pool.alive }
    },

    close: async () => {
      clearInterval(timer)
      await flushing
      await flush()
      await pool.close()
    },
  }
}
