import type Database from 'better-sqlite3'
import type { Lane } from './contract.ts'
import { isFull, LANES } from './database.ts'
import type { LaneTable } from './lane-table.ts'

/**
 * The first seq per lane that cannot have been sent yet, from the opening of the file until the hub was first heard. It survives restarts in
 * between: a file that went back in time may be opened, written to and closed many times before the hub is in reach again.
 */
export interface UnsentMarks {
  /** Undefined once the hub was heard: seqs are sent as they are given out. */
  from(lane: Lane): number | undefined
  /** Takes them off the disk; inside the caller's transaction, and `forget` once that is committed. */
  erase(): void
  forget(): void
}

const keyOf = (lane: Lane): string => `unsent from ${lane}`

/** Reads the marks, or sets them at what comes next where the last life had cleared them. */
export const openUnsentMarks = (db: Database.Database, lanes: Readonly<Record<Lane, LaneTable>>): UnsentMarks => {
  const read = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
  const write = db.prepare<[string, string]>('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
  const remove = db.prepare<[string]>('DELETE FROM meta WHERE key = ?')

  const marks = new Map<Lane, { epoch: string; seq: number }>()
  for (const lane of LANES) {
    const { epoch, nextSeq } = lanes[lane].state
    const [keptEpoch, keptSeq] = read.get(keyOf(lane))?.value.split(' ') ?? []
    const kept = keptEpoch === epoch && Number(keptSeq) <= nextSeq
    marks.set(lane, { epoch, seq: kept ? Number(keptSeq) : nextSeq })
    if (kept) continue
    try {
      write.run(keyOf(lane), `${epoch} ${nextSeq}`)
    } catch (error) {
      // No room to write it: no room for events either, and the sensor must start all the same, to drain.
      if (!isFull(error)) throw error
    }
  }

  return {
    from(lane) {
      const mark = marks.get(lane)
      return mark?.epoch === lanes[lane].state.epoch ? mark.seq : undefined
    },
    erase() {
      for (const lane of LANES) remove.run(keyOf(lane))
    },
    forget() {
      marks.clear()
    },
  }
}
