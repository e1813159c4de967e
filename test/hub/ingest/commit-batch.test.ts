import { expect, test } from 'vitest'
import { commitJudged } from '../../../hub/ingest/commit-batch.ts'
import { createIngestCounters } from '../../../hub/ingest/counters.ts'
import type { IngestStore } from '../../../hub/ingest/ports.ts'
import { createLogger } from '../../../shared/log.ts'

test('after a commit that failed, perhaps only in its answer, the store is told that it is asked again', async () => {
  const asked: (boolean | undefined)[] = []
  const notices = [{ created: true, alertId: 'alert-1', severity: 'high', ruleTitle: 'Evil', host: undefined } as const]
  const store: IngestStore = {
    marks: async () => new Map(),
    commit: async (_tenant, { last }, again) => {
      asked.push(again)
      if (asked.length === 1) throw new Error('Connection terminated unexpectedly')
      return { through: last, stored: 1, skipped: 0, notices }
    },
  }
  const counters = createIngestCounters()
  const batch = { sensorId: 's', epoch: 'e', lane: 'bulk', first: 1, last: 1, receivedAt: new Date(), events: [], tombstones: [], matches: [] }
  const parts = {
    store,
    counters,
    log: createLogger({ level: 'error', pretty: false, write: () => undefined }),
    detection: { detect: async () => ({ matches: [], evaluations: [] }) },
  }
  expect(await commitJudged(parts, { tenantId: 't' }, batch, new AbortController().signal)).toEqual({ through: 1, stored: 1, notices })
  expect([asked, counters.commitRetries]).toEqual([[false, true], 1])
})
