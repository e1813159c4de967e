import type { EventLogsource } from '../../../shared/event/event.ts'
import type { RuleLogsource, SigmaRule } from '../../../shared/sigma/contract.ts'
import { applies, compileRules, ecsView, parseRules } from '../../../shared/sigma/sigma.ts'
import { compileException } from '../content/exception-text.ts'
import { withFilters } from '../with-filters.ts'
import type { BacktestResult, LostEvent } from './ports.ts'
import { createTally, type Hit } from './tally.ts'

/** What a backtest runs: the rule's text, and the one it is held against. */
export interface BacktestSpec {
  readonly source: string
  /** Undefined: no comparison. */
  readonly live?: string | undefined
  /** Detection sections of the tenant's exceptions that hold for the rule. */
  readonly exceptions: readonly string[]
  /** Texts of the filters that the rule, and the one it is held against, are joined to. */
  readonly filters: readonly string[]
  readonly placeholders: ReadonlyMap<string, readonly string[]>
  readonly from: Date
  readonly to: Date
}

export interface JudgedPage {
  /** Events that were of the rule's log source. */
  readonly evaluated: number
  /** Events the live rule fires on and this one does not. */
  readonly lost: readonly LostEvent[]
}

/** Runs pages of stored events through a rule, and adds up what comes of it. Pure; lives in the worker. */
export interface BacktestJudge {
  /** @param events - as `EventPage.events` */
  page(events: string): JudgedPage
  /** Without what only the database knows: which of the lost were real. */
  result(): BacktestResult
}

type Row = [
  id: string,
  ms: number,
  product: string | null,
  service: string | null,
  categories: string[] | null,
  host: string | null,
  user: string | null,
  ip: string | null,
  document: string,
]

/** @throws Error where a text cannot be compiled: they are checked before */
export function createBacktestJudge({ source, live, from, to, ...around }: BacktestSpec): BacktestJudge {
  const changed = ruleMatcher(source, around)
  const current = live === undefined ? undefined : ruleMatcher(live, around)
  const hits = createTally(from, to)
  const [gained, lost] = [createTally(from, to), createTally(from, to)]
  let liveHits = 0
  let excepted = 0

  return {
    page(events) {
      let evaluated = 0
      const lostHere: LostEvent[] = []
      for (const [id, ms, product, service, categories, host, user, ip, text] of JSON.parse(events) as Row[]) {
        const logsource = { product: product ?? undefined, service: service ?? undefined, categories: categories ?? [] }
        const mine = applies(changed.logsource, logsource)
        const others = current !== undefined && applies(current.logsource, logsource)
        if (!mine && !others) continue
        const document: unknown = JSON.parse(text)
        if (typeof document !== 'object' || document === null) continue
        if (mine) evaluated++
        const found = mine ? changed.match(document, logsource, text) : undefined
        if (found?.excepted) excepted++
        const now = found && !found.excepted ? found.conditions : undefined
        const hit = (matchedConditions: readonly string[]): Hit => ({ id, ms, host, user, ip, matchedConditions })
        if (now) hits.add(hit(now))
        if (!current) continue
        const before = others ? current.match(document, logsource, text) : undefined
        const was = before && !before.excepted ? before.conditions : undefined
        if (was) liveHits++
        if (now && !was) gained.add(hit(now))
        if (was && !now) {
          lost.add(hit(was))
          lostHere.push({ id, ms })
        }
      }
      return { evaluated, lost: lostHere }
    },
    result: () => ({
      ...hits.result(),
      excepted,
      comparison: current && {
        liveHits,
        gained: gained.hits,
        lost: lost.hits,
        lostTruePositives: 0,
        gainedSample: gained.sample(),
        lostSample: lost.sample(),
      },
    }),
  }
}

function ruleMatcher(source: string, { exceptions, filters, placeholders }: Pick<BacktestSpec, 'exceptions' | 'filters' | 'placeholders'>) {
  const { rules, problems } = parseRules(source, 'rule', { placeholders })
  const { matcher, problems: faults } = compileRules(
    rules.map((each) => withFilters(each, filters, placeholders)),
    ecsView,
  )
  const rule: SigmaRule | undefined = matcher.rules[0]
  if (!rule) throw new Error([...problems, ...faults][0]?.reason ?? 'the text holds no rule')
  const logsource: RuleLogsource = rule.logsource
  const excepts = exceptions.map((text) => compileException(text, logsource, placeholders))
  return {
    logsource,
    match(document: object, of: EventLogsource, text: string) {
      const [match] = matcher.match(document, of, text)
      return match && { conditions: match.matchedConditions, excepted: excepts.some((except) => except.match(document, of, text).length > 0) }
    },
  }
}
