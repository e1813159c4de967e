import { setTimeout as sleep } from 'node:timers/promises'
import { ExpectedError } from '../../shared/errors.ts'
import type { SourceBatch, SourceContext } from '../source.ts'

const RETRY_MS = 250
/** How long a stopping source goes on trying: past it the buffer is broken and the sensor has to be able to end. */
const GIVE_UP_MS = 5_000

/**
 * Stores records whose peer cannot send them again, so that giving up would lose them: waits for room, and tries again while the buffer cannot
 * be written. When the source is stopping, the oldest events make room instead. Whoever calls must not read on meanwhile.
 */
export const storeUntilKept = async (
  { store, signal, rejected }: Pick<SourceContext<object>, 'store' | 'signal' | 'rejected'>,
  batch: SourceBatch,
  whenFull: 'wait' | 'shed',
): Promise<void> => {
  let stoppedAtMs: number | undefined
  for (;;) {
    try {
      return await store(batch, { whenFull: signal.aborted ? 'shed' : whenFull })
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (signal.aborted) stoppedAtMs ??= performance.now()
      if (stoppedAtMs !== undefined && performance.now() - stoppedAtMs > GIVE_UP_MS) return rejected(batch.records.length)
      // Right after the stop there is nothing to wait for: the next try sheds.
      if (stoppedAtMs === undefined || performance.now() - stoppedAtMs > RETRY_MS) await sleep(RETRY_MS)
    }
  }
}

export const isUnavailable = (error: unknown): boolean => error instanceof ExpectedError && error.kind === 'unavailable'
