-- The ground: tenants, people, sensors, events, matches, alerts, and what keeps count of them.
--
-- Every table below that holds a tenant's rows has tenant_id first in its key and is closed by row level security
-- (the loop at the end). The hub works as picket_app, which owns nothing. picket_lookup owns the few functions that read
-- across tenants before a tenant is known; its own policies and column grants say exactly what those can see.
-- Instants are timestamptz(3): a JavaScript Date holds milliseconds, and a cursor must compare equal to its row.

create table tenants (
  tenant_id uuid primary key,
  name text not null,
  created_at timestamptz(3) not null default now(),
  -- the highest pack number ever given out
  pack_version integer not null default 0
);

create table users (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null default gen_random_uuid(),
  email text not null,
  name text not null,
  role text not null check (role in ('platform_admin', 'tenant_admin', 'analyst', 'viewer')),
  password_hash text not null,
  disabled boolean not null default false,
  created_at timestamptz(3) not null default now(),
  last_login_at timestamptz(3),
  primary key (tenant_id, id)
);
-- Across tenants on purpose: the address is the sign-in name. Only the operator's path inserts users.
create unique index users_email on users (lower(email));

create table enrollment_tokens (
  tenant_id uuid not null references tenants on delete cascade,
  id uuid not null default gen_random_uuid(),
  -- SHA-256, hex; across tenants because it is what leads to the tenant
  token_hash text not null unique,
  name text not null,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  used_at timestamptz(3),
  primary key (tenant_id, id)
);

create table sensors (
  tenant_id uuid not null references tenants on delete cascade,
  -- made by the hub; across tenants because a certificate's sensor id leads to the tenant
  id text not null unique,
  name text not null,
  hostname text,
  os text,
  arch text,
  version text,
  addresses text[] not null default '{}',
  enrolled_at timestamptz(3) not null default now(),
  last_seen_at timestamptz(3),
  revoked_at timestamptz(3),
  certificate_fingerprint text,
  certificate_not_after timestamptz(3),
  token_id uuid,
  running_version integer,
  offered_version integer,
  pack_state text check (pack_state in ('active', 'refused', 'pending')),
  pack_reason text,
  pack_detail text,
  pack_reported_at timestamptz(3),
  heartbeat json,
  primary key (tenant_id, id),
  foreign key (tenant_id, token_id) references enrollment_tokens (tenant_id, id)
);

create table pack_versions (
  tenant_id uuid not null,
  sensor_id text not null,
  version integer not null,
  digest text not null,
  built_at timestamptz(3) not null default now(),
  primary key (tenant_id, sensor_id),
  foreign key (tenant_id, sensor_id) references sensors (tenant_id, id) on delete cascade
);

create table filters (
  tenant_id uuid not null references tenants on delete cascade,
  id text not null,
  name text not null,
  enabled boolean not null,
  definition json not null,
  updated_at timestamptz(3) not null default now(),
  primary key (tenant_id, id)
);

create table connectors (
  tenant_id uuid not null references tenants on delete cascade,
  id text not null,
  name text not null,
  type text not null,
  sensor_id text,
  enabled boolean not null,
  -- json, not jsonb: settings are free text, and jsonb refuses \u0000
  config json not null,
  -- by key of the config, each value sealed
  secrets json not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  version integer not null default 1,
  status text not null default 'unknown',
  state json not null default '{}',
  history_at timestamptz(3),
  primary key (tenant_id, id),
  foreign key (tenant_id, sensor_id) references sensors (tenant_id, id)
);

create table connector_history (
  tenant_id uuid not null,
  connector_id text not null,
  at timestamptz(3) not null,
  status text not null,
  primary key (tenant_id, connector_id, at),
  foreign key (tenant_id, connector_id) references connectors (tenant_id, id) on delete cascade
);

-- Up to where each buffer file of a sensor is stored. The row is locked for the length of a commit, so that a batch that
-- comes twice at once is stored once; its totals are exact because they move with the events.
create table ingest_marks (
  tenant_id uuid not null,
  sensor_id text not null,
  epoch text not null,
  lane text not null,
  through bigint not null default 0,
  stored bigint not null default 0,
  unparsed bigint not null default 0,
  matched bigint not null default 0,
  bytes bigint not null default 0,
  updated_at timestamptz(3) not null default now(),
  primary key (tenant_id, sensor_id, epoch),
  foreign key (tenant_id, sensor_id) references sensors (tenant_id, id) on delete cascade
);

-- No foreign key to sensors here or in matches: one check per row would cost more than the insert, and the commit holds
-- the sensor's mark, which has one.
create table events (
  tenant_id uuid not null,
  time timestamptz(3) not null,
  id uuid not null,
  sensor_id text not null,
  seq bigint not null,
  observed_at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  connector_id text,
  dataset text not null,
  product text,
  service text,
  categories text[],
  host text,
  user_name text,
  source_ip text,
  raw_bytes integer not null,
  parsed boolean not null,
  -- json keeps the sensor's text as it came
  document json not null,
  primary key (tenant_id, time, id)
) partition by range (time);
create index events_host on events (tenant_id, host, time) where host is not null;
-- An event by its id alone. A hash index is half a btree's size here and takes random ids at a steady cost.
create index events_id on events using hash (id);
create table events_default partition of events default;

-- What a sensor could not deliver and why: with the events, it accounts for every seq.
create table tombstones (
  tenant_id uuid not null,
  id bigint generated always as identity,
  sensor_id text not null,
  epoch text not null,
  first_seq bigint not null,
  last_seq bigint not null,
  reason text not null,
  connector_id text,
  count bigint not null,
  at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, sensor_id) references sensors (tenant_id, id) on delete cascade
);
create index tombstones_range on tombstones (tenant_id, sensor_id, epoch, first_seq);

create table matches (
  tenant_id uuid not null,
  rule_id text not null,
  event_time timestamptz(3) not null,
  event_id uuid not null,
  sensor_id text not null,
  matched_conditions text[] not null,
  alert_id text,
  created_at timestamptz(3) not null,
  primary key (tenant_id, rule_id, event_time, event_id)
);
create index matches_created on matches (tenant_id, created_at, rule_id);

create table alerts (
  tenant_id uuid not null references tenants on delete cascade,
  id text not null,
  rule_id text not null,
  rule_title text not null,
  -- rank, so that it sorts: 0 informational .. 4 critical
  severity smallint not null check (severity between 0 and 4),
  status text not null default 'open' check (status in ('open', 'investigating', 'resolved', 'false_positive')),
  assignee text,
  entity text not null,
  tactics text[] not null,
  techniques text[] not null,
  matched_conditions text[] not null,
  first_event_id uuid not null,
  first_event_at timestamptz(3) not null,
  last_event_at timestamptz(3) not null,
  count bigint not null,
  summary json not null,
  host text,
  user_name text,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  version integer not null default 1,
  -- who closed it and when; empty while it is open
  reviewed_by text,
  reviewed_at timestamptz(3),
  primary key (tenant_id, id)
);
-- One alert at a time per rule and entity: further hits merge into it.
create unique index alerts_live on alerts (tenant_id, rule_id, entity) where status in ('open', 'investigating');
create index alerts_created on alerts (tenant_id, created_at, id);
create index alerts_updated on alerts (tenant_id, updated_at, id);
create index alerts_severity on alerts (tenant_id, severity, created_at, id);
create index alerts_rule on alerts (tenant_id, rule_id, created_at);

create table alert_activity (
  tenant_id uuid not null,
  alert_id text not null,
  id bigint generated always as identity,
  at timestamptz(3) not null,
  actor text not null,
  kind text not null,
  from_value text,
  to_value text,
  note text,
  primary key (tenant_id, alert_id, id),
  foreign key (tenant_id, alert_id) references alerts (tenant_id, id) on delete cascade
);

create table rule_settings (
  tenant_id uuid not null references tenants on delete cascade,
  rule_id text not null,
  enabled boolean not null,
  edge boolean not null,
  updated_at timestamptz(3) not null default now(),
  primary key (tenant_id, rule_id)
);

create table rule_evaluations (
  tenant_id uuid not null references tenants on delete cascade,
  rule_id text not null,
  hour timestamptz(3) not null,
  evaluations bigint not null,
  primary key (tenant_id, rule_id, hour)
);

create table pipeline_minutes (
  tenant_id uuid not null references tenants on delete cascade,
  minute timestamptz(3) not null,
  -- '' for what belongs to no connector
  connector_id text not null,
  received bigint not null,
  failed bigint not null,
  bytes bigint not null,
  stored bigint not null,
  matched bigint not null,
  alerts bigint not null,
  normalize_p50 double precision not null,
  normalize_p95 double precision not null,
  normalize_p99 double precision not null,
  lag bigint not null,
  primary key (tenant_id, minute, connector_id)
);


-- Row level security for all of them, the default partition too: nobody may use it directly, and the day someone is
-- granted it by mistake it still shows a tenant only its own rows.
do $$
declare
  one text;
begin
  foreach one in array array[
    'tenants', 'users', 'enrollment_tokens', 'sensors', 'pack_versions', 'filters', 'connectors', 'connector_history', 'ingest_marks', 'events',
    'events_default', 'tombstones', 'matches', 'alerts', 'alert_activity', 'rule_settings', 'rule_evaluations', 'pipeline_minutes'
  ] loop
    execute format('alter table %I enable row level security', one);
    execute format('alter table %I force row level security', one);
    -- nullif: once a transaction has set it, the setting reads '' in that session, not null
    execute format(
      'create policy tenant_isolation on %I'
      ' using (tenant_id = (select nullif(current_setting(''picket.tenant_id'', true), '''')::uuid))'
      ' with check (tenant_id = (select nullif(current_setting(''picket.tenant_id'', true), '''')::uuid))',
      one
    );
  end loop;
end
$$;

grant usage on schema public to picket_app, picket_lookup;
grant select, insert, update on tenants, users, sensors, enrollment_tokens, ingest_marks, alerts to picket_app;
grant select, insert, update, delete on
  pack_versions, filters, connectors, rule_settings, rule_evaluations, pipeline_minutes, connector_history to picket_app;
-- What happened is only ever added to.
grant select, insert on events, tombstones, matches, alert_activity to picket_app;

-- Before a tenant is known. Each function answers one question and returns only what its caller needs.
grant select (tenant_id, id, email, name, role, password_hash, disabled, created_at, last_login_at), update (last_login_at) on users to picket_lookup;
grant select (tenant_id, id, token_hash, name, expires_at, used_at), update (used_at) on enrollment_tokens to picket_lookup;
grant select (tenant_id, id, revoked_at) on sensors to picket_lookup;
grant select (tenant_id, name, created_at) on tenants to picket_lookup;
grant select (tenant_id, rule_id, enabled, edge, updated_at) on rule_settings to picket_lookup;
create policy lookup_read on users for select to picket_lookup using (true);
create policy lookup_login on users for update to picket_lookup using (true);
create policy lookup_read on enrollment_tokens for select to picket_lookup using (true);
create policy lookup_spend on enrollment_tokens for update to picket_lookup using (true);
create policy lookup_read on sensors for select to picket_lookup using (true);
create policy lookup_read on tenants for select to picket_lookup using (true);
create policy lookup_read on rule_settings for select to picket_lookup using (true);

create function find_sign_in(address text)
returns table (
  tenant_id uuid, id uuid, email text, name text, role text, password_hash text, disabled boolean,
  created_at timestamptz(3), last_login_at timestamptz(3)
)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant_id, id, email, name, role, password_hash, disabled, created_at, last_login_at
    from public.users where lower(email) = lower(address)
$$;

create function record_sign_in(user_id uuid, at timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  update public.users set last_login_at = at where id = user_id
$$;

-- One statement: of many at once, the row lock lets one through and the rest see used_at set.
create function spend_enrollment_token(hash text, at timestamptz) returns table (tenant_id uuid, id uuid, name text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  update public.enrollment_tokens as token set used_at = at
    where token.token_hash = hash and token.used_at is null and token.expires_at > at
    returning token.tenant_id, token.id, token.name
$$;

create function find_sensor(sensor_id text) returns table (tenant_id uuid, revoked_at timestamptz(3))
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant_id, revoked_at from public.sensors where id = sensor_id
$$;

create function list_tenants() returns table (tenant_id uuid, name text, created_at timestamptz(3))
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant_id, name, created_at from public.tenants order by created_at, tenant_id
$$;

create function count_users() returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select count(id) from public.users
$$;

create function all_rule_settings()
returns table (tenant_id uuid, rule_id text, enabled boolean, edge boolean, updated_at timestamptz(3))
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select tenant_id, rule_id, enabled, edge, updated_at from public.rule_settings
$$;

-- A function's new owner needs CREATE on the schema at the moment it takes over, and not after.
grant create on schema public to picket_lookup;
do $$
declare
  one regprocedure;
begin
  foreach one in array array[
    'find_sign_in(text)', 'record_sign_in(uuid, timestamptz)', 'spend_enrollment_token(text, timestamptz)', 'find_sensor(text)',
    'list_tenants()', 'count_users()', 'all_rule_settings()'
  ]::regprocedure[] loop
    execute format('revoke all on function %s from public', one);
    execute format('grant execute on function %s to picket_app', one);
    execute format('alter function %s owner to picket_lookup', one);
  end loop;
end
$$;
revoke create on schema public from picket_lookup;
