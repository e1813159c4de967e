import * as z from 'zod'

const count = z.number().catch(0).default(0)

/** A stored heartbeat (proto Heartbeat as JSON), read with care: an older sensor may leave anything out. */
export const Heartbeat = z.object({
  lanes: z
    .array(
      z.object({
        events: count,
        bytes: count,
        limitBytes: count,
        oldestMs: count,
        appendedTotal: count,
        ackedTotal: count,
        tombstonedTotal: count,
      }),
    )
    .default([]),
  process: z.object({ rssBytes: count, uptimeMs: count, cpuPercent: count }).nullish(),
  filters: z.array(z.object({ filterId: z.string(), checkedTotal: count, hitTotal: count })).default([]),
  connectors: z.array(z.object({ eventsFilteredTotal: count })).default([]),
})
export type Heartbeat = z.infer<typeof Heartbeat>

export const readHeartbeat = (stored: object | undefined): Heartbeat | undefined =>
  stored === undefined ? undefined : Heartbeat.safeParse(stored).data

export const sumOf = <Item>(items: readonly Item[], read: (item: Item) => number): number => items.reduce((sum, item) => sum + read(item), 0)
