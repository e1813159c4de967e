-- What tenants write themselves: rules with their versions and test events, exceptions, value lists; and backtests of rules.
-- All of it is closed by row level security exactly as 0001 closes the rest.

create table tenant_rules (
  tenant_id uuid not null references tenants on delete cascade,
  id text not null,
  -- of the text, from 1
  version integer not null,
  -- grows with every change of the row: the ETag
  revision integer not null default 1,
  stage text not null default 'development' check (stage in ('development', 'testing', 'staging', 'production', 'deprecated')),
  source text not null,
  -- json, not jsonb: events hold whatever a record held, and jsonb refuses \u0000
  tests json not null default '[]',
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  updated_at timestamptz(3) not null default now(),
  updated_by text not null,
  primary key (tenant_id, id)
);

create table tenant_rule_versions (
  tenant_id uuid not null,
  rule_id text not null,
  version integer not null,
  source text not null,
  note text,
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  primary key (tenant_id, rule_id, version),
  foreign key (tenant_id, rule_id) references tenant_rules (tenant_id, id) on delete cascade
);

create table rule_exceptions (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null default gen_random_uuid(),
  -- null: every rule
  rule_id text,
  reason text not null,
  detection text not null,
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  updated_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  revision integer not null default 1,
  primary key (tenant_id, id)
);

create table value_lists (
  tenant_id uuid not null references tenants on delete cascade,
  name text not null,
  description text not null default '',
  entries text[] not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  updated_by text not null,
  revision integer not null default 1,
  primary key (tenant_id, name)
);

create table backtests (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null default gen_random_uuid(),
  rule_id text not null,
  rule_title text not null,
  -- the text that was run
  source text not null,
  from_at timestamptz(3) not null,
  to_at timestamptz(3) not null,
  status text not null default 'queued' check (status in ('queued', 'running', 'done', 'cancelled', 'failed')),
  error text,
  -- how far it came, and what it found
  progress json not null default '{}',
  result json,
  created_at timestamptz(3) not null default now(),
  created_by text not null,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (tenant_id, id)
);
create index backtests_created on backtests (tenant_id, created_at, id);

do $$
declare
  one text;
begin
  foreach one in array array['tenant_rules', 'tenant_rule_versions', 'rule_exceptions', 'value_lists', 'backtests'] loop
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

grant select, insert, update, delete on tenant_rules, rule_exceptions, value_lists, backtests to picket_app;
-- A version once written stays as it is; the oldest go when there are too many.
grant select, insert, delete on tenant_rule_versions to picket_app;

-- At its start the hub asks which tenants have content, and reads each one's inside that tenant; and it ends what the last run left open.
grant select (tenant_id) on tenant_rules, rule_exceptions, value_lists to picket_lookup;
grant select (status), update (status, error, finished_at) on backtests to picket_lookup;
create policy lookup_read on tenant_rules for select to picket_lookup using (true);
create policy lookup_read on rule_exceptions for select to picket_lookup using (true);
create policy lookup_read on value_lists for select to picket_lookup using (true);
create policy lookup_read on backtests for select to picket_lookup using (true);
create policy lookup_end on backtests for update to picket_lookup using (true);

create function tenants_with_rule_content() returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant_id from public.rule_settings union select tenant_id from public.tenant_rules
  union select tenant_id from public.rule_exceptions union select tenant_id from public.value_lists
$$;

create function end_interrupted_backtests(reason text, at timestamptz) returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  with ended as (
    update public.backtests set status = 'failed', error = reason, finished_at = at where status in ('queued', 'running') returning status
  )
  select count(*) from ended
$$;

-- A function's new owner needs CREATE on the schema at the moment it takes over, and not after.
grant create on schema public to picket_lookup;
do $$
declare
  one regprocedure;
begin
  foreach one in array array['tenants_with_rule_content()', 'end_interrupted_backtests(text, timestamptz)']::regprocedure[] loop
    execute format('revoke all on function %s from public', one);
    execute format('grant execute on function %s to picket_app', one);
    execute format('alter function %s owner to picket_lookup', one);
  end loop;
end
$$;
revoke create on schema public from picket_lookup;
