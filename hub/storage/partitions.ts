import type pg from 'pg'
import { messageOf } from '../../shared/errors.ts'
import type { StorageLog } from './log.ts'

const DAY_MS = 86_400_000
/** Days before and after today that get a partition of their own. What lies outside is stored too, in the default partition. */
const DAYS_BACK = 90
const DAYS_AHEAD = 2

/** The daily partitions of `events`, made by the owner when the first event of a day is about to be stored. */
export interface Partitions {
  /**
   * Makes the partitions for these instants (ms) that are missing and within the range kept. Never fails the caller: where a partition
   * cannot be made now, its events go to the default partition, and are moved when it is made later.
   */
  ensure(timesMs: Iterable<number>, now: Date): Promise<void>
  /** Drops partitions that hold only events from before `before`. @returns names dropped */
  dropBefore(before: Date): Promise<string[]>
}

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)
const isoDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
const nameOf = (day: number): string => `events_${isoDay(day).replaceAll('-', '')}`

export function createPartitions(owner: pg.Pool, log: StorageLog): Partitions {
  const known = new Set<number>()
  const inFlight = new Map<number, Promise<void>>()
  /** Days that failed, and when to try again: a lock held elsewhere must not slow down every commit. */
  const retryAt = new Map<number, number>()

  const make = async (day: number) => {
    try {
      await createPartition(owner, day)
      known.add(day)
      retryAt.delete(day)
    } catch (error) {
      retryAt.set(day, Date.now() + 30_000)
      log.warn(
        { partition: nameOf(day), reason: messageOf(error) },
        'a partition could not be made; its events go to the default partition until then',
      )
    } finally {
      inFlight.delete(day)
    }
  }

  return {
    async ensure(timesMs, now) {
      const today = dayOf(now.getTime())
      let last = Number.NaN
      const missing = new Set<number>()
      for (const ms of timesMs) {
        const day = dayOf(ms)
        if (day === last) continue
        last = day
        if (known.has(day) || day < today - DAYS_BACK || day > today + DAYS_AHEAD) continue
        if ((retryAt.get(day) ?? 0) > Date.now()) continue
        missing.add(day)
      }
      for (const day of [...missing].sort((a, b) => a - b)) {
        const running = inFlight.get(day) ?? make(day)
        inFlight.set(day, running)
        await running
      }
    },
    async dropBefore(before) {
      const { rows } = await owner.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'public.events'::regclass and inhrelid <> 'public.events_default'::regclass`,
      )
      const limit = nameOf(dayOf(before.getTime()))
      const old = rows.map((row) => row.name).filter((name) => /^events_\d{8}$/.test(name) && name < limit)
      for (const name of old) {
        await owner.query(`drop table ${name}`)
        known.delete(dayOf(Date.parse(name.replace(/^events_(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'))))
      }
      return old
    },
  }
}

/**
 * Made apart and attached: CREATE … PARTITION OF would lock the whole table against readers. What the default partition already
 * holds of that day moves over in the same transaction; attaching refuses to leave it behind.
 */
async function createPartition(owner: pg.Pool, day: number): Promise<void> {
  const name = nameOf(day)
  const client = await owner.connect()
  try {
    await client.query('begin')
    await client.query("set local lock_timeout = '3s'; set local timezone = 'UTC'")
    // Hubs on one database make the same partition at the same moment, at midnight for one.
    await client.query('select pg_advisory_xact_lock(7425539, $1)', [day])
    const { rows } = await client.query('select from pg_class where oid = to_regclass($1)', [`public.${name}`])
    if (rows.length === 0) {
      const from = `${isoDay(day)} 00:00:00+00`
      const to = `${isoDay(day + 1)} 00:00:00+00`
      await client.query(`create table ${name} (like events including defaults including constraints)`)
      // The owner is under row level security as well; lifted for the move, inside this transaction, seen by nobody else.
      await client.query('alter table events_default no force row level security')
      const moved = `with moved as (delete from events_default where time >= '${from}' and time < '${to}' returning *) insert into ${name} select * from moved`
      await client.query(moved)
      await client.query('alter table events_default force row level security')
      await client.query(`alter table ${name} enable row level security`)
      await client.query(`alter table ${name} force row level security`)
      const own = `tenant_id = (select nullif(current_setting('picket.tenant_id', true), '')::uuid)`
      await client.query(`create policy tenant_isolation on ${name} using (${own}) with check (${own})`)
      await client.query(`alter table events attach partition ${name} for values from ('${from}') to ('${to}')`)
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {}) // The connection may be what failed; the first error is the one to tell.
    throw error
  } finally {
    client.release()
  }
}
