import { expect, test } from 'vitest'
import { encodeEvent } from '../../../shared/event/encode.ts'
import { decodeEntries } from '../../../shared/wire/codec.ts'
import { picket } from '../../../shared/wire/generated/picket.js'
import { OBSERVED_AT, read } from '../normalize/read.ts'

test('an event comes back from the wire with its columns and its document byte for byte', () => {
  const event = read('<86>Mar  1 11:59:58 wéb1 sshd[2200]: Failed password for root from 203.0.113.9 port 40022 ssh2')
  const body = picket.v1.Event.decode(encodeEvent(event, 'c-1', ['r-1']))
  const entries = decodeEntries(picket.v1.Entries.encode({ entries: [{ seq: 7, event: body }] }).finish())
  expect(entries).toHaveLength(1)
  expect(entries[0]?.seq).toBe(7)
  expect(entries[0]?.event).toMatchObject({
    timeMs: event.time.getTime(),
    observedMs: OBSERVED_AT.getTime(),
    connectorId: 'c-1',
    dataset: 'linux.sshd',
    product: 'linux',
    service: 'sshd',
    user: 'root',
    sourceIp: '203.0.113.9',
    rawBytes: event.rawBytes,
    parsed: true,
    edgeRuleIds: ['r-1'],
  })
  expect(new TextDecoder().decode(entries[0]?.event?.document ?? new Uint8Array())).toBe(JSON.stringify(event.document))
})

test('what an event does not have is absent on the wire', () => {
  const event = picket.v1.Event.decode(encodeEvent(read('no format reads this'), 'c-1'))
  expect(event).toMatchObject({ parsed: false, host: '', user: '', product: '', categories: [], edgeRuleIds: [] })
})
