import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../hub/storage/database.ts'
import { migrate } from '../../../hub/storage/migrate.ts'
import { MIGRATIONS, silentLog, startTestDatabase, type TestDatabase } from '../../support/postgres.ts'

let database: TestDatabase
let directory: string
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database?.stop())

let pool: pg.Pool
let url: string
let turn = 0
beforeEach(async () => {
  turn += 1
  await database.superuser.query(`create database fresh_${turn} owner picket_owner`)
  const changed = new URL(database.ownerUrl)
  changed.pathname = `/fresh_${turn}`
  url = changed.href
  pool = new pg.Pool({ connectionString: url, max: 4 })
  directory = mkdtempSync(join(tmpdir(), 'picket-migrations-'))
  cpSync(MIGRATIONS, directory, { recursive: true })
  return async () => {
    await pool.end()
    rmSync(directory, { recursive: true, force: true })
  }
})

const RELEASED = readdirSync(MIGRATIONS).sort()

const tables = async () =>
  (await pool.query(`select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`)).rows.map((row) => row.relname)

test('migrations are applied once, in order, and newer ones later', async () => {
  expect(await migrate(pool, directory)).toEqual(RELEASED)
  expect(await migrate(pool, directory)).toEqual([])
  writeFileSync(join(directory, '9003_b.sql'), 'alter table later add y int')
  writeFileSync(join(directory, '9002_a.sql'), 'create table later (x int)')
  expect(await migrate(pool, directory)).toEqual(['9002_a.sql', '9003_b.sql'])
})

test('statistics of what was stored before they were counted are there after the migration, per tenant and hour', async () => {
  for (const name of RELEASED.slice(1)) rmSync(join(directory, name))
  await migrate(pool, directory)
  const tenants = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
  for (const [index, tenantId] of tenants.entries()) {
    const client = await pool.connect()
    await client.query("select set_config('picket.tenant_id', $1, false)", [tenantId])
    await client.query("insert into tenants (tenant_id, name) values ($1, 'Acme')", [tenantId])
    for (let n = 0; n < 2 + index; n++)
      await client.query(
        `insert into matches (tenant_id, rule_id, event_time, event_id, sensor_id, matched_conditions, created_at)
         values ($1, 'r', now(), gen_random_uuid(), 's', '{}', '2026-01-01T10:20:00Z')`,
        [tenantId],
      )
    for (const status of ['open', 'resolved', 'resolved', 'false_positive'])
      await client.query(
        `insert into alerts (tenant_id, id, rule_id, rule_title, severity, status, entity, tactics, techniques, matched_conditions, first_event_id, first_event_at,
           last_event_at, count, summary, created_at, updated_at, reviewed_at)
         values ($1, gen_random_uuid()::text, 'r', 'R', 1, $2, 'e', '{}', '{}', '{}', gen_random_uuid(), now(), now(), 1, '{}', now(), now(), $3)`,
        [tenantId, status, status === 'open' ? null : '2026-01-02T10:59:59Z'],
      )
    client.release(true)
  }
  cpSync(MIGRATIONS, directory, { recursive: true })
  await migrate(pool, directory)
  for (const [index, tenantId] of tenants.entries()) {
    const client = await pool.connect()
    await client.query("select set_config('picket.tenant_id', $1, false)", [tenantId])
    const read = async (columns: string, table: string) => (await client.query(`select ${columns} from ${table}`)).rows
    expect(await read('rule_id, hour, matches::int', 'match_counts')).toEqual([
      { rule_id: 'r', hour: new Date('2026-01-01T10:00:00Z'), matches: 2 + index },
    ])
    expect(await read('hour, true_positives::int as yes, false_positives::int as no', 'verdict_counts')).toEqual([
      { hour: new Date('2026-01-02T10:00:00Z'), yes: 2, no: 1 },
    ])
    client.release(true)
  }
})

test('hubs that start at the same moment apply each migration once', async () => {
  const applied = await Promise.all([migrate(pool, directory), migrate(pool, directory), migrate(pool, directory)])
  expect(applied.flat()).toEqual(RELEASED)
})

test('a migration that fails names itself and changes nothing, and the database works on', async () => {
  await migrate(pool, directory)
  const before = await tables()
  writeFileSync(join(directory, '9002_half.sql'), 'create table half (x int); select 1 / 0;')
  await expect(migrate(pool, directory)).rejects.toThrow(/9002_half\.sql failed and changed nothing: division by zero/)
  expect(await tables()).toEqual(before)
  rmSync(join(directory, '9002_half.sql'))
  expect(await migrate(pool, directory)).toEqual([])
})

test('a migration changed after it was applied, or unknown to this version, stops the start', async () => {
  writeFileSync(join(directory, '9002_a.sql'), 'create table later (x int)')
  await migrate(pool, directory)
  writeFileSync(join(directory, '9002_a.sql'), 'create table later (x text)')
  await expect(migrate(pool, directory)).rejects.toThrow(/9002_a\.sql was changed/)
  rmSync(join(directory, '9002_a.sql'))
  await expect(migrate(pool, directory)).rejects.toThrow(/9002_a\.sql, which this version does not know/)
})

test('a database given by its URL is set up the same way, under an owner that is no superuser', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-external-'))
  // The roles are the server's: the same password file as the hub that runs on its other database.
  cpSync(join(database.dataDir, 'database-app-password'), join(dataDir, 'database-app-password'))
  const db = await openDatabase({ ownerUrl: url, dataDir, migrations: MIGRATIONS, log: silentLog })
  await db.ping()
  await db.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('an owner who may not make the roles is told what to run; an app role with too many rights is refused', async () => {
  await database.superuser.query(`create role poor_${turn} login password 'poor'`)
  const poor = new URL(url)
  poor.username = `poor_${turn}`
  poor.password = 'poor'
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-external-'))
  const options = { dataDir, migrations: MIGRATIONS, log: silentLog }
  await expect(openDatabase({ ...options, ownerUrl: poor.href })).rejects.toMatchObject({
    code: 'DATABASE_SETUP',
    message: expect.stringMatching(/CREATE ROLE picket_app/),
  })
  await expect(openDatabase({ ...options, ownerUrl: url, appUrl: url })).rejects.toThrow(/picket_owner, which owns tables/)
  rmSync(dataDir, { recursive: true, force: true })
})

test('an administrator may make the roles instead: the hub then works with the two logins it is given', async () => {
  const { superuser } = database
  await superuser.query(`create role plain_${turn} login password 'plain'`)
  await superuser.query(`grant picket_lookup to plain_${turn}`)
  await superuser.query(`create database plain_${turn} owner plain_${turn}`)
  const owner = new URL(url)
  const app = new URL(database.appUrl)
  owner.username = `plain_${turn}`
  owner.password = 'plain'
  owner.pathname = app.pathname = `/plain_${turn}`
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-external-'))
  try {
    const db = await openDatabase({ ownerUrl: owner.href, appUrl: app.href, dataDir, migrations: MIGRATIONS, log: silentLog })
    await db.ping()
    await db.close()
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})

test.each([
  ['nobody listens', 'postgres://ana:very-secret@127.0.0.1:1/soc', /cannot connect to the database soc at 127\.0\.0\.1:1 as ana: .*ECONNREFUSED/],
  ['no URL', 'host=localhost password=very-secret', /DATABASE_URL is not of the form postgres:/],
  ['another scheme', 'mysql://ana:very-secret@127.0.0.1/soc', /DATABASE_URL is not of the form postgres:/],
])('a database that cannot be had is said plainly and without its password: %s', async (_name, ownerUrl, message) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-external-'))
  try {
    const refusal = await openDatabase({ ownerUrl, dataDir, migrations: MIGRATIONS, log: silentLog }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'DATABASE_SETUP', message: expect.stringMatching(message) })
    expect(String(refusal)).not.toContain('very-secret')
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
