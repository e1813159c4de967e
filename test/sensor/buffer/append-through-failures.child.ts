import { openBuffer } from '../../../sensor/buffer/buffer.ts'
import { BufferUnavailable } from '../../../sensor/buffer/contract.ts'
import { picket } from '../../../shared/wire/generated/picket.js'

// Appends 1..60 one by one and says of each whether it was kept or refused.
const [, , directory = ''] = process.argv
const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const buffer = openBuffer({ directory, limitBytes: 10_000_000, now: () => new Date(), log: quiet })
for (let n = 1; n <= 60; n += 1) {
  const payload = picket.v1.Event.encode({ document: Buffer.from(JSON.stringify({ n })) }).finish()
  const counters = { received: 1, failed: 0, bytes: 0, filtered: 0 }
  const request = { connectorId: 'c1', events: [{ lane: 'bulk' as const, payload, connectorId: 'c1' }], losses: [], counters }
  try {
    await buffer.append(request, { waitWhenFull: true })
    console.log(`kept ${n}`)
  } catch (error) {
    if (!(error instanceof BufferUnavailable)) throw error
    console.log(`refused ${n} ${error.code} problem: ${buffer.problem() ?? ''}`)
  }
}
await buffer.close()
