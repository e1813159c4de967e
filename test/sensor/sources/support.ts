import { onTestFinished } from 'vitest'
import type { ConnectorCheck } from '../../../sensor/check.ts'
import type { Source, SourceBatch, StoreOptions } from '../../../sensor/source.ts'

export { range, temporaryDirectory } from '../buffer/support.ts'

/** Resolves once `look` gives something other than undefined or false. */
export const until = async <T>(look: () => T | undefined | false, what = 'it'): Promise<T> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const found = look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`waited 10 s for ${what}`)
}

export interface StoredBatch extends SourceBatch {
  readonly options: StoreOptions | undefined
}

/**
 * Runs a source with a store that keeps batches in memory, and stops it at the end of the test. `hold` makes the next stores wait,
 * `failWith` makes them fail.
 */
export const running = <Config>(source: Source<Config>, config: Config, { cursor }: { cursor?: string } = {}) => {
  const stop = new AbortController()
  const batches: StoredBatch[] = []
  const checks: ConnectorCheck[] = []
  const store = { gate: Promise.resolve(), failWith: undefined as Error | undefined }
  let rejected = 0
  const done = source.run({
    connectorId: 'c1',
    config,
    cursor,
    signal: stop.signal,
    now: () => new Date(),
    store: async (batch, options) => {
      await store.gate
      if (store.failWith) throw store.failWith
      batches.push({ ...batch, options })
    },
    report: (check) => checks.push(check),
    rejected: (count) => {
      rejected += count
    },
  })
  // A failure is the test's to look at, through `done`.
  done.catch(() => {})
  const end = async () => {
    stop.abort()
    await done
  }
  onTestFinished(async () => {
    stop.abort()
    await done.catch(() => {})
  })
  return {
    batches,
    checks,
    store,
    done,
    stop: end,
    rejected: () => rejected,
    texts: () => batches.flatMap((batch) => batch.records.map((record) => record.text)),
    records: () => batches.flatMap((batch) => batch.records),
    cursor: () => batches.findLast((batch) => batch.cursor !== undefined)?.cursor,
    cuts: () => batches.reduce((total, batch) => total + (batch.cut ?? 0), 0),
    /** The port the source says it listens on. */
    port: async (transport: string): Promise<number> => {
      const pattern = new RegExp(`${transport} \\S+:(\\d+)`)
      return until(() => checks.map((check) => Number(pattern.exec(check.message)?.[1] ?? 0)).find((port) => port > 0), `${transport} to listen`)
    },
  }
}
