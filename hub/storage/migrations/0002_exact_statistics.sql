-- Statistics per rule, exact: every counter moves in the transaction that stores what it counts, so it is right whatever is killed, resent or tried again.
--
-- Commits of one sensor's buffer file hold its mark, so counters they write carry sensor and epoch in the key: nobody waits for anybody. The hourly
-- maintenance adds them up (sensor and epoch are '' then), and after eight days the hours too (hour is 'epoch' then).

-- A tenant's own level for a rule, in place of the rule's.
alter table rule_settings add column level text check (level in ('informational', 'low', 'medium', 'high', 'critical'));

-- Which rules were enabled: ids by log source. The name is a hash of them, so a view never changes. Written before the first event is judged by it.
create table evaluation_views (
  tenant_id uuid not null references tenants on delete cascade,
  view text not null,
  rules json not null,
  used_at timestamptz(3) not null,
  primary key (tenant_id, view)
);

-- Events that were put to the rules of a view that name the log source: a rule's evaluations are the sum over the views it is in. One row for a log source
-- and not for a rule, because thousands of rules share a few of them.
create table evaluation_counts (
  tenant_id uuid not null references tenants on delete cascade,
  hour timestamptz(3) not null,
  view text not null,
  logsource text not null,
  sensor_id text not null,
  epoch text not null,
  events bigint not null,
  primary key (tenant_id, hour, view, logsource, sensor_id, epoch)
);

create table match_counts (
  tenant_id uuid not null references tenants on delete cascade,
  hour timestamptz(3) not null,
  rule_id text not null,
  sensor_id text not null,
  epoch text not null,
  matches bigint not null,
  primary key (tenant_id, hour, rule_id, sensor_id, epoch)
);

-- Alerts of a rule by the hour their verdict was given; a verdict taken back is subtracted where it was added.
create table verdict_counts (
  tenant_id uuid not null references tenants on delete cascade,
  rule_id text not null,
  hour timestamptz(3) not null,
  true_positives bigint not null,
  false_positives bigint not null,
  primary key (tenant_id, rule_id, hour)
);

create function count_verdict() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.verdict_counts as counted (tenant_id, rule_id, hour, true_positives, false_positives)
  select alert.tenant_id, alert.rule_id, date_trunc('hour', alert.reviewed_at, 'UTC'),
    coalesce(sum(step) filter (where alert.status = 'resolved'), 0), coalesce(sum(step) filter (where alert.status = 'false_positive'), 0)
  from (
    values (old.tenant_id, old.rule_id, old.status, old.reviewed_at, -1), (new.tenant_id, new.rule_id, new.status, new.reviewed_at, 1)
  ) as alert (tenant_id, rule_id, status, reviewed_at, step)
  where alert.status in ('resolved', 'false_positive') and alert.reviewed_at is not null
  group by 1, 2, 3
  order by 3
  on conflict (tenant_id, rule_id, hour) do update set
    true_positives = counted.true_positives + excluded.true_positives,
    false_positives = counted.false_positives + excluded.false_positives;
  return null;
end
$$;
revoke all on function count_verdict() from public;
grant execute on function count_verdict() to picket_app;
create trigger alerts_count_verdict after update of status, reviewed_at on alerts for each row
  when (old.status is distinct from new.status or old.reviewed_at is distinct from new.reviewed_at)
  execute function count_verdict();

-- What is there already. Row level security holds the owner too, who is no tenant; for these statements it does not.
alter table matches no force row level security;
alter table alerts no force row level security;
insert into match_counts (tenant_id, hour, rule_id, sensor_id, epoch, matches)
select tenant_id, date_trunc('hour', created_at, 'UTC'), rule_id, '', '', count(*) from matches group by 1, 2, 3;
insert into verdict_counts (tenant_id, rule_id, hour, true_positives, false_positives)
select tenant_id, rule_id, date_trunc('hour', reviewed_at, 'UTC'), count(*) filter (where status = 'resolved'), count(*) filter (where status = 'false_positive')
from alerts where status in ('resolved', 'false_positive') and reviewed_at is not null group by 1, 2, 3;
alter table matches force row level security;
alter table alerts force row level security;

do $$
declare
  one text;
begin
  foreach one in array array['evaluation_views', 'evaluation_counts', 'match_counts', 'verdict_counts'] loop
    execute format('alter table %I enable row level security', one);
    execute format('alter table %I force row level security', one);
    execute format(
      'create policy tenant_isolation on %I'
      ' using (tenant_id = (select nullif(current_setting(''picket.tenant_id'', true), '''')::uuid))'
      ' with check (tenant_id = (select nullif(current_setting(''picket.tenant_id'', true), '''')::uuid))',
      one
    );
  end loop;
end
$$;
grant select, insert, update, delete on evaluation_views, evaluation_counts, match_counts, verdict_counts to picket_app;

-- Settings have a level now, which the engine reads at its start.
drop function all_rule_settings();
create function all_rule_settings()
returns table (tenant_id uuid, rule_id text, enabled boolean, edge boolean, level text, updated_at timestamptz(3))
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant_id, rule_id, enabled, edge, level, updated_at from public.rule_settings
$$;
grant select (level) on rule_settings to picket_lookup;
-- A function's new owner needs CREATE on the schema at the moment it takes over, and not after.
grant create on schema public to picket_lookup;
revoke all on function all_rule_settings() from public;
grant execute on function all_rule_settings() to picket_app;
alter function all_rule_settings() owner to picket_lookup;
revoke create on schema public from picket_lookup;
