import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAlertStore } from '../../../hub/storage/alert-store.ts'
import { createBacktestStore } from '../../../hub/storage/backtest-store.ts'
import { createConnectorStore } from '../../../hub/storage/connector-store.ts'
import { createEnrollmentStore } from '../../../hub/storage/enrollment-store.ts'
import { AlreadyExists, UnknownReference } from '../../../hub/storage/errors.ts'
import { createExceptionStore } from '../../../hub/storage/exception-store.ts'
import { createFleetStore } from '../../../hub/storage/fleet-store.ts'
import { createIngestStore } from '../../../hub/storage/ingest-store.ts'
import { createPipelineStore } from '../../../hub/storage/pipeline-store.ts'
import { createRuleContentDirectory } from '../../../hub/storage/rule-content-directory.ts'
import { createRuleStore } from '../../../hub/storage/rule-store.ts'
import { withTenant } from '../../../hub/storage/tenant.ts'
import { createTenantAdminStore } from '../../../hub/storage/tenant-admin-store.ts'
import { createTenantRuleStore } from '../../../hub/storage/tenant-rule-store.ts'
import { createTimelineStore } from '../../../hub/storage/timeline-store.ts'
import { createValueListStore } from '../../../hub/storage/value-list-store.ts'
import { startTestDatabase, type TestDatabase } from '../../support/postgres.ts'
import { batchOf, evaluationOf, newTenant, plainBox } from '../../support/storage-builders.ts'

let database: TestDatabase
let app: pg.Pool
beforeAll(async () => {
  database = await startTestDatabase()
  app = new pg.Pool({ connectionString: database.appUrl, max: 1 })
  app.on('connect', (client) => client.on('error', () => {})) // A connection may still be closing when the server goes.
})
afterAll(async () => {
  await app?.end()
  await database?.stop()
})

/** Tables and partitions that hold a tenant's rows and are not closed as they must be. */
async function openTables(): Promise<string[]> {
  const { rows } = await database.superuser.query<{ name: string }>(`
    select c.oid::regclass::text as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not (
      c.relrowsecurity and c.relforcerowsecurity
      and exists (
        select from pg_policy p where p.polrelid = c.oid and p.polpermissive and p.polcmd = '*'
          and pg_get_expr(p.polqual, c.oid) like '%current_setting(''picket.tenant_id''%' and pg_get_expr(p.polwithcheck, c.oid) like '%current_setting(''picket.tenant_id''%'
      )
      -- any further policy is for the lookup role alone
      and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname <> 'tenant_isolation' and p.polroles <> array['picket_lookup'::regrole::oid])
    ) order by 1`)
  return rows.map((row) => row.name)
}

test('A7 every table with a tenant_id is closed by row level security, partitions too', async () => {
  const { rows } = await database.superuser.query(
    `select count(*)::int as n from pg_attribute where attname = 'tenant_id' and attrelid::regclass::text like 'events_2%'`,
  )
  expect(rows[0].n).toBeGreaterThan(0)
  expect(await openTables()).toEqual([])
})

test('A7 a new tenant table without a policy is found by that check', async () => {
  await database.superuser.query(
    'create table forgotten (tenant_id uuid, x int); create table half (tenant_id uuid); alter table half enable row level security',
  )
  expect(await openTables()).toEqual(['forgotten', 'half'])
  await database.superuser.query('drop table forgotten, half')
})

test('A7 every key of a tenant table starts with tenant_id, and so does every foreign key between them', async () => {
  const { rows } = await database.superuser.query<{ name: string; definition: string }>(`
    select conrelid::regclass::text || '.' || conname as name, pg_get_constraintdef(c.oid) as definition from pg_constraint c
    where contype in ('p', 'f') and connamespace = 'public'::regnamespace and conrelid::regclass::text <> 'schema_migrations'`)
  expect(rows.length).toBeGreaterThan(20)
  for (const { name, definition } of rows) expect(`${name}: ${definition}`).toMatch(/(PRIMARY|FOREIGN) KEY \(tenant_id/)
  const { rows: views } = await database.superuser.query(
    `select relname from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace`,
  )
  expect(views).toEqual([])
})

test('A7 the app role owns nothing, cannot bypass row level security, truncate, reach a partition or change the schema', async () => {
  const { rows } = await app.query(`
    select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, (select count(*)::int from pg_class where relowner = r.oid) as owns,
      (select count(*)::int from pg_auth_members where member = r.oid) as memberships
    from pg_roles r where rolname = current_user`)
  expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, owns: 0, memberships: 0 }])
  const { rows: excess } = await database.superuser.query(`
    select oid::regclass::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and (
      has_table_privilege('picket_app', oid, 'truncate') or has_table_privilege('picket_app', oid, 'references') or has_table_privilege('picket_app', oid, 'trigger')
      or (relispartition and has_table_privilege('picket_app', oid, 'select, insert, update, delete')))`)
  expect(excess).toEqual([])
  const partition = `events_${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
  for (const statement of [
    `select from ${partition}`,
    'select from events_default',
    'truncate events',
    'delete from events',
    'update alert_activity set note = null',
    'alter table events disable row level security',
    'create table mine (x int)',
    'select from schema_migrations',
    'set role picket_lookup',
    'set row_security = off; select count(*) from alerts',
  ])
    await expect(app.query(statement), statement).rejects.toThrow(/permission denied|must be owner|row-level security/)
})

test('A7 functions that read across tenants belong to a role that cannot log in and are not open to everybody', async () => {
  const { rows } = await database.superuser.query<{ name: string; owner: string; public: boolean; login: boolean; path: string[] }>(`
    select p.oid::regprocedure::text as name, pg_get_userbyid(proowner) as owner, r.rolcanlogin or r.rolsuper or r.rolbypassrls as login,
      exists (select from aclexplode(proacl) a where a.grantee = 0) or proacl is null as public, proconfig as path
    from pg_proc p join pg_roles r on r.oid = proowner where prosecdef and pronamespace = 'public'::regnamespace`)
  expect(rows).toHaveLength(9)
  for (const row of rows)
    expect(row).toMatchObject({ owner: 'picket_lookup', login: false, public: false, path: ['search_path=pg_catalog, pg_temp'] })
})

test('A7 without a tenant, or with one that is gone from the session, nothing is visible and nothing can be written', async () => {
  const tenant = await newTenant(database.db)
  const client = await app.connect()
  try {
    expect((await client.query('select * from sensors')).rows).toEqual([])
    await client.query('begin')
    await client.query("select set_config('picket.tenant_id', $1, true)", [tenant.tenantId])
    expect((await client.query('select * from sensors')).rows).toHaveLength(1)
    await client.query('commit')
    expect((await client.query("select current_setting('picket.tenant_id', true) as left")).rows).toEqual([{ left: '' }])
    expect((await client.query('select * from sensors')).rows).toEqual([])
    await expect(client.query('insert into tenants (tenant_id, name) values ($1, $2)', [randomUUID(), 'x'])).rejects.toThrow(/row-level security/)
  } finally {
    client.release()
  }
})

test('of two tenants no store gives one a row of the other, even by its id', async () => {
  const { db } = database
  const [ana, bob] = [await newTenant(db, 'Ana'), await newTenant(db, 'Bob')]
  const alerts = createAlertStore(db)
  const connectors = createConnectorStore(db, plainBox)
  const fleet = createFleetStore(db)
  const ingest = createIngestStore(db)
  const pipeline = createPipelineStore(db)
  const rules = createRuleStore(db)
  const timeline = createTimelineStore(db)
  const ownRules = createTenantRuleStore(db)
  const exceptions = createExceptionStore(db)
  const lists = createValueListStore(db)
  const backtests = createBacktestStore(db)
  const at = new Date()
  const minute = {
    minute: at,
    received: 7,
    failed: 1,
    bytes: 70,
    stored: 7,
    matched: 1,
    alerts: 1,
    normalizeP50: 1,
    normalizeP95: 2,
    normalizeP99: 3,
    lag: 0,
  }

  const evaluation = await evaluationOf(rules, bob, 'rule-1')
  const batch = batchOf(bob.sensorId, { first: 1, last: 5, hits: [2], evaluation })
  const alertId = (await ingest.commit(bob, batch)).notices[0]?.alertId ?? ''
  const connector = await connectors.create(bob, {
    name: 'in',
    type: 'http',
    sensorId: bob.sensorId,
    enabled: true,
    config: { token: 'secret-of-bob-0001' },
  })
  await connectors.report(bob, connector.id, { ...connector.state, status: 'healthy', lastCheckAt: at })
  const filter = await fleet.saveFilter(bob, { name: 'noise', enabled: true, definition: { action: 'drop' } })
  await rules.set(bob, 'rule-1', { enabled: false })
  // The same name in another tenant is another view.
  await rules.registerView(ana, evaluation.view, new Map([['linux//', ['rule-of-ana']]]))
  await pipeline.add(bob, [minute])
  const by = { actor: 'bob@example.com', at }
  await ownRules.create(bob, { id: 'own-1', source: 'title: Mine', tests: [], note: 'first' }, by)
  const exception = await exceptions.create(bob, { reason: 'noise', detection: '{}', expiresAt: at }, by)
  await lists.create(bob, { name: 'admins', description: '', values: ['bob'] }, by)

  const range = { from: new Date(at.getTime() - 86_400_000), to: new Date(at.getTime() + 86_400_000) }
  const backtest = await backtests.create(bob, { ruleId: 'own-1', ruleTitle: 'Mine', source: '', ...range, actor: 'bob', at }, 50)
  expect((await createRuleContentDirectory(db).tenantsWithContent()).map(({ tenantId }) => tenantId)).toEqual([bob.tenantId])
  const seenBy = async (tenant: { tenantId: string }) => ({
    alerts: (await alerts.list(tenant, { sort: [], limit: 100 })).total,
    alert: (await alerts.get(tenant, alertId))?.id,
    summary: (await alerts.summary(tenant, range.from)).total,
    connectors: (await connectors.list(tenant)).length,
    connector: (await connectors.get(tenant, connector.id))?.id,
    history: (await connectors.history(tenant, connector.id, 10)).length,
    sensor: (await fleet.get(tenant, bob.sensorId))?.id,
    filters: (await fleet.filters(tenant)).length,
    marks: (await ingest.marks(tenant, bob.sensorId, ['epoch'])).size,
    totals: (await pipeline.totals(tenant)).events,
    series: (await pipeline.series(tenant, { ...range, intervalSeconds: 60 })).length,
    settings: (await rules.settings(tenant)).length,
    verdicts: (await rules.verdicts(tenant)).size,
    matches: (await rules.matches(tenant, 'rule-1', { limit: 10, offset: 0 })).total,
    evaluations: (await rules.evaluations(tenant)).size,
    events: (await timeline.search(tenant, { ...range, descending: true, limit: 100 })).events.length,
    histogram: (await timeline.histogram(tenant, { ...range, buckets: 1 })).points.reduce((sum, point) => sum + point.value, 0),
    event: (await timeline.get(tenant, batch.events[0]?.id ?? ''))?.id,
    ownRules: (await ownRules.list(tenant)).length,
    ownRule: (await ownRules.get(tenant, 'own-1'))?.id,
    versions: (await ownRules.versions(tenant, 'own-1')).length,
    exceptions: (await exceptions.list(tenant)).length,
    exception: (await exceptions.get(tenant, exception.id))?.id,
    candidates: (await exceptions.candidates(tenant, { since: range.from, limit: 10 })).length,
    lists: (await lists.list(tenant)).length,
    backtests: (await backtests.list(tenant, { limit: 10 })).length,
    backtest: (await backtests.get(tenant, backtest.id))?.id,
    scanned: (await backtests.page(tenant, { ...range, limit: 10, limitBytes: 1e6 })).scanned,
    counted: await backtests.count(tenant, range),
  })
  const nothing = await seenBy(ana)
  expect(Object.entries(nothing).filter(([, value]) => value !== 0 && value !== undefined)).toEqual([])
  expect(Object.entries(await seenBy(bob)).filter(([, value]) => value === 0 || value === undefined)).toEqual([])

  // What would change something of the other's by a forged id says the same as for an id that is none.
  expect(await alerts.update(ana, alertId, 1, { status: 'resolved' }, [])).toBeUndefined()
  expect(await connectors.update(ana, connector.id, { name: 'taken' })).toBeUndefined()
  expect(await connectors.report(ana, connector.id, connector.state)).toBeUndefined()
  expect(await connectors.delete(ana, connector.id)).toBe(false)
  expect(await fleet.rename(ana, bob.sensorId, 'taken')).toBeUndefined()
  expect(await fleet.revoke(ana, bob.sensorId, at)).toBe(false)
  await fleet.seen(ana, bob.sensorId, { at, heartbeat: { taken: true } })
  await fleet.packReport(ana, bob.sensorId, { at, state: 'refused' })
  await fleet.setCertificate(ana, bob.sensorId, 'taken', at)
  expect(await fleet.deleteFilter(ana, filter.id)).toBe(false)
  await fleet.saveFilter(ana, { id: filter.id, name: 'ana', enabled: false, definition: {} })
  const mine = { actor: 'ana@example.com', at, keepVersions: 10 }
  expect(await ownRules.update(ana, 'own-1', 1, { source: 'taken' }, mine)).toBeUndefined()
  expect(await ownRules.delete(ana, 'own-1')).toBe(false)
  expect(await exceptions.update(ana, exception.id, 1, { reason: 'taken' }, at)).toBeUndefined()
  expect(await exceptions.delete(ana, exception.id)).toBe(false)
  expect(await lists.update(ana, 'admins', 1, { values: [] }, mine)).toBeUndefined()
  expect(await lists.delete(ana, 'admins')).toBe(false)
  expect(await backtests.update(ana, backtest.id, { status: 'cancelled' })).toBeUndefined()
  expect(
    await backtests.truePositives(
      ana,
      'rule-1',
      batch.events.map(({ id, time }) => ({ id, ms: time.getTime() })),
    ),
  ).toBe(0)
  const unknown = { name: 'x', type: 'file', enabled: true, config: {} }
  await expect(connectors.create(ana, { ...unknown, sensorId: bob.sensorId })).rejects.toBeInstanceOf(UnknownReference)
  await expect(connectors.create(ana, { ...unknown, sensorId: randomUUID() })).rejects.toBeInstanceOf(UnknownReference)
  await expect(ingest.commit(ana, batchOf(bob.sensorId, { first: 6, last: 7 }))).rejects.toThrow(/foreign key/)
  await expect(fleet.nextPackVersion(ana, bob.sensorId, 'digest')).rejects.toThrow(/foreign key/)

  expect(await alerts.get(bob, alertId)).toMatchObject({ status: 'open', version: 1 })
  expect(await connectors.get(bob, connector.id)).toMatchObject({ name: 'in', config: { token: 'secret-of-bob-0001' } })
  expect(await fleet.get(bob, bob.sensorId)).toMatchObject({ name: 'edge', revokedAt: undefined, heartbeat: undefined, pack: { state: undefined } })
  expect(await fleet.filters(bob)).toMatchObject([{ name: 'noise' }])
  expect(await ownRules.get(bob, 'own-1')).toMatchObject({ source: 'title: Mine', version: 1, revision: 1 })
  expect(await exceptions.get(bob, exception.id)).toMatchObject({ reason: 'noise' })
  expect(await lists.list(bob)).toMatchObject([{ values: ['bob'] }])
  expect(await backtests.get(bob, backtest.id)).toMatchObject({ status: 'queued' })
  expect((await createEnrollmentStore(db).findSensor(bob.sensorId))?.tenantId).toBe(bob.tenantId)
})

test('an insert that names another tenant is refused, also where the query forgets its filter', async () => {
  const [ana, bob] = [await newTenant(database.db), await newTenant(database.db)]
  const insert = withTenant(database.db, ana, (tx) =>
    tx.execute(sql`insert into filters (tenant_id, id, name, enabled, definition) values (${bob.tenantId}, 'f', 'f', true, '{}')`),
  )
  await expect(insert).rejects.toThrow(/row-level security/)
  const all = await withTenant(database.db, ana, (tx) => tx.execute(sql`select distinct tenant_id from sensors`))
  expect(all.rows).toEqual([{ tenant_id: ana.tenantId }])
  const admin = createTenantAdminStore(database.db)
  const user = { tenantId: ana.tenantId, email: 'Ana@example.com', name: 'Ana', role: 'analyst' as const, passwordHash: 'hash-never-shown' }
  await admin.createUser(user)
  const again = admin.createUser({ ...user, tenantId: bob.tenantId, email: 'ana@EXAMPLE.com' })
  await expect(again).rejects.toBeInstanceOf(AlreadyExists)
  await expect(again).rejects.not.toThrow(/hash-never-shown/)
})

test('A8 on one connection, interleaved tenants and aborted transactions never see each other', async () => {
  const single = await database.open({ appConnections: 1 })
  const tenants = await Promise.all(Array.from({ length: 4 }, (_, i) => newTenant(database.db, `Tenant ${i}`)))
  const rules = createRuleStore(single)
  for (const tenant of tenants) await rules.set(tenant, `rule-of-${tenant.tenantId}`, { enabled: false })
  const rounds = Array.from({ length: 400 }, (_, i) => async () => {
    const tenant = tenants[(i * 7) % tenants.length]
    if (!tenant) throw new Error('no tenant')
    if (i % 3 === 0) {
      // A transaction that fails half way, by the database or by the code.
      const broken = withTenant(single, tenant, async (tx) => {
        await tx.execute(sql`select 1 / ${i % 2}::int`)
        throw new Error('given up')
      })
      await expect(broken).rejects.toThrow(/division by zero|given up/)
      return
    }
    expect((await rules.settings(tenant)).map((setting) => setting.ruleId)).toEqual([`rule-of-${tenant.tenantId}`])
    const raw = await withTenant(single, tenant, (tx) => tx.execute(sql`select tenant_id from tenants`))
    expect(raw.rows).toEqual([{ tenant_id: tenant.tenantId }])
  })
  await Promise.all(rounds.map((round) => round()))
  const { rows } = await single.app.execute(sql`select tenant_id from tenants`)
  expect(rows).toEqual([])
})
