import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { messageOf } from '../../shared/errors.ts'
import type { StorageLog } from './log.ts'
import { migrate } from './migrate.ts'
import { createPartitions, type Partitions } from './partitions.ts'
import { checkAppRole, DatabaseSetupError, ensureRoles } from './roles.ts'

export interface DatabaseOptions {
  /** Connects as the role that owns the tables and runs migrations: `DATABASE_URL`, or the embedded server's. */
  readonly ownerUrl: string
  /** Connects as `picket_app`. Without it the hub gives that role a password and keeps it in `dataDir`. */
  readonly appUrl?: string | undefined
  readonly dataDir: string
  /** The folder with the `*.sql` migrations. */
  readonly migrations: string
  readonly log: StorageLog
  /** Connections the stores share. */
  readonly appConnections?: number | undefined
  /** After this long a statement is cancelled, ms. */
  readonly statementTimeoutMs?: number | undefined
}

/** The hub's two ways into its database. Stores use `app`, through `withTenant`. */
export interface Database {
  /** As `picket_app`: owns nothing, held by row level security. */
  readonly app: NodePgDatabase
  readonly partitions: Partitions
  /** One transaction as `picket_app`, on a connection that goes back to the pool whatever happens. `withTenant` is how stores use it. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Resolves where the database answers, for the readiness probe. Rejects within 3 s where it does not. */
  ping(): Promise<void>
  close(): Promise<void>
}

export type Transaction = Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0]

/**
 * Opens the database: checks the server's version, makes the roles, applies migrations, makes today's partitions, and connects as the app role.
 *
 * @throws {DatabaseSetupError} kind `invalid`: no such URL, no connection, too old, roles that cannot be made, or an app role with too many rights
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { log } = options
  checkUrl(options.ownerUrl, 'DATABASE_URL')
  if (options.appUrl !== undefined) checkUrl(options.appUrl, 'PICKET_DATABASE_APP_URL')
  // Maintenance only: roles, migrations, partitions.
  const owner = newPool(options.ownerUrl, { max: 2 }, log)
  let app: pg.Pool | undefined
  try {
    const password = options.appUrl === undefined ? appPassword(options.dataDir) : undefined
    await connectable(owner, options.ownerUrl)
    await ensureRoles(owner, password)
    const applied = await migrate(owner, options.migrations)
    if (applied.length > 0) log.info({ applied }, 'the database is migrated')
    const appUrl = options.appUrl ?? asApp(options.ownerUrl, password ?? '')
    app = newPool(appUrl, { max: options.appConnections ?? 8, statement_timeout: options.statementTimeoutMs ?? 30_000 }, log)
    await connectable(app, appUrl)
    await checkAppRole(app)
    const partitions = createPartitions(owner, log)
    const now = new Date()
    await partitions.ensure(
      [0, 86_400_000].map((ahead) => now.getTime() + ahead),
      now,
    )
    return createDatabase(owner, app, partitions)
  } catch (error) {
    await Promise.all([owner.end(), app?.end()])
    throw error
  }
}

function createDatabase(owner: pg.Pool, app: pg.Pool, partitions: Partitions): Database {
  return {
    app: drizzle(app),
    partitions,
    async transaction(work) {
      // Not `drizzle(pool).transaction`: where its `begin` fails, on a connection that just died, the connection is never given back, and a pool that has
      // lost all of them this way answers nobody any more.
      const client = await app.connect()
      try {
        return await drizzle(client).transaction(work)
      } finally {
        client.release()
      }
    },
    async ping() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('the database does not answer')), 3_000)
      })
      try {
        await Promise.race([app.query('select 1'), late])
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      await Promise.all([app.end(), owner.end()])
    },
  }
}

function newPool(connectionString: string, limits: pg.PoolConfig, log: StorageLog): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    application_name: 'picket',
    ...limits,
  })
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', (error) => pool.ending || log.warn({ reason: error.message }, 'a database connection was lost'))
  // One that breaks while in use fails its query, and emits the same error again, which nobody else listens to.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

function checkUrl(text: string, setting: string): void {
  const protocol = URL.canParse(text) ? new URL(text).protocol : undefined
  if (protocol !== 'postgres:' && protocol !== 'postgresql:')
    throw new DatabaseSetupError(`${setting} is not of the form postgres://user:password@host:port/database`)
}

/** @throws {DatabaseSetupError} naming the server and the role; never the password */
async function connectable(pool: pg.Pool, url: string): Promise<void> {
  try {
    await pool.query('select 1')
  } catch (cause) {
    const { username, host, pathname } = new URL(url)
    // A host name with several addresses fails with one error for each, and no message of its own.
    const reason = cause instanceof AggregateError ? cause.errors.map(messageOf).join(', ') : messageOf(cause)
    throw new DatabaseSetupError(`cannot connect to the database ${pathname.slice(1)} at ${host} as ${decodeURIComponent(username)}: ${reason}`, {
      cause,
    })
  }
}

/** The app role's password: made once, kept in the data directory for this user's eyes. */
function appPassword(dataDir: string): string {
  const file = join(dataDir, 'database-app-password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  return readFileSync(file, 'utf8').trim()
}

/** The owner's connection string with the app role's name and password. */
function asApp(ownerUrl: string, password: string): string {
  const url = new URL(ownerUrl)
  url.username = 'picket_app'
  url.password = password
  return url.href
}
