import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ExpectedError } from '../../shared/errors.ts'

/** Another process works in this data directory. */
export class BufferInUse extends ExpectedError {
  readonly code = 'buffer_in_use'
  readonly kind = 'conflict'
}

/**
 * Takes the directory for this process. The lock is the operating system's (SQLite's exclusive file lock on an empty file), so it ends with
 * the process however that dies, and the buffer itself stays readable for tools.
 *
 * @returns the release
 * @throws {BufferInUse}
 */
export const lockDirectory = (directory: string, nativeBinding: string | undefined): (() => void) => {
  const path = join(directory, 'buffer.lock')
  const lock = new Database(path, { timeout: 0, ...(nativeBinding === undefined ? {} : { nativeBinding }) })
  try {
    chmodSync(path, 0o600)
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new BufferInUse(`${directory} is in use by another sensor process; stop it, or choose another data directory`, { cause: error })
    }
    throw error
  }
  return () => {
    lock.close()
  }
}
