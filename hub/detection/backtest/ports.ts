import type { TenantContext } from '../../identity/ports.ts'

export const BACKTEST_STATUSES = ['queued', 'running', 'done', 'cancelled', 'failed'] as const
export type BacktestStatus = (typeof BACKTEST_STATUSES)[number]

export interface BacktestProgress {
  /** Events of the range looked at so far, of whatever log source. */
  readonly scanned: number
  /** Events in the range when the run began. */
  readonly total: number
  /** Of those, the ones of the rule's log source. */
  readonly evaluated: number
  readonly eventsPerSecond: number
}

export interface BacktestHit {
  readonly eventId: string
  readonly at: string
  readonly matchedConditions: readonly string[]
  readonly host?: string | undefined
  readonly user?: string | undefined
}

export interface BacktestResult {
  readonly hits: number
  /** One entry for each UTC day of the range, also those without a hit; adds up to `hits`. */
  readonly perDay: readonly { readonly day: string; readonly hits: number }[]
  readonly hosts: readonly { readonly name: string; readonly hits: number }[]
  readonly users: readonly { readonly name: string; readonly hits: number }[]
  /** True: there were more different hosts or users than are counted apart, so the two lists may lack some. */
  readonly entitiesTruncated: boolean
  /** The newest hits. */
  readonly sample: readonly BacktestHit[]
  /** Distinct (day, host or address, user) over the days of the range: what would open an alert each if analysts closed them daily. */
  readonly alertsPerDay: number
  /** Matches the tenant's exceptions took away; not among `hits`. */
  readonly excepted: number
  /** Against the rule as it is now; undefined where the run was of just that, or there is none. */
  readonly comparison?: BacktestComparison | undefined
}

export interface BacktestComparison {
  readonly liveHits: number
  readonly gained: number
  readonly lost: number
  /** Lost events whose alert an analyst closed as real. */
  readonly lostTruePositives: number
  readonly gainedSample: readonly BacktestHit[]
  readonly lostSample: readonly BacktestHit[]
}

export interface Backtest {
  readonly id: string
  readonly ruleId: string
  readonly ruleTitle: string
  /** The text that was run. */
  readonly source: string
  readonly from: Date
  readonly to: Date
  readonly status: BacktestStatus
  /** Why it failed. */
  readonly error?: string | undefined
  readonly progress: BacktestProgress
  readonly result?: BacktestResult | undefined
  readonly createdAt: Date
  readonly createdBy: string
  readonly startedAt?: Date | undefined
  readonly finishedAt?: Date | undefined
}

/** Where the next page of events begins: after this one. */
export interface EventMark {
  readonly time: string
  readonly id: string
}

export interface EventPage {
  /** A JSON array of `[id, ms, product, service, categories, host, user, ip, document]`, the document as text in it. The worker parses it, nobody before. */
  readonly events: string
  /** Events looked at, and among them those handed out. */
  readonly scanned: number
  readonly last?: EventMark | undefined
}

/** An event the changed rule no longer fires on. */
export interface LostEvent {
  readonly id: string
  /** Its time, in ms since 1970. */
  readonly ms: number
}

export interface BacktestStore {
  create(
    tenant: TenantContext,
    backtest: { ruleId: string; ruleTitle: string; source: string; from: Date; to: Date; actor: string; at: Date },
    keep: number,
  ): Promise<Backtest>
  get(tenant: TenantContext, backtestId: string): Promise<Backtest | undefined>
  /** Newest first; without results, which may be large. */
  list(tenant: TenantContext, query: { ruleId?: string | undefined; limit: number }): Promise<Backtest[]>
  /** Only where it has not ended yet: an end is final. */
  update(
    tenant: TenantContext,
    backtestId: string,
    change: {
      status: BacktestStatus
      progress?: BacktestProgress | undefined
      result?: BacktestResult | undefined
      error?: string | undefined
      startedAt?: Date | undefined
      finishedAt?: Date | undefined
    },
  ): Promise<Backtest | undefined>
  /** Across tenants, at the hub's start. @returns how many were open */
  endInterrupted(reason: string, at: Date): Promise<number>

  /** Events in the range. */
  count(tenant: TenantContext, range: { from: Date; to: Date }): Promise<number>
  /**
   * The next events of the range in time order, at most `limit` of them and about `limitBytes` of records, of which those that can be of the log
   * source are handed out. The cost of a page is bounded whatever the filter leaves.
   */
  page(
    tenant: TenantContext,
    query: {
      from: Date
      to: Date
      after?: EventMark | undefined
      limit: number
      limitBytes: number
      products?: readonly string[] | undefined
      category?: string | undefined
      services?: readonly string[] | undefined
    },
  ): Promise<EventPage>
  /** How many of these events the rule matched and an analyst found to be real. */
  truePositives(tenant: TenantContext, ruleId: string, events: readonly LostEvent[]): Promise<number>
}
