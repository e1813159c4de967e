import type { z as zod } from 'zod'
import { DAY_MS, HOUR_MS } from '../../../../shared/durations.ts'
import type { Backtest, BacktestHit, BacktestResult } from '../../../detection/backtest/ports.ts'
import { ApiError } from '../../errors.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import { strictQuery } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import {
  BacktestCreate,
  BacktestCreated,
  BacktestDetail,
  BacktestList,
  type BacktestView,
  type BacktestResult as ResultView,
} from '../../schemas/views.ts'

const tags = ['Detection']
const params = z.object({ backtestId: z.uuid() })
const Detail = named('BacktestDetail', BacktestDetail)
const LAST_MS = { '1h': HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS } as const

const createBacktestRoute = createRoute({
  method: 'post',
  path: '/detection/backtests',
  tags,
  summary: 'Run a rule, or a change to one, over stored events',
  description:
    'It waits its turn and is then read at its address. One runs per tenant at a time; five may wait. With a text (`source`) the result says what it ' +
    'gains and loses against the rule as it is now. Matches that exceptions take away are counted apart.',
  ...needs('rules:test'),
  request: { body: body(named('BacktestCreate', BacktestCreate)) },
  responses: { 202: json(named('BacktestCreated', BacktestCreated), 'It is in the queue'), ...refuses(400, 401, 403, 404, 409) },
})

const listRoute = createRoute({
  method: 'get',
  path: '/detection/backtests',
  tags,
  summary: 'List backtests',
  ...needs('rules:read'),
  request: { query: strictQuery({ rule_id: z.string().max(200).optional() }) },
  responses: { 200: json(named('BacktestList', BacktestList), 'Newest first, without results; the last 50 are kept'), ...refuses(400, 401, 403) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/detection/backtests/{backtestId}',
  tags,
  summary: 'Read a backtest: how far it is, or what came of it',
  ...needs('rules:read'),
  request: { params },
  responses: { 200: json(Detail, 'The backtest'), ...refuses(401, 403, 404) },
})

const cancelRoute = createRoute({
  method: 'post',
  path: '/detection/backtests/{backtestId}/cancel',
  tags,
  summary: 'Stop a backtest',
  ...needs('rules:test'),
  request: { params },
  responses: { 200: json(Detail, 'The backtest, which stands still'), ...refuses(401, 403, 404, 409) },
})

export const backtestRoutes = (parts: Parts) =>
  consoleRoutes()
    .openapi(createBacktestRoute, async (c) => {
      const { tenant, email } = c.var.session
      const { rule_id: ruleId, source, last, from, to } = c.req.valid('json')
      const made = await parts.backtests.create(tenant, email, { ruleId, source, ...rangeOf({ last, from, to }, parts.now()) })
      c.header('Location', `/v1/detection/backtests/${made.id}`)
      return c.json({ id: made.id, status: made.status }, 202)
    })
    .openapi(listRoute, async (c) => {
      const found = await parts.backtests.list(c.var.session.tenant, c.req.valid('query').rule_id)
      return c.json({ backtests: found.map(toView) }, 200)
    })
    .openapi(readRoute, async (c) => c.json(toDetail(await parts.backtests.get(c.var.session.tenant, c.req.valid('param').backtestId)), 200))
    .openapi(cancelRoute, async (c) => c.json(toDetail(await parts.backtests.cancel(c.var.session.tenant, c.req.valid('param').backtestId)), 200))

/** @throws {ApiError} `BACKTEST_INVALID` where the body names no range, or two */
function rangeOf({ last, from, to }: Pick<zod.infer<typeof BacktestCreate>, 'last' | 'from' | 'to'>, now: Date): { from: Date; to: Date } {
  if (last !== undefined && from === undefined && to === undefined) return { from: new Date(now.getTime() - LAST_MS[last]), to: now }
  if (last === undefined && from !== undefined) return { from: new Date(from), to: to === undefined ? now : new Date(to) }
  throw new ApiError('invalid', 'BACKTEST_INVALID', 'Say how far back with last (1h, 24h, 7d), or name from and to.', [
    { field: last === undefined ? 'from' : 'last', message: 'Either last, or from with or without to.' },
  ])
}

function toView(backtest: Backtest): zod.infer<typeof BacktestView> {
  const { scanned, total, evaluated, eventsPerSecond } = backtest.progress
  return {
    id: backtest.id,
    rule_id: backtest.ruleId,
    rule_title: backtest.ruleTitle,
    from: backtest.from.toISOString(),
    to: backtest.to.toISOString(),
    status: backtest.status,
    error: backtest.error ?? null,
    progress: {
      events_scanned: scanned,
      events_total: total,
      events_evaluated: evaluated,
      percent: backtest.status === 'done' ? 100 : total === 0 ? 0 : Math.round((scanned / total) * 1_000) / 10,
      events_per_second: eventsPerSecond,
    },
    created_at: backtest.createdAt.toISOString(),
    created_by: backtest.createdBy,
    started_at: backtest.startedAt?.toISOString() ?? null,
    finished_at: backtest.finishedAt?.toISOString() ?? null,
  }
}

const toDetail = (backtest: Backtest): zod.infer<typeof BacktestDetail> => ({
  ...toView(backtest),
  source: backtest.source,
  result: backtest.result ? toResult(backtest.result) : null,
})

const toResult = (result: BacktestResult): zod.infer<typeof ResultView> => ({
  hits: result.hits,
  per_day: result.perDay.map((each) => ({ ...each })),
  top_hosts: result.hosts.map((each) => ({ ...each })),
  top_users: result.users.map((each) => ({ ...each })),
  entities_truncated: result.entitiesTruncated,
  sample: result.sample.map(toHit),
  estimated_alerts_per_day: result.alertsPerDay,
  excepted: result.excepted,
  comparison: result.comparison
    ? {
        live_hits: result.comparison.liveHits,
        gained: result.comparison.gained,
        lost: result.comparison.lost,
        lost_true_positives: result.comparison.lostTruePositives,
        gained_sample: result.comparison.gainedSample.map(toHit),
        lost_sample: result.comparison.lostSample.map(toHit),
      }
    : null,
})

const toHit = ({ eventId, at, matchedConditions, host, user }: BacktestHit) => ({
  event_id: eventId,
  timestamp: at,
  matched_conditions: [...matchedConditions],
  host: host ?? null,
  user: user ?? null,
})
