import { createNormalizer } from '../shared/normalize/normalize.ts'
import { record } from './records.ts'
import { type Benchmark, median } from './report.ts'

const RECORDS = 30_000
const ROUNDS = 5

/** Raw record in, event with its document as JSON text out, formats found automatically; beside copying the text through JSON alone. */
export const normalizeBenchmark: Benchmark = {
  name: 'normalize',
  title: 'Normalisation, one core, format found automatically',
  run: async () => {
    const observedAt = new Date()
    const records = Array.from({ length: RECORDS }, (_, index) => record(index, observedAt))
    const normalizer = createNormalizer({ format: 'auto' })
    const rate = (work: (text: string) => string, of: readonly string[]) => {
      const rounds = Array.from({ length: ROUNDS }, () => {
        const startedAt = performance.now()
        let length = 0
        for (const text of of) length += work(text).length
        if (length === 0) throw new Error('nothing came out')
        return of.length / ((performance.now() - startedAt) / 1_000)
      })
      return median(rounds)
    }
    const normalize = (text: string) => JSON.stringify(normalizer.normalize({ text, observedAt }).document)
    const floor = { what: 'JSON.stringify of the text', value: rate((text) => JSON.stringify({ text }), records) }
    const kinds = ['sshd over syslog', 'CEF over syslog', 'Sysmon as flat JSON']
    return [
      { what: 'mixed records', value: rate(normalize, records), unit: 'records/s', beside: floor },
      ...kinds.map((what, kind) => ({
        what,
        value: rate(
          normalize,
          records.filter((_, index) => index % kinds.length === kind),
        ),
        unit: 'records/s',
      })),
    ]
  },
}
