import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { messageOf } from '../../shared/errors.ts'

// Any fixed number does; two hubs that start at once must use the same one.
const MIGRATION_LOCK = 7_425_538

/**
 * Brings the database to the newest migration in `directory`: `NNNN_name.sql`, in order, each in a transaction of its own, so a failing one
 * changes nothing. Hubs that start together take turns.
 *
 * @returns names applied by this call, in order
 * @throws Error where a migration fails, or one applied before is missing from the directory or has other content now
 */
export async function migrate(pool: pg.Pool, directory: string): Promise<string[]> {
  const migrations = readMigrations(directory)
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(
      'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ name: string; checksum: string }>('select name, checksum from schema_migrations order by name')
    const known = new Map(rows.map((row) => [row.name, row.checksum]))
    for (const name of known.keys())
      if (!migrations.some((each) => each.name === name)) throw new Error(`the database has migration ${name}, which this version does not know`)
    const applied: string[] = []
    for (const { name, text, checksum } of migrations) {
      if (known.get(name) === checksum) continue
      if (known.has(name)) throw new Error(`migration ${name} was changed after it was applied`)
      await apply(client, name, text, checksum)
      applied.push(name)
    }
    return applied
  } finally {
    // Ends the session, and with it the lock, however this went.
    client.release(true)
  }
}

async function apply(client: pg.PoolClient, name: string, text: string, checksum: string): Promise<void> {
  await client.query('begin')
  try {
    await client.query(text)
    await client.query('insert into schema_migrations (name, checksum) values ($1, $2)', [name, checksum])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new Error(`migration ${name} failed and changed nothing: ${messageOf(cause)}`, { cause })
  }
}

function readMigrations(directory: string): { name: string; text: string; checksum: string }[] {
  const names = readdirSync(directory)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
  if (names.length === 0) throw new Error(`no migrations in ${directory}`)
  return names.map((name) => {
    // Line ends do not count: a checkout on Windows has others.
    const text = readFileSync(join(directory, name), 'utf8').replaceAll('\r\n', '\n')
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}
