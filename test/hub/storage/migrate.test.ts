import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

const tables = async () =>
  (await pool.query(`select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`)).rows.map((row) => row.relname)

test('migrations are applied once, in order, and newer ones later', async () => {
  expect(await migrate(pool, directory)).toEqual(['0001_ground.sql'])
  expect(await migrate(pool, directory)).toEqual([])
  writeFileSync(join(directory, '0003_b.sql'), 'alter table later add y int')
  writeFileSync(join(directory, '0002_a.sql'), 'create table later (x int)')
  expect(await migrate(pool, directory)).toEqual(['0002_a.sql', '0003_b.sql'])
})

test('hubs that start at the same moment apply each migration once', async () => {
  const applied = await Promise.all([migrate(pool, directory), migrate(pool, directory), migrate(pool, directory)])
  expect(applied.flat()).toEqual(['0001_ground.sql'])
})

test('a migration that fails names itself and changes nothing, and the database works on', async () => {
  await migrate(pool, directory)
  const before = await tables()
  writeFileSync(join(directory, '0002_half.sql'), 'create table half (x int); select 1 / 0;')
  await expect(migrate(pool, directory)).rejects.toThrow(/0002_half\.sql failed and changed nothing: division by zero/)
  expect(await tables()).toEqual(before)
  rmSync(join(directory, '0002_half.sql'))
  expect(await migrate(pool, directory)).toEqual([])
})

test('a migration changed after it was applied, or unknown to this version, stops the start', async () => {
  writeFileSync(join(directory, '0002_a.sql'), 'create table later (x int)')
  await migrate(pool, directory)
  writeFileSync(join(directory, '0002_a.sql'), 'create table later (x text)')
  await expect(migrate(pool, directory)).rejects.toThrow(/0002_a\.sql was changed/)
  rmSync(join(directory, '0002_a.sql'))
  await expect(migrate(pool, directory)).rejects.toThrow(/0002_a\.sql, which this version does not know/)
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
