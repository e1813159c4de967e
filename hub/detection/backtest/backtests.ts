import { performance } from 'node:perf_hooks'
import { DAY_MS } from '../../../shared/durations.ts'
import { messageOf } from '../../../shared/errors.ts'
import type { SigmaRule } from '../../../shared/sigma/contract.ts'
import type { TenantContext } from '../../identity/ports.ts'
import { ContentRefused } from '../content/errors.ts'
import type { RuleContent } from '../content/rule-content.ts'
import type { TenantView } from '../ports.ts'
import type { BacktestSpec } from './judge-page.ts'
import type { Backtest, BacktestProgress, BacktestStore } from './ports.ts'
import { runBacktest } from './run-backtest.ts'

const WAITING_PER_TENANT = 5
const WAITING_TOGETHER = 200
const KEEP = 50
const MOST_DAYS = 31

export interface BacktestAsked {
  /** A stored rule, to be run as it is or, with `source`, with that text in its place. */
  readonly ruleId?: string | undefined
  readonly source?: string | undefined
  readonly from: Date
  readonly to: Date
}

export interface Backtests {
  /** Ends what the last run of the hub left open. @returns how many */
  recover(): Promise<number>
  /** Puts a backtest in the queue. @throws {ContentRefused} `RULE_NOT_FOUND`, `RULE_INVALID`, `BACKTEST_INVALID`, `BACKTEST_QUEUE_FULL` */
  create(tenant: TenantContext, actor: string, asked: BacktestAsked): Promise<Backtest>
  /** @throws {ContentRefused} `BACKTEST_NOT_FOUND` */
  get(tenant: TenantContext, backtestId: string): Promise<Backtest>
  /** Newest first, without results. */
  list(tenant: TenantContext, ruleId?: string): Promise<Backtest[]>
  /** It stands still when the promise resolves. @throws {ContentRefused} `BACKTEST_NOT_FOUND`, `BACKTEST_ENDED` */
  cancel(tenant: TenantContext, backtestId: string): Promise<Backtest>
  close(): Promise<void>
}

export interface BacktestsOptions {
  readonly store: BacktestStore
  readonly content: Pick<RuleContent, 'ruleOf' | 'readRule' | 'surroundings' | 'usableRule'>
  readonly view: (tenantId: string) => TenantView
  readonly workerScript: string | URL
  readonly now: () => Date
  readonly warn: (message: string) => void
  /** How many run at once, over all tenants; of one tenant never more than one. */
  readonly atOnce?: number
  readonly monotonicMs?: () => number
}

interface Job {
  readonly id: string
  readonly tenant: TenantContext
  readonly rule: SigmaRule
  readonly live?: SigmaRule | undefined
  readonly spec: BacktestSpec
  readonly stop: AbortController
  progress: BacktestProgress | undefined
  ended: Promise<void>
}

/** Runs of rules over stored events: a bounded queue, one run per tenant at a time, tenants in turn. */
export function createBacktests({
  store,
  content,
  view,
  workerScript,
  now,
  warn,
  atOnce = 1,
  monotonicMs = () => performance.now(),
}: BacktestsOptions): Backtests {
  /** By tenant, in the order in which they run next: one that ran goes to the end. */
  const waiting = new Map<string, Job[]>()
  const running = new Map<string, Job>()
  let closing = false

  const run = async (job: Job): Promise<void> => {
    const { tenant, id, spec, rule, live, stop } = job
    const end = (change: Parameters<BacktestStore['update']>[2]) =>
      store
        .update(tenant, id, { ...change, progress: job.progress, finishedAt: now() })
        .catch((error) => warn(`the end of a backtest could not be stored: ${messageOf(error)}`))
    try {
      if (!(await store.update(tenant, id, { status: 'running', startedAt: now() }))) return
      const result = await runBacktest({
        ...{ tenant, spec, store, workerScript, monotonicMs, signal: stop.signal, ruleId: rule.id },
        logsources: [rule.logsource, ...(live ? [live.logsource] : [])],
        onProgress: (progress) => {
          job.progress = progress
        },
      })
      await end({ status: 'done', result })
    } catch (error) {
      // A stopping hub leaves it open: the next start ends it, and says why.
      if (closing) return
      await end(stop.signal.aborted ? { status: 'cancelled' } : { status: 'failed', error: messageOf(error) })
    }
  }

  const startNext = (): void => {
    if (closing) return
    for (const [tenantId, jobs] of [...waiting]) {
      if (running.size >= atOnce) return
      if (running.has(tenantId)) continue
      const job = jobs.shift()
      waiting.delete(tenantId)
      if (jobs.length > 0) waiting.set(tenantId, jobs)
      if (!job) continue
      running.set(tenantId, job)
      job.ended = run(job).finally(() => {
        running.delete(tenantId)
        // Whatever it asked for meanwhile comes after what others ask for.
        const more = waiting.get(tenantId)
        waiting.delete(tenantId)
        if (more) waiting.set(tenantId, more)
        startNext()
      })
    }
  }

  const refuse = (code: string, message: string, field: string) => new ContentRefused('invalid', code, message, [{ field, message }])

  /** The rule to be run, and the one as it is now where that is another. */
  const rulesOf = async (tenantId: string, { ruleId, source }: BacktestAsked): Promise<{ rule: SigmaRule; live?: SigmaRule | undefined }> => {
    if (source === undefined) {
      if (ruleId === undefined) throw refuse('BACKTEST_INVALID', 'Name a rule with rule_id, or send a text as source.', 'rule_id')
      return { rule: await content.usableRule(tenantId, ruleId) }
    }
    const read = await content.readRule(tenantId, source)
    const rule = ruleId === undefined ? read : { ...read, id: content.ruleOf(tenantId, ruleId).id }
    return { rule, live: await usable(() => content.usableRule(tenantId, rule.id)) }
  }

  const rangeOf = ({ from, to }: BacktestAsked): { from: Date; to: Date } => {
    const end = new Date(Math.min(to.getTime(), now().getTime()))
    if (!(from < end)) throw refuse('BACKTEST_INVALID', 'The range is empty: "from" lies before "to" and before now.', 'from')
    if (end.getTime() - from.getTime() > MOST_DAYS * DAY_MS)
      throw refuse('BACKTEST_INVALID', `A backtest reaches over ${MOST_DAYS} days at most.`, 'from')
    return { from, to: end }
  }

  /** As stored, with the progress of this moment. */
  const current = (tenant: TenantContext, backtest: Backtest): Backtest => {
    const job = running.get(tenant.tenantId)
    return backtest.status === 'running' && job?.id === backtest.id && job.progress ? { ...backtest, progress: job.progress } : backtest
  }
  const get = async (tenant: TenantContext, backtestId: string): Promise<Backtest> => {
    const found = await store.get(tenant, backtestId)
    if (!found) throw new ContentRefused('not_found', 'BACKTEST_NOT_FOUND', 'There is no such backtest.')
    return current(tenant, found)
  }

  return {
    recover: () => store.endInterrupted('the hub was restarted', now()),

    async create(tenant, actor, asked) {
      const { tenantId } = tenant
      const { rule, live } = await rulesOf(tenantId, asked)
      const { from, to } = rangeOf(asked)
      const mine = waiting.get(tenantId)?.length ?? 0
      const all = [...waiting.values()].reduce((sum, jobs) => sum + jobs.length, 0)
      if (mine >= WAITING_PER_TENANT || all >= WAITING_TOGETHER)
        throw new ContentRefused('conflict', 'BACKTEST_QUEUE_FULL', 'As many backtests are waiting as may. Wait for one to end, or cancel one.')
      const { exceptions } = view(tenantId)
      const at = now()
      const spec: BacktestSpec = {
        ...{ from, to, source: rule.source, live: live?.source, ...content.surroundings(tenantId, rule.id) },
        exceptions: exceptions
          .filter((each) => each.expiresAt > at && (each.ruleId === undefined || each.ruleId === rule.id))
          .map(({ detection }) => detection),
      }
      const made = await store.create(tenant, { ruleId: rule.id, ruleTitle: rule.title, source: rule.source, from, to, actor, at }, KEEP)
      const job: Job = { id: made.id, tenant, rule, live, spec, stop: new AbortController(), progress: undefined, ended: Promise.resolve() }
      waiting.set(tenantId, [...(waiting.get(tenantId) ?? []), job])
      startNext()
      return made
    },

    get,
    list: async (tenant, ruleId) => (await store.list(tenant, { ruleId, limit: KEEP })).map((each) => current(tenant, each)),

    async cancel(tenant, backtestId) {
      const known = await get(tenant, backtestId)
      if (known.status !== 'queued' && known.status !== 'running')
        throw new ContentRefused('conflict', 'BACKTEST_ENDED', `The backtest has ended already: it is ${known.status}.`)
      const jobs = waiting.get(tenant.tenantId) ?? []
      const rest = jobs.filter(({ id }) => id !== backtestId)
      if (rest.length > 0) waiting.set(tenant.tenantId, rest)
      else waiting.delete(tenant.tenantId)
      const job = running.get(tenant.tenantId)
      if (job?.id === backtestId) {
        job.stop.abort(new Error('the backtest was cancelled'))
        await job.ended
      } else await store.update(tenant, backtestId, { status: 'cancelled', finishedAt: now() })
      return get(tenant, backtestId)
    },

    async close() {
      closing = true
      waiting.clear()
      const jobs = [...running.values()]
      for (const job of jobs) job.stop.abort(new Error('the hub is stopping'))
      await Promise.all(jobs.map(({ ended }) => ended))
    },
  }
}

/** Undefined where there is no such rule, or it cannot be used. */
async function usable(read: () => Promise<SigmaRule>): Promise<SigmaRule | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ContentRefused) return undefined
    throw error
  }
}
