import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { ExpectedError } from '../../shared/errors.ts'
import { formatBytes, type Output } from './output.ts'

export class NoBuffer extends ExpectedError {
  readonly code = 'no_buffer'
  readonly kind = 'not_found'
}

interface LaneRow {
  readonly lane: string
  readonly epoch: string
  readonly first_unacked: number
  readonly next_seq: number
  readonly events: number
  readonly bytes: number
  readonly appended_total: number
  readonly acked_total: number
  readonly tombstoned_total: number
}

interface LossRow {
  readonly lane: string
  readonly reason: string
  readonly connector_id: string
  readonly count: number
}

const LOSSES = ['bulk', 'priority']
  .map((lane) => `SELECT '${lane}' AS lane, reason, connector_id, sum(count) AS count FROM ${lane}_tombstones GROUP BY reason, connector_id`)
  .join(' UNION ALL ')

/**
 * `picket-sensor buffer inspect`: what waits, and what was given up. Reads only, also while the sensor runs.
 * @throws {NoBuffer}
 */
export async function bufferInspectCommand(
  bufferDir: string,
  addon: () => Promise<string | undefined>,
  { json }: { json?: boolean | undefined },
  { print }: Output,
): Promise<void> {
  const file = join(bufferDir, 'buffer.db')
  if (!existsSync(file)) throw new NoBuffer(`no buffer in ${bufferDir}; the sensor has never run with this data directory`)
  // Only now: looking at a directory without a buffer leaves nothing behind in it.
  const nativeBinding = await addon()
  const db = new Database(file, { readonly: true, ...(nativeBinding === undefined ? {} : { nativeBinding }) })
  try {
    const lanes = db
      .prepare<[], LaneRow>(
        'SELECT lane, epoch, acked + 1 AS first_unacked, next_seq, events, bytes, appended_total, acked_total, tombstoned_total FROM lanes',
      )
      .all()
    const losses = db.prepare<[], LossRow>(LOSSES).all()
    if (json) {
      print(JSON.stringify({ file, lanes, losses }, null, 2))
      return
    }
    print(
      [
        file,
        ...lanes.map(
          (lane) =>
            `${lane.lane.padEnd(8)}  ${lane.events} waiting (${formatBytes(lane.bytes)}), seq ${lane.first_unacked}..${lane.next_seq - 1}, ${lane.acked_total} delivered, epoch ${lane.epoch}`,
        ),
        ...losses.map(
          ({ lane, reason, connector_id, count }) =>
            `${lane.padEnd(8)}  given up: ${count} (${reason}${connector_id ? `, connector ${connector_id}` : ''})`,
        ),
      ].join('\n'),
    )
  } finally {
    db.close()
  }
}
