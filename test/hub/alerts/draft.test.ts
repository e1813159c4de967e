import { expect, test } from 'vitest'
import { alertId, draftAlerts, entityOf } from '../../../hub/alerts/draft.ts'
import type { DetectionMatch } from '../../../hub/detection/ports.ts'
import type { StoredEvent } from '../../../hub/ingest/ports.ts'
import type { SigmaRule } from '../../../shared/sigma/contract.ts'

const event = (seq: number, more: Partial<StoredEvent> = {}): StoredEvent => ({
  ...{ seq, id: `event-${seq}`, time: new Date(1_000 * seq), observedAt: new Date(0), dataset: 'windows', categories: [], rawBytes: 1, parsed: true },
  ...{ host: 'DC-01', user: 'CORP\\Ana', document: '{"process":{"name":"cmd.exe","command_line":"cmd /c whoami"}}' },
  ...more,
})
const rule = (id: string): SigmaRule => ({
  ...{ id, title: `Rule ${id}`, level: 'high', status: 'test', description: '', author: '', references: [], falsePositives: [], tags: [] },
  ...{ logsource: {}, detection: {}, file: '', line: 1, source: '', mitre: { tactics: ['execution'], techniques: ['T1059'] } },
})
const match = (index: number, ruleId = 'r', ...conditions: string[]): DetectionMatch => ({
  event: index,
  rule: rule(ruleId),
  matchedConditions: conditions,
})

test('one draft per rule and entity, whatever the case of host and user', () => {
  const events = [event(1), event(2, { host: 'dc-01', user: 'corp\\ana' }), event(3, { user: 'bob' })]
  const drafts = draftAlerts('t', 's', events, [match(0, 'r', 'a'), match(1, 'r', 'b', 'a'), match(2, 'r', 'a'), match(2, 'other')])
  expect(drafts.map(({ ruleId, entity, count, seqs }) => ({ ruleId, entity, count, seqs }))).toEqual([
    { ruleId: 'r', entity: 'host:dc-01|user:corp\\ana', count: 2, seqs: [1, 2] },
    { ruleId: 'r', entity: 'host:dc-01|user:bob', count: 1, seqs: [3] },
    { ruleId: 'other', entity: 'host:dc-01|user:bob', count: 1, seqs: [3] },
  ])
  expect(drafts[0]).toMatchObject({
    matchedConditions: ['a', 'b'],
    firstEventId: 'event-1',
    firstEventAt: new Date(1_000),
    lastEventAt: new Date(2_000),
  })
  expect(drafts[0]?.summary).toEqual({
    ...{ timestamp: '1970-01-01T00:00:01.000Z', source: 'windows', host: 'DC-01', user: 'CORP\\Ana' },
    ...{ process: 'cmd.exe', command_line: 'cmd /c whoami' },
  })
})

test('an id depends on tenant, rule, entity and first event, and stays the same', () => {
  const id = alertId('t', 'r', 'e', 'first')
  expect(id).toMatch(/^alert-[a-z2-7]{26}$/)
  expect(alertId('t', 'r', 'e', 'first')).toBe(id)
  const ids = [
    id,
    alertId('T', 'r', 'e', 'first'),
    alertId('t', 'R', 'e', 'first'),
    alertId('t', 'r', 'E', 'first'),
    alertId('t', 'r', 'e', 'second'),
  ]
  expect(new Set(ids).size).toBe(5)
})

test('without a host the address stands for it; without anything the connector or the sensor', () => {
  expect(entityOf({ sourceIp: '203.0.113.7', user: 'Ana@Example.com' }, 's')).toBe('ip:203.0.113.7|user:ana@example.com')
  expect(entityOf({ host: 'a', sourceIp: '203.0.113.7' }, 's')).toBe('host:a')
  expect(entityOf({ connectorId: 'c1' }, 's')).toBe('connector:c1')
  expect(entityOf({}, 's1')).toBe('sensor:s1')
})

test('a value cannot pretend to be another entity', () => {
  expect(entityOf({ host: 'a|user:root' }, 's')).not.toBe(entityOf({ host: 'a', user: 'root' }, 's'))
  expect(entityOf({ host: 'a%7Cuser:root' }, 's')).not.toBe(entityOf({ host: 'a|user:root' }, 's'))
})

test('a document that is no JSON still makes an alert', () => {
  const [draft] = draftAlerts('t', 's', [event(1, { document: '{oops}' })], [match(0)])
  expect(draft?.summary).toMatchObject({ host: 'DC-01', process: undefined })
})

test('a process is named by its file where it has no name', () => {
  const [draft] = draftAlerts('t', 's', [event(1, { document: '{"process":{"executable":"C:\\\\Windows\\\\cmd.exe"}}' })], [match(0)])
  expect(draft?.summary.process).toBe('cmd.exe')
})
