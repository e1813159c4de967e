import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { BufferUnavailable, type Lane } from './contract.ts'

export const LANES: readonly Lane[] = ['bulk', 'priority']

const SCHEMA_VERSION = 1
const PAGE_BYTES = 4_096
/** Nobody else writes here (lock.ts), and waiting for a lock would stop the event loop. */
const BUSY_TIMEOUT_MS = 250
/** Read through in about a tenth of a second. */
const CHECK_UP_TO_BYTES = 64 * 1024 * 1024

const laneSchema = (lane: Lane): string => `
  CREATE TABLE ${lane}_events (
    seq INTEGER PRIMARY KEY, connector INTEGER NOT NULL, at_ms INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL
  ) STRICT;
  CREATE TABLE ${lane}_tombstones (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason TEXT NOT NULL, connector_id TEXT NOT NULL, count INTEGER NOT NULL, at_ms INTEGER NOT NULL
  ) STRICT;`

const SCHEMA = `
  CREATE TABLE lanes (
    lane TEXT PRIMARY KEY, epoch TEXT NOT NULL, next_seq INTEGER NOT NULL, acked INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
    appended_total INTEGER NOT NULL, acked_total INTEGER NOT NULL, tombstoned_total INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE connectors (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, cursor TEXT, received INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0, filtered INTEGER NOT NULL DEFAULT 0, last_event_ms INTEGER
  ) STRICT;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  ${LANES.map(laneSchema).join('')}`

/**
 * Opens the buffer's file, makes its tables where they are missing and sets what must hold on every open.
 *
 * @param checkUpToBytes - a larger file is not read through: that takes a second or two per gigabyte, and a start must not wait for it. Damage in it
 *   shows when the page is read, and every row has a checksum of its own
 * @param capBytes - the file never grows past this (`max_page_count`), so that SQLite, not the disk, is what is full first
 * @throws {Database.SqliteError} SQLITE_CORRUPT or SQLITE_NOTADB where the file is damaged
 */
export const openDatabase = (
  path: string,
  capBytes: number,
  nativeBinding: string | undefined,
  checkUpToBytes = CHECK_UP_TO_BYTES,
): Database.Database => {
  const fresh = !existsSync(path)
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS, ...(nativeBinding === undefined ? {} : { nativeBinding }) })
  try {
    if (fresh) chmodSync(path, 0o600)
    db.pragma(`page_size = ${PAGE_BYTES}`)
    db.pragma('journal_mode = WAL')
    // On every open: better-sqlite3 reopens a WAL database at NORMAL, which would lose commits with the power.
    db.pragma('synchronous = FULL')
    db.pragma('wal_autocheckpoint = 1000')
    db.pragma('journal_size_limit = 16777216')
    db.pragma(`max_page_count = ${Math.ceil(capBytes / PAGE_BYTES)}`)
    db.pragma('trusted_schema = OFF')
    if (!fresh && statSync(path).size <= checkUpToBytes) assertIntact(db)
    makeTables(db)
    for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) chmodSync(path + suffix, 0o600)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** The file is readable by SQLite but is not, or no longer, a sound buffer. */
export class BufferDamaged extends Error {
  constructor(problem: string) {
    super(problem)
    this.name = 'BufferDamaged'
  }
}

export const isDamage = (error: unknown): boolean =>
  error instanceof BufferDamaged ||
  (error instanceof Database.SqliteError && (error.code.startsWith('SQLITE_CORRUPT') || error.code === 'SQLITE_NOTADB'))

export const isFull = (error: unknown): boolean => error instanceof Database.SqliteError && error.code.startsWith('SQLITE_FULL')

const assertIntact = (db: Database.Database): void => {
  const verdict: unknown = db.pragma('quick_check(1)', { simple: true })
  if (verdict !== 'ok') throw new BufferDamaged(`quick_check: ${String(verdict)}`)
}

const makeTables = (db: Database.Database): void => {
  const version: unknown = db.pragma('user_version', { simple: true })
  if (version === SCHEMA_VERSION) {
    const lanes = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM lanes').get()
    if (lanes?.n !== LANES.length) throw new BufferDamaged('a lane is missing')
    return
  }
  // Not damage: a newer sensor wrote it, and setting its events aside would lose them.
  if (version !== 0)
    throw new BufferUnavailable(`the buffer was written by a newer sensor (schema ${String(version)}, this one knows ${SCHEMA_VERSION})`)
  db.transaction(() => {
    db.exec(SCHEMA)
    const addLane = db.prepare('INSERT INTO lanes VALUES (?, ?, 1, 0, 0, 0, 0, 0, 0)')
    for (const lane of LANES) addLane.run(lane, randomUUID())
    db.pragma(`user_version = ${SCHEMA_VERSION}`)
  })()
}
