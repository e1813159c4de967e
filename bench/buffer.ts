import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBuffer } from '../sensor/buffer/buffer.ts'
import { createLogger } from '../shared/log.ts'
import { type Benchmark, median } from './report.ts'

const EVENTS = 60_000
const PAYLOAD_BYTES = 700
const ROUNDS = 3

/** Events of a usual size appended durably, in batches as sources bring them. */
export const bufferBenchmark: Benchmark = {
  name: 'buffer',
  title: 'Sensor buffer: append with synchronous=FULL',
  run: async () => {
    const payload = Buffer.alloc(PAYLOAD_BYTES, 'x')
    const rateOf = async (batchSize: number) => {
      const rates: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const directory = mkdtempSync(join(tmpdir(), 'picket-bench-'))
        const buffer = openBuffer({ directory, limitBytes: 1024 ** 3, now: () => new Date(), log: createLogger({ level: 'error', pretty: false }) })
        const events = Array.from({ length: batchSize }, () => ({ lane: 'bulk' as const, payload, connectorId: 'bench' }))
        const counters = { received: batchSize, failed: 0, bytes: batchSize * PAYLOAD_BYTES, filtered: 0 }
        const startedAt = performance.now()
        for (let done = 0; done < EVENTS; done += batchSize)
          await buffer.append({ connectorId: 'bench', events, losses: [], counters }, { waitWhenFull: false })
        rates.push(EVENTS / ((performance.now() - startedAt) / 1_000))
        await buffer.close()
        rmSync(directory, { recursive: true, force: true })
      }
      return median(rates)
    }
    return [
      { what: 'batches of 100', value: await rateOf(100), unit: 'events/s', target: '>= 40,000' },
      { what: 'batches of 1,000', value: await rateOf(1_000), unit: 'events/s', target: '>= 40,000' },
    ]
  },
}
