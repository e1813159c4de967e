import { crc32 } from 'node:zlib'
import Database from 'better-sqlite3'
import type { Lane } from './contract.ts'
import { LANES } from './database.ts'

export interface Salvaged {
  readonly events: { readonly lane: Lane; readonly connectorId: string; readonly payload: Uint8Array }[]
  /** Events that were lost per lane; undefined where the damage hides how many there were. */
  readonly lost: Readonly<Record<Lane, number | undefined>>
  readonly connectors: readonly SalvagedConnector[]
  readonly meta: readonly { readonly key: string; readonly value: string }[]
}

export interface SalvagedConnector {
  readonly name: string
  readonly cursor: string | null
  readonly received: number
  readonly failed: number
  readonly bytes: number
  readonly filtered: number
  readonly last_event_ms: number | null
}

/** Memory a salvage may take. What lies beyond counts as lost. */
const LIMIT_BYTES = 67_108_864

/**
 * Reads what can still be read of a damaged buffer file. Rows are taken from both ends up to the first damaged page, each checked by its
 * CRC. Never throws: a file that gives nothing gives an empty answer.
 */
export const salvage = (path: string, nativeBinding: string | undefined, onProblem: (problem: unknown) => void): Salvaged => {
  const nothing: Salvaged = { events: [], lost: { bulk: undefined, priority: undefined }, connectors: [], meta: [] }
  let db: Database.Database
  try {
    db = new Database(path, { fileMustExist: true, ...(nativeBinding === undefined ? {} : { nativeBinding }) })
  } catch (error) {
    onProblem(error)
    return nothing
  }
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read()
    } catch (error) {
      onProblem(error)
      return otherwise
    }
  }
  try {
    const connectors = attempt(() => db.prepare<[], SalvagedConnector & { id: number }>('SELECT * FROM connectors').all(), [])
    const names = new Map(connectors.map((each) => [each.id, each.name]))
    let roomBytes = LIMIT_BYTES
    const events: Salvaged['events'] = []
    const lost: Record<Lane, number | undefined> = { bulk: undefined, priority: undefined }
    // Priority first: it is small, and what the room is best spent on.
    for (const lane of [...LANES].reverse()) {
      const rows = new Map<number, { connectorId: string; payload: Uint8Array }>()
      for (const order of ['ASC', 'DESC']) {
        attempt(() => {
          const statement = db.prepare<[], [number, number, number, Uint8Array]>(
            `SELECT seq, connector, crc, payload FROM ${lane}_events ORDER BY seq ${order}`,
          )
          for (const [seq, connector, crc, payload] of statement.raw().iterate()) {
            if (rows.has(seq) || roomBytes < payload.length) break
            if (crc32(payload) !== crc) continue
            roomBytes -= payload.length
            rows.set(seq, { connectorId: names.get(connector) ?? '', payload })
          }
        }, undefined)
      }
      for (const [, row] of [...rows].sort(([a], [b]) => a - b)) events.push({ lane, ...row })
      const held = attempt(() => db.prepare<[string], { events: number }>('SELECT events FROM lanes WHERE lane = ?').get(lane)?.events, undefined)
      lost[lane] = held === undefined ? undefined : Math.max(0, held - rows.size)
    }
    const meta = attempt(() => db.prepare<[], { key: string; value: string }>('SELECT key, value FROM meta').all(), [])
    return { events, lost, connectors, meta }
  } finally {
    db.close()
  }
}
