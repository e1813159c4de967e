import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type Database, openDatabase } from '../../hub/storage/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../hub/storage/embedded.ts'
import type { StorageLog } from '../../hub/storage/log.ts'

export const MIGRATIONS = fileURLToPath(new URL('../../hub/storage/migrations', import.meta.url))

export const silentLog: StorageLog = { info: () => {}, warn: () => {}, error: () => {} }

export interface TestDatabase {
  readonly db: Database
  readonly server: EmbeddedPostgres
  readonly dataDir: string
  /** The owner's connection string, as `DATABASE_URL` would be. */
  readonly ownerUrl: string
  /** Connects as the app role, beside the stores. */
  readonly appUrl: string
  /** As PostgreSQL's superuser, whom no policy holds: for looking at what is really there. */
  readonly superuser: pg.Pool
  /** Another way in with options of one's own; closed by `stop`. */
  open(options: { appConnections?: number }): Promise<Database>
  stop(): Promise<void>
}

/** A PostgreSQL of its own with the hub's schema, as the hub sets it up, only without fsync. Call `stop` in `afterAll`. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'picket-db-'))
  chmodSync(dataDir, 0o711) // For the user PostgreSQL runs as when the tests run as root.
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog, durable: false })
  const { ownerUrl } = server
  const open = (options: { appConnections?: number }) => openDatabase({ ownerUrl, dataDir, migrations: MIGRATIONS, log: silentLog, ...options })
  const opened: Database[] = []
  const db = await open({})
  opened.push(db)
  const memory = JSON.parse(readFileSync(join(dataDir, 'postgres', 'postgres.json'), 'utf8')) as { superuserPassword: string }
  const superuser = new pg.Pool({ connectionString: asUser(ownerUrl, 'postgres', memory.superuserPassword), max: 2 })
  superuser.on('error', () => {}) // The server goes away while it idles: at the end, and in tests that kill it.
  superuser.on('connect', (client) => client.on('error', () => {}))
  return {
    db,
    server,
    dataDir,
    ownerUrl,
    appUrl: asUser(ownerUrl, 'picket_app', readFileSync(join(dataDir, 'database-app-password'), 'utf8')),
    superuser,
    async open(options) {
      const more = await open(options)
      opened.push(more)
      return more
    },
    async stop() {
      await Promise.all([...opened.map((each) => each.close()), superuser.end()])
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

function asUser(url: string, user: string, password: string): string {
  const changed = new URL(url)
  changed.username = user
  changed.password = password
  return changed.href
}
