import { existsSync, renameSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { messageOf } from '../../shared/errors.ts'
import type { Log } from '../log.ts'
import { LANES, openDatabase } from './database.ts'
import { LaneTable } from './lane-table.ts'
import { type Salvaged, salvage } from './salvage.ts'

/**
 * Sets a damaged buffer file aside and starts a new one with what could be read of it. New epochs: the old seqs may have been used.
 * What was lost becomes a `corrupt` tombstone, with count 0 where the number is unknown.
 */
export const startOver = (path: string, capBytes: number, nativeBinding: string | undefined, now: Date, log: Log): Database.Database => {
  const aside = `${path}.corrupt-${now.toISOString().replaceAll(':', '-')}`
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  const found = salvage(aside, nativeBinding, (problem) => log.warn({ problem: messageOf(problem) }, 'part of the damaged buffer cannot be read'))
  const db = openDatabase(path, capBytes, nativeBinding)
  db.transaction(() => restore(db, found, now))()
  log.error(
    { quarantined: aside, salvagedEvents: found.events.length, lostEvents: found.lost },
    'the buffer file was damaged; it was set aside and a new one started',
  )
  return db
}

const restore = (db: Database.Database, found: Salvaged, now: Date): void => {
  const addConnector = db.prepare(
    'INSERT INTO connectors (name, cursor, received, failed, bytes, filtered, last_event_ms) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING',
  )
  for (const each of found.connectors) {
    addConnector.run(each.name, each.cursor, each.received, each.failed, each.bytes, each.filtered, each.last_event_ms)
  }
  const addMeta = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)')
  for (const { key, value } of found.meta) addMeta.run(key, value)
  const connectorRow = db.prepare<[string], { id: number }>(
    'INSERT INTO connectors (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id',
  )
  const ids = new Map<string, number>()
  for (const lane of LANES) {
    const table = new LaneTable(db, lane)
    const lost = found.lost[lane]
    if (lost !== 0) table.appendLoss('corrupt', '', lost ?? 0, now.getTime())
    for (const event of found.events) {
      if (event.lane !== lane) continue
      const id = ids.get(event.connectorId) ?? connectorRow.get(event.connectorId)?.id
      if (id === undefined) throw new Error('a connector row has no id')
      ids.set(event.connectorId, id)
      table.appendEvent(event.payload, id, now.getTime())
    }
    table.saveState()
  }
}
