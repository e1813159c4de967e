import type Database from 'better-sqlite3'
import type { AppendRequest, ConnectorTotals } from './contract.ts'

export interface ConnectorState {
  readonly id: number
  readonly cursor: string | undefined
  readonly totals: ConnectorTotals
}

interface ConnectorRow {
  id: number
  name: string
  cursor: string | null
  received: number
  failed: number
  bytes: number
  filtered: number
  last_event_ms: number | null
}

const NO_TOTALS: ConnectorTotals = { received: 0, failed: 0, bytes: 0, filtered: 0 }

/** Cursor and counters per connector. `known` is what is committed; a transaction works on `draft` and `settle` takes it over. */
export class ConnectorTable {
  readonly #known = new Map<string, ConnectorState>()
  #draft = new Map<string, ConnectorState>()
  readonly #insert
  readonly #update

  constructor(db: Database.Database) {
    this.#insert = db.prepare<[string], { id: number }>('INSERT INTO connectors (name) VALUES (?) RETURNING id')
    this.#update = db.prepare<[string | null, number, number, number, number, number | null, number]>(
      'UPDATE connectors SET cursor = ?, received = ?, failed = ?, bytes = ?, filtered = ?, last_event_ms = ? WHERE id = ?',
    )
    for (const row of db.prepare<[], ConnectorRow>('SELECT * FROM connectors').iterate()) this.#known.set(row.name, toState(row))
  }

  get(connectorId: string): ConnectorState | undefined {
    return this.#known.get(connectorId)
  }

  /** The row's number, made in this transaction where it is new. */
  id(connectorId: string): number {
    return this.#open(connectorId).id
  }

  add({ connectorId, counters, cursor, events }: AppendRequest, now: Date): void {
    const { id, totals, cursor: stored } = this.#open(connectorId)
    const lastEventAt = counters.received > 0 || events.length > 0 ? now : totals.lastEventAt
    this.#draft.set(connectorId, {
      id,
      cursor: cursor ?? stored,
      totals: {
        received: totals.received + counters.received,
        failed: totals.failed + counters.failed,
        bytes: totals.bytes + counters.bytes,
        filtered: totals.filtered + counters.filtered,
        ...(lastEventAt ? { lastEventAt } : {}),
      },
    })
  }

  /** Writes the drafts; inside the transaction. */
  save(): void {
    for (const { id, cursor, totals } of this.#draft.values()) {
      this.#update.run(cursor ?? null, totals.received, totals.failed, totals.bytes, totals.filtered, totals.lastEventAt?.getTime() ?? null, id)
    }
  }

  /** After the commit, or after the roll-back with `committed` false. */
  settle(committed: boolean): void {
    if (committed) for (const [name, state] of this.#draft) this.#known.set(name, state)
    this.#draft = new Map()
  }

  #open(connectorId: string): ConnectorState {
    const open = this.#draft.get(connectorId) ?? this.#known.get(connectorId)
    if (open) return open
    const row = this.#insert.get(connectorId)
    if (!row) throw new Error('a connector row has no id')
    const state = { id: row.id, cursor: undefined, totals: NO_TOTALS }
    this.#draft.set(connectorId, state)
    return state
  }
}

const toState = (row: ConnectorRow): ConnectorState => ({
  id: row.id,
  cursor: row.cursor ?? undefined,
  totals: {
    received: row.received,
    failed: row.failed,
    bytes: row.bytes,
    filtered: row.filtered,
    ...(row.last_event_ms === null ? {} : { lastEventAt: new Date(row.last_event_ms) }),
  },
})
