import type { z as zod } from 'zod'
import { DAY_MS } from '../../../../shared/durations.ts'
import type { TimelineEvent } from '../../../timeline/ports.ts'
import { InvalidCursor } from '../../cursors.ts'
import { consoleRoutes, createRoute, json, named, needs, refuses, z } from '../../openapi.ts'
import { checkRange, instant, pagingQuery, readPaging, strictQuery, tookMs } from '../../paging.ts'
import type { Parts } from '../../parts.ts'
import { TimelineEventView, TimelineHistogram, TimelineList } from '../../schemas/views.ts'

const MOST = 500
const MESSAGE_CHARACTERS = 300
const tags = ['Timeline']
const View = named('TimelineEvent', TimelineEventView)

const range = {
  q: z.string().max(1_000).optional().openapi({ description: 'Words that must all occur; `"a phrase"`, `field:value`. Case does not matter.' }),
  from: instant.optional().openapi({ description: 'At or after; 24 hours before `to` by default.' }),
  to: instant.optional().openapi({ description: 'Before; now by default.' }),
}

const searchRoute = createRoute({
  method: 'get',
  path: '/timeline',
  tags,
  summary: "Search the tenant's events",
  ...needs('timeline:read'),
  request: {
    query: strictQuery({
      ...range,
      connector_id: z.uuid().optional(),
      host: z.string().max(300).optional(),
      sort: pagingQuery.sort,
      cursor: pagingQuery.cursor,
      limit: pagingQuery.limit,
    }),
  },
  responses: {
    200: json(named('TimelineList', TimelineList), 'Events, newest first unless `sort=timestamp:asc`; at most 500'),
    ...refuses(400, 401, 403),
  },
})

const histogramRoute = createRoute({
  method: 'get',
  path: '/timeline/histogram',
  tags,
  summary: 'How many events, over time',
  ...needs('timeline:read'),
  request: {
    query: strictQuery({ ...range, buckets: z.coerce.number().int().min(1).max(500).default(60).openapi({ description: 'About how many bars.' }) }),
  },
  responses: { 200: json(named('TimelineHistogram', TimelineHistogram), 'Counts, oldest first'), ...refuses(400, 401, 403) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/timeline/{eventId}',
  tags,
  summary: 'Read an event',
  ...needs('timeline:read'),
  request: { params: z.object({ eventId: z.uuid() }) },
  responses: { 200: json(View, 'The event'), ...refuses(401, 403, 404) },
})

export const timelineRoutes = (parts: Parts) =>
  consoleRoutes()
    .openapi(searchRoute, async (c) => {
      const began = performance.now()
      const { q, from, to, connector_id, host, ...rest } = c.req.valid('query')
      const paging = readPaging(rest, { sortable: ['timestamp'], defaultSort: [{ field: 'timestamp', descending: true }], most: MOST })
      const { tenant } = c.var.session
      const scope = [tenant.tenantId, 'timeline', paging.sort, q, from, to, connector_id, host]
      // A cursor carries the range along: "the last 24 hours" must not slide while it is paged through.
      const at = paging.cursor === undefined ? undefined : readCursor(parts.cursors.open(scope, paging.cursor))
      const window = at ?? resolve(from, to, parts.now())
      const found = await parts.timeline.search(tenant, {
        q,
        from: window.from,
        to: window.to,
        connectorId: connector_id,
        host,
        descending: paging.sort[0]?.descending ?? true,
        limit: paging.limit,
        after: at?.after,
      })
      return c.json(
        {
          events: found.events.map(toEventView),
          next_cursor: found.next ? parts.cursors.seal(scope, [...found.next, window.from.getTime(), window.to.getTime()]) : null,
          took_ms: tookMs(began),
          total_estimate: found.totalEstimate,
          truncated: found.next !== undefined,
          query_warnings: paging.warnings,
        },
        200,
      )
    })
    .openapi(histogramRoute, async (c) => {
      const began = performance.now()
      const { q, from, to, buckets } = c.req.valid('query')
      const { bucketSeconds, points } = await parts.timeline.histogram(c.var.session.tenant, { q, ...resolve(from, to, parts.now()), buckets })
      return c.json(
        {
          interval_seconds: bucketSeconds,
          buckets: points.map(({ at, value }) => ({ timestamp: at.toISOString(), value })),
          took_ms: tookMs(began),
        },
        200,
      )
    })
    .openapi(readRoute, async (c) => c.json(toEventView(await parts.timeline.get(c.var.session.tenant, c.req.valid('param').eventId)), 200))

function resolve(from: Date | undefined, to: Date | undefined, now: Date): { from: Date; to: Date } {
  const end = to ?? now
  const start = from ?? new Date(end.getTime() - DAY_MS)
  checkRange(start, end)
  return { from: start, to: end }
}

function readCursor([timeMs, id, fromMs, toMs]: readonly (string | number)[]) {
  if (typeof timeMs !== 'number' || typeof id !== 'string' || typeof fromMs !== 'number' || typeof toMs !== 'number') throw new InvalidCursor()
  return { after: [timeMs, id] as const, from: new Date(fromMs), to: new Date(toMs) }
}

function toEventView(event: TimelineEvent): zod.infer<typeof TimelineEventView> {
  return {
    id: event.id,
    timestamp: event.time.toISOString(),
    received_at: event.receivedAt.toISOString(),
    dataset: event.dataset,
    connector_id: event.connectorId ?? null,
    sensor_id: event.sensorId,
    host: event.host ?? null,
    user: event.user ?? null,
    source_ip: event.sourceIp ?? null,
    message: messageOf(event.document),
    event: event.document,
  }
}

/** One line for a list: what the event says, or the record it was made from. */
function messageOf(document: TimelineEvent['document']): string {
  const event = document['event']
  const original = typeof event === 'object' && event !== null && !Array.isArray(event) ? event['original'] : undefined
  const text = [document['message'], original].find((value) => typeof value === 'string' && value !== '')
  return [...String(text ?? '').replace(/\s+/g, ' ')].slice(0, MESSAGE_CHARACTERS).join('')
}
