import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommitBatch } from '../../../hub/ingest/ports.ts'
import { type HubApi, POWERSHELL_RULE, SSH_RULE, startHubApi } from '../../support/hub-api.ts'
import { draftOf, storedEvent } from '../../support/storage-builders.ts'

let hub: HubApi
let seq = 0
beforeAll(async () => {
  hub = await startHubApi()
  // Nine alerts over three severities and entities of their own, so that none merges into another.
  for (let i = 0; i < 9; i++) {
    await raise({
      severity: (['low', 'high', 'critical'] as const)[i % 3],
      entity: `host:host-${i}`,
      ruleId: i % 2 === 0 ? POWERSHELL_RULE : SSH_RULE,
    })
  }
})
afterAll(() => hub.close())

async function raise(options: Parameters<typeof draftOf>[1]): Promise<string> {
  const { a } = hub
  seq++
  const event = storedEvent(seq, { epoch: a.sensorId })
  const draft = draftOf([event], options)
  const batch: CommitBatch = {
    sensorId: a.sensorId,
    epoch: 'epoch',
    lane: 'bulk',
    first: seq,
    last: seq,
    receivedAt: new Date(),
    events: [event],
    tombstones: [],
    matches: [{ eventId: event.id, seq, eventTime: event.time, ruleId: draft.ruleId, matchedConditions: ['selection'] }],
    alerts: [draft],
  }
  await hub.ingest.commit(a, batch)
  return draft.id
}

const list = async (query = '') => (await hub.a.call('GET', `/v1/alerts${query}`)).json
const idsOf = (alerts: { id: string }[]) => alerts.map(({ id }) => id)

test('K-130 K-135 K-136 K-137 K-138 K-139 K-143 K-144 an alert in the list has the fields of the document', async () => {
  const { alerts } = await list('?sort=created_at:asc&size=1')
  expect(alerts[0]).toEqual({
    id: expect.stringMatching(/^alert-/),
    rule_id: POWERSHELL_RULE,
    rule_title: `Title of ${POWERSHELL_RULE}`,
    severity: 'low',
    status: 'open',
    assignee: null,
    event: {
      timestamp: expect.stringMatching(/Z$/),
      source: null,
      host: 'web-01',
      user: 'ana',
      source_ip: null,
      process: null,
      command_line: 'sudo -i',
    },
    enrichment: { user_context: {}, asset_context: {}, threat_intel: {} },
    mitre: { tactics: ['credential_access'], techniques: ['T1110'] },
    count: 1,
    first_event_at: expect.any(String),
    last_event_at: expect.any(String),
    created_at: expect.any(String),
    updated_at: expect.any(String),
  })
  expect((await hub.a.call('GET', `/v1/detection/rules/${alerts[0].rule_id}`)).status).toBe(200)
})

test('K-131 severity filters exactly, several by comma or repeated; another value is 400 with the values there are', async () => {
  expect((await list('?severity=critical')).alerts.map((alert: { severity: string }) => alert.severity)).toEqual(['critical', 'critical', 'critical'])
  expect((await list('?severity=critical,low')).alerts).toHaveLength(6)
  expect((await list('?severity=critical&severity=low')).alerts).toHaveLength(6)
  const wrong = await hub.a.call('GET', '/v1/alerts?severity=severe')
  expect([wrong.status, wrong.json.code, wrong.json.errors[0]]).toEqual([
    400,
    'INVALID_QUERY_VALUE',
    expect.objectContaining({ parameter: 'severity', allowed: expect.arrayContaining(['critical']) }),
  ])
})

test('K-132 status filters exactly; another value is 400', async () => {
  const id = await raise({ entity: 'host:closed-one' })
  await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'resolved' })
  expect(idsOf((await list('?status=resolved')).alerts)).toEqual([id])
  expect(idsOf((await list('?status=open')).alerts)).not.toContain(id)
  expect((await hub.a.call('GET', '/v1/alerts?status=closed')).json.code).toBe('INVALID_QUERY_VALUE')
})

test('K-133 from is inclusive and to exclusive', async () => {
  const [alert] = (await list('?size=1')).alerts
  const at = alert.created_at
  const later = new Date(Date.parse(at) + 1).toISOString()
  expect(idsOf((await list(`?from=${at}`)).alerts)).toContain(alert.id)
  expect(idsOf((await list(`?to=${at}`)).alerts)).not.toContain(alert.id)
  expect(idsOf((await list(`?from=${at}&to=${later}`)).alerts)).toContain(alert.id)
  expect(idsOf((await list(`?from=${later}`)).alerts)).not.toContain(alert.id)
  expect((await hub.a.call('GET', `/v1/alerts?from=${later}&to=${at}`)).json.code).toBe('INVALID_QUERY_VALUE')
})

test('K-134 K-145 pages hold every alert once, and the total is exact', async () => {
  const all = await list('?size=100')
  const pages = []
  for (let page = 1; page <= 5; page++) pages.push(await list(`?page=${page}&size=3`))
  expect(pages.flatMap(({ alerts }) => idsOf(alerts))).toEqual(idsOf(all.alerts))
  expect(all.pagination).toEqual({ page: 1, size: 100, total: all.alerts.length })
  expect(pages[4]?.pagination).toEqual({ page: 5, size: 3, total: all.alerts.length })
})

test('K-176 K-181 several sort keys, in the order and directions given', async () => {
  const rank = ['informational', 'low', 'medium', 'high', 'critical']
  const { alerts } = await list('?sort=severity:desc,created_at:asc&size=100')
  for (let i = 1; i < alerts.length; i++) {
    const [one, other] = [alerts[i - 1], alerts[i]]
    const order = rank.indexOf(other.severity) - rank.indexOf(one.severity) || Date.parse(one.created_at) - Date.parse(other.created_at)
    expect(order).toBeLessThanOrEqual(0)
  }
  expect(new Set(alerts.map((alert: { severity: string }) => alert.severity)).size).toBeGreaterThan(2)
})

test('K-177 following the cursor gives every alert once, though new ones arrive meanwhile', async () => {
  for (const sort of ['created_at:desc', 'severity:asc,created_at:desc', 'status:desc']) {
    const before = idsOf((await list(`?sort=${sort}&size=200`)).alerts)
    const seen: string[] = []
    let cursor = ''
    for (let i = 0; i < 100; i++) {
      const { alerts, next_cursor, pagination } = await list(`?sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`)
      expect(pagination).toBeUndefined()
      seen.push(...idsOf(alerts))
      if (i === 1) await raise({ entity: `host:while-paging-${sort}`, severity: 'high' })
      cursor = next_cursor
      if (!cursor) break
    }
    expect(seen.length).toBe(new Set(seen).size)
    expect(seen.filter((id) => before.includes(id))).toEqual(before)
  }
})

test('K-177 a cursor that was changed, or is used with another sort or filter, is refused', async () => {
  const { next_cursor: cursor } = await list('?limit=2')
  const flipped = `${cursor.slice(0, -2)}${cursor.at(-2) === 'A' ? 'B' : 'A'}${cursor.at(-1)}`
  for (const query of [
    `cursor=${flipped}`,
    `cursor=${cursor}&severity=low`,
    `cursor=${cursor}&sort=severity:asc`,
    'cursor=nonsense',
    'cursor=AAAA',
  ]) {
    const answer = await hub.a.call('GET', `/v1/alerts?limit=2&${query}`)
    expect([query, answer.status, answer.json.code]).toEqual([query, 400, 'INVALID_CURSOR'])
  }
  expect((await hub.a.call('GET', `/v1/detection/rules?limit=2&cursor=${cursor}`)).json.code).toBe('INVALID_CURSOR')
})

test('K-179 q finds in rule title, host, user and entity, whatever the case, and takes % literally', async () => {
  expect(idsOf((await list('?q=HOST-3')).alerts)).toHaveLength(1)
  expect((await list(`?q=${SSH_RULE.slice(0, 13)}`)).alerts.length).toBeGreaterThanOrEqual(4)
  expect((await list('?q=%25')).alerts).toEqual([])
})

test('rule_id filters', async () => {
  const { alerts } = await list(`?rule_id=${SSH_RULE}`)
  expect(alerts.map((alert: { rule_id: string }) => alert.rule_id)).toEqual(Array(4).fill(SSH_RULE))
})

test('one alert comes with its event, rule, conditions and activity', async () => {
  const id = await raise({ entity: 'host:detail', ruleId: POWERSHELL_RULE })
  const answer = await hub.a.call('GET', `/v1/alerts/${id}`)
  expect(answer.headers.get('ETag')).toMatch(/^(W\/)?"1"$/)
  expect(answer.json).toMatchObject({
    id,
    matched_conditions: ['selection'],
    rule: {
      description: 'PowerShell with an encoded command.',
      false_positives: ['Deployment tools'],
      source: expect.stringContaining('CommandLine|contains'),
    },
    event_document: { host: { name: 'web-01' } },
    version: 1,
  })
  expect(answer.json.event_document.message).toContain('Failed password')
  expect((await hub.a.call('GET', `/v1/timeline/${answer.json.event_id}`)).json.id).toBe(answer.json.event_id)
  expect((await hub.a.call('GET', '/v1/alerts/alert-none')).json.code).toBe('ALERT_NOT_FOUND')
})

test('K-146 PUT changes status and assignee, adds the note to the activity, and leaves the rest', async () => {
  const id = await raise({ entity: 'host:triage' })
  const analyst = hub.a.as(hub.a.analyst)
  const first = await analyst('PUT', `/v1/alerts/${id}`, {
    status: 'investigating',
    assignee: 'analyst@example.com',
    notes: 'Investigating with user',
  })
  expect([first.status, first.json.status, first.json.assignee]).toEqual([200, 'investigating', 'analyst@example.com'])
  const second = await analyst('PATCH', `/v1/alerts/${id}`, { notes: 'It was a drill' })
  expect(second.json).toMatchObject({ status: 'investigating', assignee: 'analyst@example.com', version: 3 })
  const own = second.json.activity.filter((entry: { kind: string }) => entry.kind !== 'created')
  expect(own.map((entry: object) => ({ ...entry, at: '' }))).toEqual([
    { at: '', actor: 'analyst@alpha.example', kind: 'status', from: 'open', to: 'investigating', note: null },
    { at: '', actor: 'analyst@alpha.example', kind: 'assignee', from: null, to: 'analyst@example.com', note: null },
    { at: '', actor: 'analyst@alpha.example', kind: 'note', from: null, to: null, note: 'Investigating with user' },
    { at: '', actor: 'analyst@alpha.example', kind: 'note', from: null, to: null, note: 'It was a drill' },
  ])
  expect((await analyst('PATCH', `/v1/alerts/${id}`, { assignee: null })).json.assignee).toBeNull()
  for (const wrong of [{ status: 'closed' }, { severity: 'low' }, { notes: '' }, []])
    expect((await analyst('PUT', `/v1/alerts/${id}`, wrong)).json.code).toBe('INVALID_BODY')
})

test("K-146 K-87 K-88 the rule's verdicts follow the status", async () => {
  const stats = async () => (await hub.a.call('GET', '/v1/detection/rules?q=Encoded')).json.rules[0].stats
  const before = await stats()
  const id = await raise({ entity: 'host:verdict', ruleId: POWERSHELL_RULE })
  await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'false_positive' })
  expect((await stats()).false_positives).toBe(before.false_positives + 1)
  await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'resolved' })
  const after = await stats()
  expect([after.false_positives, after.true_positives]).toEqual([before.false_positives, before.true_positives + 1])
  expect(after.true_positives + after.false_positives).toBeLessThanOrEqual(after.matches_total)
})

test('a change with If-Match is made only on the version that was read; otherwise 412 with what it is now', async () => {
  const id = await raise({ entity: 'host:etag' })
  const first = await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'investigating' }, { 'If-Match': '"1"' })
  expect(first.status).toBe(200)
  const second = await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'resolved' }, { 'If-Match': '"1"' })
  expect([second.status, second.json.code, second.json.current.status, second.json.current.version]).toEqual([
    412,
    'VERSION_CONFLICT',
    'investigating',
    2,
  ])
  expect((await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'resolved' }, { 'If-Match': 'W/"2"' })).status).toBe(200)
  expect((await hub.a.call('PUT', `/v1/alerts/${id}`, { status: 'open' }, { 'If-Match': 'rubbish' })).status).toBe(412)
})

test('of four changes at once without If-Match each is made, and the activity has them all', async () => {
  const id = await raise({ entity: 'host:race' })
  const answers = await Promise.all(Array.from({ length: 4 }, (_, i) => hub.a.call('PATCH', `/v1/alerts/${id}`, { notes: `note ${i}` })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  const { activity } = (await hub.a.call('GET', `/v1/alerts/${id}`)).json
  expect(
    activity
      .map((entry: { note: string | null }) => entry.note)
      .filter(Boolean)
      .sort(),
  ).toEqual(['note 0', 'note 1', 'note 2', 'note 3'])
})

test('an alert whose place a newer one has taken cannot be opened again', async () => {
  const old = await raise({ entity: 'host:again' })
  await hub.a.call('PUT', `/v1/alerts/${old}`, { status: 'resolved' })
  await raise({ entity: 'host:again' })
  const answer = await hub.a.call('PUT', `/v1/alerts/${old}`, { status: 'open' })
  expect([answer.status, answer.json.code]).toEqual([409, 'ALERT_SUPERSEDED'])
})
