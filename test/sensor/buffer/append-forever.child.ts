import { openBuffer } from '../../../sensor/buffer/buffer.ts'
import { picket } from '../../../shared/wire/generated/picket.js'

// Appends 1, 2, 3, … in groups until it is killed, and prints the last number of each group once its append has resolved.
const [, , directory = ''] = process.argv
const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const buffer = openBuffer({ directory, limitBytes: 100_000_000, now: () => new Date(), log: quiet })
const payloadOf = (n: number) => picket.v1.Event.encode({ document: Buffer.from(JSON.stringify({ n })) }).finish()

let n = 0
for (;;) {
  const events = Array.from({ length: 1 + (n % 97) }, () => {
    n += 1
    return { lane: 'bulk' as const, payload: payloadOf(n), connectorId: 'c1' }
  })
  const counters = { received: events.length, failed: 0, bytes: 0, filtered: 0 }
  await buffer.append({ connectorId: 'c1', events, losses: [], cursor: String(n), counters }, { waitWhenFull: true })
  console.log(n)
}
