import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HubApi, POWERSHELL_RULE, SSH_RULE, startHubApi } from '../../support/hub-api.ts'
import { batchOf, evaluationOf } from '../../support/storage-builders.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi()
  const common = { ruleId: POWERSHELL_RULE, evaluation: await evaluationOf(hub.ruleStore, hub.a, POWERSHELL_RULE) }
  await hub.ingest.commit(hub.a, batchOf(hub.a.sensorId, { first: 1, last: 3, hits: [1], entity: 'host:one', ...common }))
  await hub.ingest.commit(hub.a, batchOf(hub.a.sensorId, { first: 4, last: 6, hits: [4], entity: 'host:two', ...common }))
})
afterAll(() => hub.close())

const rules = async (query = '') => (await hub.a.call('GET', `/v1/detection/rules${query}`)).json
const titles = (list: { rules: { title: string }[] }) => list.rules.map(({ title }) => title)
const EVENT = { process: { command_line: 'powershell.exe -enc SQBFAFgA', name: 'powershell.exe' } }

test('K-72 K-78 K-79 K-80 K-81 K-82 K-83 K-84 K-85 K-86 K-89 K-90 K-91 rules have the fields of the document', async () => {
  const list = await rules()
  expect(list.pagination).toEqual({ page: 1, size: 50, total: 2 })
  expect(list.rules[0]).toEqual({
    id: POWERSHELL_RULE,
    title: 'Encoded PowerShell',
    level: 'high',
    status: 'stable',
    enabled: true,
    edge: false,
    origin: 'shared',
    stage: null,
    logsource: { product: 'windows', category: 'process_creation' },
    mitre: { tactics: ['execution'], techniques: ['T1059.001'] },
    stats: { evaluations_total: 6, matches_total: 2, true_positives: 0, false_positives: 0, match_rate: 33.333 },
    created_at: '2024-03-05T00:00:00.000Z',
    updated_at: '2024-04-06T00:00:00.000Z',
  })
})

test('K-73 K-74 K-75 K-76 level, enabled, tactic and technique filter', async () => {
  expect(titles(await rules('?level=low'))).toEqual(['Failed SSH sign-in'])
  expect(titles(await rules('?level=low,high'))).toHaveLength(2)
  expect((await hub.a.call('GET', '/v1/detection/rules?level=severe')).status).toBe(400)
  expect(titles(await rules('?enabled=true'))).toHaveLength(2)
  expect(titles(await rules('?enabled=false'))).toEqual([])
  expect((await hub.a.call('GET', '/v1/detection/rules?enabled=maybe')).status).toBe(400)
  expect(titles(await rules('?tactic=credential_access'))).toEqual(['Failed SSH sign-in'])
  expect(titles(await rules('?technique=T1059'))).toEqual(['Encoded PowerShell'])
  expect(titles(await rules('?technique=T1059.001'))).toEqual(['Encoded PowerShell'])
  expect(titles(await rules('?technique=T105'))).toEqual([])
  expect(titles(await rules('?q=SSH'))).toEqual(['Failed SSH sign-in'])
})

test('K-77 K-176 K-177 pages and cursors go through the rules in the order asked for', async () => {
  expect(titles(await rules('?sort=level:asc'))).toEqual(['Failed SSH sign-in', 'Encoded PowerShell'])
  expect(titles(await rules('?page=2&size=1'))).toEqual(['Failed SSH sign-in'])
  expect(titles(await rules('?page=3&size=1'))).toEqual([])
  for (const sort of ['title:desc', 'level:desc', 'matches_total:asc', 'status:asc,title:desc']) {
    const first = await rules(`?sort=${sort}&limit=1`)
    const second = await rules(`?sort=${sort}&limit=1&cursor=${first.next_cursor}`)
    expect([...titles(first), ...titles(second)]).toEqual(titles(await rules(`?sort=${sort}`)))
    expect([first.truncated, second.truncated, second.next_cursor]).toEqual([true, false, null])
  }
})

test('K-92 K-93 K-94 K-95 K-96 K-97 K-98 K-99 K-100 K-101 K-102 K-103 one rule in detail agrees with the list', async () => {
  const { json } = await hub.a.call('GET', `/v1/detection/rules/${POWERSHELL_RULE}`)
  const { stats: _stats, created_at: _created, updated_at: _updated, ...common } = (await rules()).rules[0]
  expect(json).toEqual({
    ...common,
    description: 'PowerShell with an encoded command.',
    author: 'Picket tests',
    date: '2024-03-05',
    modified: '2024-04-06',
    false_positives: ['Deployment tools'],
    references: ['https://attack.mitre.org/techniques/T1059/001/'],
    tags: ['attack.execution', 'attack.t1059.001'],
    source: expect.stringContaining('title: Encoded PowerShell'),
    default_level: 'high',
    own: null,
    stats: { evaluations_last_24h: 6, matches_last_24h: 2, true_positives_last_7d: 0, false_positives_last_7d: 0 },
  })
  expect((await hub.a.call('GET', '/v1/detection/rules/none')).json.code).toBe('RULE_NOT_FOUND')
})

test('K-102 K-103 K-104 K-105 K-106 K-107 K-108 K-109 K-110 K-111 matches name their alert, and its verdict once there is one', async () => {
  const path = `/v1/detection/rules/${POWERSHELL_RULE}/matches`
  const { json } = await hub.a.call('GET', path)
  expect([json.rule_id, json.pagination]).toEqual([POWERSHELL_RULE, { page: 1, size: 20, total: 2 }])
  const [match] = json.matches
  expect(match).toMatchObject({ verdict: null, reviewed_by: null, reviewed_at: null, event: { user: 'ana', host: 'web-01' } })
  expect(Object.keys(match.event)).toEqual(['process_name', 'command_line', 'user', 'host'])
  expect((await hub.a.call('PUT', `/v1/alerts/${match.match_id}`, { status: 'false_positive' })).status).toBe(200)
  const reviewed = (await hub.a.call('GET', path)).json.matches.find((each: { match_id: string }) => each.match_id === match.match_id)
  expect(reviewed).toMatchObject({ verdict: 'false_positive', reviewed_by: hub.a.admin.email, reviewed_at: expect.stringMatching(/Z$/) })
  const detail = async () => (await hub.a.call('GET', `/v1/detection/rules/${POWERSHELL_RULE}`)).json.stats
  expect(await detail()).toMatchObject({ true_positives_last_7d: 0, false_positives_last_7d: 1 })
  const [, other] = json.matches
  expect((await hub.a.call('PUT', `/v1/alerts/${other.match_id}`, { status: 'resolved' })).status).toBe(200)
  expect(await detail()).toMatchObject({ true_positives_last_7d: 1, false_positives_last_7d: 1 })
  const after = new Date(Date.parse(match.timestamp) + 60_000).toISOString()
  expect((await hub.a.call('GET', `${path}?from=${after}`)).json.pagination.total).toBe(0)
  expect((await hub.a.call('GET', `${path}?to=${after}&size=1&page=2`)).json).toMatchObject({
    matches: [{}],
    pagination: { page: 2, size: 1, total: 2 },
  })
  expect((await hub.a.call('GET', `/v1/detection/rules/${SSH_RULE}/matches`)).json.matches).toEqual([])
})

test('K-112 K-82 a disabled rule no longer fires for this tenant, from the next batch on, and still does for the other', async () => {
  const windows = { document: JSON.stringify(EVENT), product: 'windows', categories: ['process_creation'] }
  const fires = async (tenant: typeof hub.a) => (await hub.detection.detect(tenant, [windows])).matches.map((match) => match.rule.id)
  expect(await fires(hub.a)).toEqual([POWERSHELL_RULE])
  const answer = await hub.a.call('PUT', `/v1/detection/rules/${POWERSHELL_RULE}`, { enabled: false })
  expect([answer.status, answer.json.enabled]).toEqual([200, false])
  expect([await fires(hub.a), await fires(hub.b)]).toEqual([[], [POWERSHELL_RULE]])
  expect(titles(await rules('?enabled=false'))).toEqual(['Encoded PowerShell'])
  expect((await hub.b.call('GET', `/v1/detection/rules/${POWERSHELL_RULE}`)).json.enabled).toBe(true)
  expect(Date.parse((await rules('?enabled=false')).rules[0].updated_at)).toBeGreaterThan(Date.now() - 60_000)
  await hub.a.call('PUT', `/v1/detection/rules/${POWERSHELL_RULE}`, { enabled: true })
  expect(await fires(hub.a)).toEqual([POWERSHELL_RULE])
})

test('K-112 a rule marked for the edge goes out to the sensors', async () => {
  hub.fleet.changed.length = 0
  const { json } = await hub.a.call('PUT', `/v1/detection/rules/${SSH_RULE}`, { edge: true })
  expect([json.edge, hub.fleet.changed]).toEqual([true, [hub.a.tenantId]])
  expect((await hub.a.call('PUT', `/v1/detection/rules/${SSH_RULE}`, { enabled: 'no' })).json.code).toBe('INVALID_BODY')
})

test('a change of what a rule detects is refused by name, and changes nothing else of the body', async () => {
  for (const field of ['definition', 'source', 'title']) {
    const { status, json } = await hub.a.call('PUT', `/v1/detection/rules/${SSH_RULE}`, { enabled: false, [field]: 'title: Mine' })
    expect([status, json.code, json.errors]).toMatchObject([400, 'RULE_DEFINITION_FIXED', [{ field, allowed: ['enabled', 'edge', 'level'] }]])
  }
  expect((await hub.a.call('GET', `/v1/detection/rules/${SSH_RULE}`)).json).toMatchObject({ enabled: true, title: expect.not.stringMatching('Mine') })
})

test('K-113 K-114 testing a rule answers for each event in order and stores nothing', async () => {
  const before = (await hub.a.call('GET', '/v1/alerts')).json.pagination.total
  const { status, json } = await hub.a.call('POST', `/v1/detection/rules/${POWERSHELL_RULE}/test`, {
    events: [{ CommandLine: 'powershell.exe -enc SQBFAFgA' }, { CommandLine: 'powershell.exe -File a.ps1' }, EVENT],
  })
  expect([status, json]).toEqual([
    200,
    {
      results: [
        { event_index: 0, matched: true, matched_conditions: ['selection'] },
        { event_index: 1, matched: false, matched_conditions: [] },
        { event_index: 2, matched: true, matched_conditions: ['selection'] },
      ],
    },
  ])
  expect((await hub.a.call('GET', '/v1/alerts')).json.pagination.total).toBe(before)
  expect((await hub.a.call('POST', `/v1/detection/rules/${POWERSHELL_RULE}/test`, { events: [] })).status).toBe(400)
})

test("K-115 K-116 K-117 K-118 K-119 K-120 K-121 K-122 K-123 the engine's metrics", async () => {
  await hub.ingest.commit(hub.a, batchOf(hub.a.sensorId, { first: 7, last: 7, hits: [7], ruleId: SSH_RULE, entity: 'host:three' }))
  const { json } = await hub.a.call('GET', '/v1/detection/metrics')
  expect(json).toMatchObject({ rules_loaded: 2, rules_enabled: 2, evaluations_per_second: expect.any(Number) })
  expect(json.p99_evaluation_time_ms).toBeGreaterThan(0)
  expect(json.avg_evaluation_time_ms).toBeGreaterThan(0)
  expect(json.top_alerting_rules.map((rule: { rule_id: string; alerts_last_24h: number }) => [rule.rule_id, rule.alerts_last_24h])).toEqual([
    [POWERSHELL_RULE, 2],
    [SSH_RULE, 1],
  ])
  await hub.a.call('PUT', `/v1/detection/rules/${SSH_RULE}`, { enabled: false })
  expect((await hub.a.call('GET', '/v1/detection/metrics')).json).toMatchObject({ rules_loaded: 2, rules_enabled: 1 })
  const { critical, high, medium, low, informational } = json.alerts_by_severity
  expect(critical + high + medium + low + informational).toBe((await hub.a.call('GET', '/v1/alerts')).json.pagination.total)
  expect(json.alerts_by_tactic).toEqual({ credential_access: 3 })
})
