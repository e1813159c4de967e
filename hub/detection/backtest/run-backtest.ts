import { logsourceNames } from '../../../shared/sigma/applies.ts'
import type { RuleLogsource } from '../../../shared/sigma/contract.ts'
import type { TenantContext } from '../../identity/ports.ts'
import { startWorkerThread } from '../worker-thread.ts'
import type { BacktestReplies, BacktestRequest } from './backtest-worker.ts'
import type { BacktestSpec } from './judge-page.ts'
import type { BacktestProgress, BacktestResult, BacktestStore, EventPage } from './ports.ts'

/** A page passes through the hub's main thread, which it must hold up for a few ms only: measured, this much takes it under 10 ms. */
const PAGE_EVENTS = 2_000
const PAGE_BYTES = 2 * 1024 * 1024

export interface BacktestRun {
  readonly tenant: TenantContext
  readonly spec: BacktestSpec
  /** The rule whose alerts tell which lost events were real. */
  readonly ruleId: string
  /** Of the rule and of the one it is held against: only what both can fire on is read. */
  readonly logsources: readonly RuleLogsource[]
  readonly store: BacktestStore
  readonly workerScript: string | URL
  readonly signal: AbortSignal
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number
  onProgress(progress: BacktestProgress): void
}

/**
 * Runs a rule over the stored events of a range, in a worker of its own, page after page in the order of time. While a page is judged the next one is
 * read, so at most two are in memory.
 *
 * @throws the signal's reason, at once when it aborts; {DetectionUnavailable} where the worker ended; what the store throws
 */
export async function runBacktest({
  tenant,
  spec,
  ruleId,
  logsources,
  store,
  workerScript,
  signal,
  monotonicMs,
  onProgress,
}: BacktestRun): Promise<BacktestResult> {
  signal.throwIfAborted()
  const thread = startWorkerThread<BacktestRequest, BacktestReplies>(workerScript, { serves: 'backtest' })
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  aborted.catch(() => {}) // Whoever waits for it below tells.
  const work = async (): Promise<BacktestResult> => {
    const { from, to } = spec
    const startedMs = monotonicMs()
    const total = await store.count(tenant, { from, to })
    await thread.ask({ ask: 'load', spec })
    const read = (after: EventPage['last']) => {
      const page = store.page(tenant, { from, to, after, limit: PAGE_EVENTS, limitBytes: PAGE_BYTES, ...filterOf(logsources) })
      page.catch(() => {}) // Awaited in the next round, or no longer of interest.
      return page
    }
    let scanned = 0
    let evaluated = 0
    let lostTruePositives = 0
    const report = () => {
      const seconds = (monotonicMs() - startedMs) / 1_000
      // What arrived during the run counts too.
      onProgress({ scanned, total: Math.max(total, scanned), evaluated, eventsPerSecond: seconds > 0 ? Math.round(scanned / seconds) : 0 })
    }
    report()
    for (let page = await read(undefined); page.last; ) {
      const next = read(page.last)
      const judged = await thread.ask({ ask: 'page', events: page.events })
      if (judged.lost.length > 0) lostTruePositives += await store.truePositives(tenant, ruleId, judged.lost)
      scanned += page.scanned
      evaluated += judged.evaluated
      report()
      if (signal.aborted) break
      page = await next
    }
    const result = await thread.ask({ ask: 'result' })
    return result.comparison ? { ...result, comparison: { ...result.comparison, lostTruePositives } } : result
  }
  try {
    const working = work()
    working.catch(() => {}) // After an abort nobody waits for it any more.
    return await Promise.race([working, aborted])
  } finally {
    await thread.end()
  }
}

/** What the columns of every event of these log sources hold. A part on which they differ is not asked for. */
function filterOf(logsources: readonly RuleLogsource[]) {
  const common = (part: keyof RuleLogsource): string | undefined => {
    const [first, ...rest] = logsources.map((logsource) => logsource[part])
    return rest.every((other) => other === first) ? first : undefined
  }
  return { category: common('category'), ...logsourceNames({ product: common('product'), service: common('service') }) }
}
