import { sql } from 'drizzle-orm'
import { DAY_MS, HOUR_MS } from '../../../shared/durations.ts'
import type { Transaction } from '../database.ts'

/** Counts are kept by the hour this long, as long as anything asks for hours; older ones become one sum. */
const HOURLY_DAYS = 8
/** A view nobody used for so long, and of which nothing is counted, is dropped. The engine writes down those it uses twice a day. */
const UNUSED_DAYS = 2
/** A tenant that changes its rules over and over has its oldest views counted by rule, so that their number stays bounded. */
const MOST_VIEWS = 100
const SURPLUS_AFTER_MS = 2 * HOUR_MS

/**
 * Keeps a tenant's statistics small without changing a total: hours that are over lose their sensors, hours past `HOURLY_DAYS` become one sum, and
 * what was counted by view is then counted by rule. A commit that is late finds its row gone and makes it again.
 */
export async function addUpStatistics(tx: Transaction, tenantId: string, now: Date): Promise<void> {
  const cutoff = sql`${new Date(now.getTime() - HOURLY_DAYS * DAY_MS).toISOString()}::timestamptz`
  const over = sql`date_trunc('hour', ${new Date(now.getTime() - HOUR_MS).toISOString()}::timestamptz, 'UTC')`
  const hourKept = sql`case when hour < ${cutoff} then 'epoch'::timestamptz else hour end`
  const isOld = sql`tenant_id = ${tenantId} and hour < ${cutoff} and hour > 'epoch'`

  await tx.execute(sql`
    with old as (
      delete from match_counts where (${isOld}) or (tenant_id = ${tenantId} and hour < ${over} and sensor_id <> '')
      returning rule_id, ${hourKept} as hour, matches
    )
    insert into match_counts (tenant_id, hour, rule_id, sensor_id, epoch, matches)
    select ${tenantId}::uuid, hour, rule_id, '', '', sum(matches) from old group by hour, rule_id
    on conflict (tenant_id, hour, rule_id, sensor_id, epoch) do update set matches = match_counts.matches + excluded.matches`)
  await tx.execute(sql`
    with old as (delete from verdict_counts where ${isOld} returning rule_id, true_positives, false_positives)
    insert into verdict_counts (tenant_id, rule_id, hour, true_positives, false_positives)
    select ${tenantId}::uuid, rule_id, 'epoch', sum(true_positives), sum(false_positives) from old group by rule_id
    on conflict (tenant_id, rule_id, hour) do update set
      true_positives = verdict_counts.true_positives + excluded.true_positives,
      false_positives = verdict_counts.false_positives + excluded.false_positives`)
  await tx.execute(sql`
    with old as (delete from rule_evaluations where ${isOld} returning rule_id, evaluations)
    insert into rule_evaluations (tenant_id, rule_id, hour, evaluations)
    select ${tenantId}::uuid, rule_id, 'epoch', sum(evaluations) from old group by rule_id
    on conflict (tenant_id, rule_id, hour) do update set evaluations = rule_evaluations.evaluations + excluded.evaluations`)

  const { rows } = await tx.execute<{ view: string }>(sql`
    select view from (
      select view, used_at, row_number() over (order by used_at desc, view) as place from evaluation_views where tenant_id = ${tenantId}
    ) as ranked
    where place > ${MOST_VIEWS} and used_at < ${new Date(now.getTime() - SURPLUS_AFTER_MS).toISOString()}::timestamptz`)
  const surplus = sql.param(rows.map(({ view }) => view))
  await tx.execute(sql`
    with old as (
      delete from evaluation_counts where tenant_id = ${tenantId} and (hour < ${cutoff} or view = any(${surplus}::text[]))
      returning view, logsource, ${hourKept} as hour, events
    ), total as (
      select view, logsource, hour, sum(events) as events from old group by view, logsource, hour
    )
    insert into rule_evaluations (tenant_id, rule_id, hour, evaluations)
    select ${tenantId}::uuid, rule_id, hour, sum(events)
    from total join evaluation_views as named on named.tenant_id = ${tenantId} and named.view = total.view
      cross join lateral json_array_elements_text(named.rules -> total.logsource) as put (rule_id)
    group by rule_id, hour
    on conflict (tenant_id, rule_id, hour) do update set evaluations = rule_evaluations.evaluations + excluded.evaluations`)
  await tx.execute(sql`
    with old as (
      delete from evaluation_counts where tenant_id = ${tenantId} and hour < ${over} and sensor_id <> '' returning hour, view, logsource, events
    )
    insert into evaluation_counts (tenant_id, hour, view, logsource, sensor_id, epoch, events)
    select ${tenantId}::uuid, hour, view, logsource, '', '', sum(events) from old group by hour, view, logsource
    on conflict (tenant_id, hour, view, logsource, sensor_id, epoch) do update set events = evaluation_counts.events + excluded.events`)
  await tx.execute(sql`
    delete from evaluation_views as named where tenant_id = ${tenantId} and (
      view = any(${surplus}::text[]) or (
        used_at < ${new Date(now.getTime() - UNUSED_DAYS * DAY_MS).toISOString()}::timestamptz
        and not exists (select from evaluation_counts as counted where counted.tenant_id = ${tenantId} and counted.view = named.view)
      )
    )`)
}
