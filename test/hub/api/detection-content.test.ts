import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRuleContent } from '../../../hub/detection/content/rule-content.ts'
import type { TenantView } from '../../../hub/detection/ports.ts'
import { createExceptionStore } from '../../../hub/storage/exception-store.ts'
import { createRuleContentDirectory } from '../../../hub/storage/rule-content-directory.ts'
import { createTenantRuleStore } from '../../../hub/storage/tenant-rule-store.ts'
import { createValueListStore } from '../../../hub/storage/value-list-store.ts'
import { type HubApi, POWERSHELL_RULE, SSH_RULE, startHubApi } from '../../support/hub-api.ts'
import { batchOf } from '../../support/storage-builders.ts'

let hub: HubApi
beforeAll(async () => {
  hub = await startHubApi()
})
afterAll(() => hub.close())

const RULES = '/v1/detection/rules'
const rule = (id: string | undefined, word = 'mimikatz') => `# who: the blue team
title: Tool by name
${id === undefined ? '' : `id: ${id}\n`}status: experimental
level: medium
tags: [attack.credential_access, attack.t1003]
logsource: { product: windows, category: process_creation }
detection:
  selection:
    CommandLine|contains: ${word}
  condition: selection
`
const FIRES = { name: 'the tool', fires: true, event: { CommandLine: 'C:\\tools\\mimikatz.exe' } }
const SILENT = { name: 'an editor', fires: false, event: { CommandLine: 'notepad.exe' } }
const windows = (commandLine: string) => ({
  document: JSON.stringify({ process: { command_line: commandLine }, host: { name: 'dc-01' } }),
  product: 'windows',
  categories: ['process_creation'],
})
const fired = async (tenant: { tenantId: string }, commandLine: string) =>
  (await hub.detection.detect(tenant, [windows(commandLine)])).matches.map((match) => [match.rule.id, match.rule.level, match.silent ?? false])
const uuid = (n: number) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`
/** Compression makes a tag weak. */
const tagOf = ({ headers }: { headers: Headers }) => headers.get('ETag')?.replace('W/', '')
const create = async (id: string, more: object = {}) => (await hub.a.call('POST', RULES, { source: rule(id), ...more })).json
const put = (id: string, body: object, headers?: Record<string, string>) => hub.a.call('PUT', `${RULES}/${id}`, body, headers)

test("K-112 a tenant's rule goes from development to production, each move at its gate, and is in force as its stage says", async () => {
  const id = uuid(1)
  const made = await hub.a.call('POST', RULES, { source: rule(id, '[broken'), note: 'a first try' })
  expect([made.status, made.json.code]).toEqual([400, 'RULE_INVALID'])
  const draft = await hub.a.call('POST', RULES, { source: rule(id).replace('condition: selection', 'condition: selektion') })
  expect([draft.status, tagOf(draft)]).toEqual([201, '"1"'])
  expect(draft.json).toMatchObject({ id, origin: 'own', stage: 'development', enabled: true, own: { version: 1, revision: 1, tests: [] } })
  expect(draft.json.own.problems).toMatchObject([{ code: 'condition', line: 11, reason: expect.stringContaining('selektion') }])

  const refused = async (stage: string) => (await put(id, { stage })).json
  expect(await refused('testing')).toMatchObject({ status: 409, code: 'RULE_STAGE_REFUSED', detail: expect.stringContaining('line 11') })
  expect((await put(id, { source: rule(id), stage: 'testing' })).json).toMatchObject({ stage: 'testing', own: { version: 2, problems: [] } })
  expect((await refused('production')).detail).toContain('goes from testing to staging or development or deprecated')
  expect((await refused('staging')).detail).toContain('needs a test event it must fire on')
  expect((await put(id, { stage: 'staging', tests: [FIRES] })).json.detail).toContain('must stay silent on')
  const wrong = await put(id, { stage: 'staging', tests: [FIRES, { ...SILENT, name: 'another', event: FIRES.event }] })
  expect(wrong.json.detail).toContain('"another": the rule must stay silent on it and fires')
  expect(await fired(hub.a, 'mimikatz')).toEqual([])

  const staged = await put(id, { stage: 'staging', tests: [FIRES, SILENT] })
  expect(staged.json).toMatchObject({
    stage: 'staging',
    own: {
      tests: [
        { matched: true, right: true },
        { matched: false, right: true },
      ],
    },
  })
  expect(await fired(hub.a, 'run MIMIKATZ now')).toEqual([[id, 'medium', true]])
  expect((await put(id, { stage: 'production' })).status).toBe(200)
  expect(await fired(hub.a, 'run MIMIKATZ now')).toEqual([[id, 'medium', false]])
  expect(await fired(hub.b, 'run MIMIKATZ now')).toEqual([])

  // What production asks must also hold after a change.
  expect(await put(id, { source: rule(id, 'rubeus') })).toMatchObject({ status: 409, json: { code: 'RULE_STAGE_REFUSED' } })
  expect((await hub.a.call('GET', `${RULES}/${id}`)).json).toMatchObject({ stage: 'production', own: { version: 2 } })
  expect((await put(id, { source: rule(id, "['mimikatz', 'rubeus']") })).json.own.version).toBe(3)
  expect(await fired(hub.a, 'rubeus dump')).toEqual([[id, 'medium', false]])

  expect((await put(id, { stage: 'deprecated' })).status).toBe(200)
  expect(await fired(hub.a, 'rubeus dump')).toEqual([])
  expect((await refused('production')).detail).toContain('goes from deprecated to development')
  expect((await put(id, { stage: 'development' })).status).toBe(200)
  expect((await hub.a.call('DELETE', `${RULES}/${id}`)).status).toBe(204)
  expect((await hub.a.call('GET', `${RULES}/${id}`)).status).toBe(404)
})

test('a rule without an id gets one, written into its text; an id that is taken, or another one later, is refused', async () => {
  const made = (await hub.a.call('POST', RULES, { source: rule(undefined) })).json
  expect(made.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(made.source).toContain(`id: ${made.id}`)
  expect(made.source).toContain('# who: the blue team')
  expect((await put(made.id, { source: rule(undefined, 'other') })).json.source).toContain(`id: ${made.id}`)
  expect((await put(made.id, { source: rule(uuid(99)) })).json.code).toBe('RULE_ID_FIXED')
  for (const id of [made.id, POWERSHELL_RULE]) expect((await hub.a.call('POST', RULES, { source: rule(id) })).json.code).toBe('RULE_ID_TAKEN')
  // Another tenant may have it: ids are the tenant's own.
  expect((await hub.b.call('POST', RULES, { source: rule(made.id) })).status).toBe(201)
  expect((await hub.a.call('POST', RULES, { source: `${rule(undefined)}---\n${rule(undefined)}` })).json.detail).toContain('one rule at a time')
  expect((await hub.a.call('POST', RULES, { source: `${rule(undefined)}# ${'x'.repeat(256 * 1024)}` })).json.detail).toContain('256 KB')
})

test('two editors do not overwrite each other: the second is told what is there now', async () => {
  const id = uuid(2)
  await create(id)
  const read = await hub.a.call('GET', `${RULES}/${id}`)
  const etag = read.headers.get('ETag') ?? ''
  expect((await put(id, { tests: [FIRES] }, { 'If-Match': etag })).status).toBe(200)
  const late = await put(id, { source: rule(id, 'late') }, { 'If-Match': etag })
  expect([late.status, late.json.code, late.json.current]).toMatchObject([412, 'VERSION_CONFLICT', { id, revision: 2, version: 1 }])
  expect(tagOf(await put(id, { source: rule(id, 'late') }, { 'If-Match': '"2"' }))).toBe('"3"')
  expect((await hub.a.call('DELETE', `${RULES}/${id}`, undefined, { 'If-Match': '"2"' })).status).toBe(412)
})

test('versions are kept with who wrote them and why, and two of them can be compared', async () => {
  const id = uuid(3)
  await create(id, { note: 'begun' })
  await put(id, {
    source: rule(id).replace('level: medium', 'level: high').replace('|contains: mimikatz', "|contains: ['mimikatz', 'rubeus']"),
    note: 'more names',
  })
  await put(id, { stage: 'testing' })
  const { json } = await hub.a.call('GET', `${RULES}/${id}/versions`)
  expect(json.versions.map((each: { version: number; note: string; created_by: string }) => [each.version, each.note, each.created_by])).toEqual([
    [2, 'more names', hub.a.admin.email],
    [1, 'begun', hub.a.admin.email],
  ])
  const diff = (await hub.a.call('GET', `${RULES}/${id}/diff?from=1&to=2`)).json
  expect(diff.fields).toEqual([
    { path: 'level', change: 'changed' },
    { path: 'detection.selection.CommandLine|contains', change: 'changed' },
  ])
  expect(diff.diff).toContain('--- version 1\n+++ version 2\n@@ ')
  expect(diff.diff).toContain('\n-level: medium\n+level: high\n')
  expect((await hub.a.call('GET', `${RULES}/${id}/diff?from=1&to=9`)).json.code).toBe('VERSION_NOT_FOUND')
  expect((await hub.a.call('GET', `${RULES}/${SSH_RULE}/versions`)).json.code).toBe('RULE_NOT_FOUND')
})

test('K-112 a shared rule is copied to be changed, and the original disabled in its favour', async () => {
  const fixed = await put(POWERSHELL_RULE, { source: rule(POWERSHELL_RULE) })
  expect([fixed.status, fixed.json.code, fixed.json.detail]).toEqual([400, 'RULE_DEFINITION_FIXED', expect.stringContaining('/copy')])
  expect((await hub.a.call('DELETE', `${RULES}/${POWERSHELL_RULE}`)).json.code).toBe('RULE_DEFINITION_FIXED')
  const copy = await hub.a.call('POST', `${RULES}/${POWERSHELL_RULE}/copy`)
  expect(copy.status).toBe(201)
  expect(copy.json).toMatchObject({
    title: 'Encoded PowerShell',
    origin: 'own',
    stage: 'development',
    description: 'PowerShell with an encoded command.',
  })
  expect(copy.json.id).not.toBe(POWERSHELL_RULE)
  expect(copy.json.source).toContain(`related:\n  - id: ${POWERSHELL_RULE}\n    type: derived`)

  const tests = [{ ...FIRES, event: { CommandLine: 'powershell -enc x' } }, SILENT]
  for (const stage of ['testing', 'staging', 'production']) expect((await put(copy.json.id, { stage, tests })).status).toBe(200)
  await put(POWERSHELL_RULE, { enabled: false })
  expect(await fired(hub.a, 'powershell -enc x')).toEqual([[copy.json.id, 'high', false]])
  expect(await fired(hub.b, 'powershell -enc x')).toEqual([[POWERSHELL_RULE, 'high', false]])
  await put(POWERSHELL_RULE, { enabled: true })
  expect((await hub.a.call('DELETE', `${RULES}/${copy.json.id}`)).status).toBe(204)
  expect(await fired(hub.a, 'powershell -enc x')).toEqual([[POWERSHELL_RULE, 'high', false]])
})

test("K-80 a tenant's level takes the place of the rule's, for it alone, until it is taken back", async () => {
  expect((await put(POWERSHELL_RULE, { level: 'critical' })).json).toMatchObject({ level: 'critical', default_level: 'high' })
  expect(await fired(hub.a, 'powershell -enc x')).toEqual([[POWERSHELL_RULE, 'critical', false]])
  expect(await fired(hub.b, 'powershell -enc x')).toEqual([[POWERSHELL_RULE, 'high', false]])
  expect((await hub.a.call('GET', `${RULES}?level=critical`)).json.rules.map((each: { id: string }) => each.id)).toEqual([POWERSHELL_RULE])
  expect((await put(POWERSHELL_RULE, { enabled: true })).json.level).toBe('critical')
  expect((await put(POWERSHELL_RULE, { level: null })).json.level).toBe('high')
  expect(await fired(hub.a, 'powershell -enc x')).toEqual([[POWERSHELL_RULE, 'high', false]])
  expect((await put(POWERSHELL_RULE, { level: 'severe' })).json.code).toBe('INVALID_BODY')
})

test('K-72 K-74 the list has own rules in every stage beside the shared ones, and filters by origin, stage and edge', async () => {
  const id = uuid(4)
  await create(id)
  const ids = async (query: string) => (await hub.a.call('GET', `${RULES}?${query}`)).json.rules.map((each: { id: string }) => each.id)
  expect(await ids('origin=shared')).toEqual([POWERSHELL_RULE, SSH_RULE])
  expect(await ids('origin=own&stage=development')).toContain(id)
  expect(await ids('origin=own&stage=production,staging')).toEqual([])
  expect(await ids('stage=development')).not.toContain(SSH_RULE)
  await put(id, { edge: true })
  expect(await ids('edge=true')).toEqual([id])
  expect((await hub.a.call('GET', `${RULES}?stage=live`)).json.code).toBe('INVALID_QUERY_VALUE')
  const first = (await hub.a.call('GET', `${RULES}?origin=own&limit=1`)).json
  expect((await hub.a.call('GET', `${RULES}?origin=shared&limit=1&cursor=${first.next_cursor}`)).json.code).toBe('INVALID_CURSOR')
})

test('K-113 K-114 a test can explain, and a text can be tried and looked through before it is saved', async () => {
  const events = [{ CommandLine: 'powershell -enc x' }, { CommandLine: 'powershell -File a.ps1' }]
  const plain = (await hub.a.call('POST', `${RULES}/${POWERSHELL_RULE}/test`, { events })).json
  expect(plain.results[0]).not.toHaveProperty('explanation')
  for (const answer of [
    await hub.a.call('POST', `${RULES}/${POWERSHELL_RULE}/test?explain=true`, { events }),
    await hub.a.call('POST', `${RULES}/${POWERSHELL_RULE}/test`, { events, explain: true }),
  ]) {
    const [hit, miss] = answer.json.results
    expect(hit).toMatchObject({ matched: true, matched_conditions: ['selection'], explanation: { matched: true, first_failure: null } })
    expect(miss).toMatchObject({ matched: false, explanation: { matched: false, first_failure: expect.stringContaining('CommandLine') } })
    expect(miss.explanation.searches[0].parts[0]).toMatchObject({ field: 'CommandLine', matched: false, value: 'powershell -File a.ps1' })
  }
  const tried = await hub.a.call('POST', `${RULES}/test`, { source: rule(undefined), events: [FIRES.event, SILENT.event] })
  expect(tried.json.results.map((each: { matched: boolean }) => each.matched)).toEqual([true, false])
  const broken = rule(undefined).replace('condition: selection', 'condition: selektion')
  expect((await hub.a.call('POST', `${RULES}/test`, { source: broken, events })).json).toMatchObject({ status: 400, code: 'RULE_INVALID' })

  const validate = async (source: string) => (await hub.a.call('POST', `${RULES}/validate`, { source })).json
  expect((await validate(rule(uuid(5)))).valid).toBe(true)
  const found = await validate(broken)
  expect(found.valid).toBe(false)
  expect(found.problems).toContainEqual(expect.objectContaining({ severity: 'error', code: 'condition', line: 10, column: 3 }))
  expect(await validate('title: x\nbad: [a')).toMatchObject({ valid: false, problems: [{ severity: 'error', code: 'yaml', line: 2, column: 8 }] })
  expect(await validate('just words')).toMatchObject({ valid: false, problems: [{ severity: 'error' }] })
  expect((await hub.a.as(hub.a.viewer)('POST', `${RULES}/validate`, { source: 'x' })).status).toBe(403)
})

test('an exception previews what it would have hidden, hides it from then on, and ends', async () => {
  await hub.ingest.commit(hub.b, batchOf(hub.b.sensorId, { first: 1, last: 3, hits: [1, 2], ruleId: SSH_RULE, entity: 'host:one' }))
  await hub.ingest.commit(hub.b, batchOf(hub.b.sensorId, { first: 4, last: 6, hits: [4], ruleId: SSH_RULE, entity: 'host:two' }))
  const alerts = (await hub.b.call('GET', '/v1/alerts')).json.alerts
  await hub.b.call('PUT', `/v1/alerts/${alerts[0].id}`, { status: 'resolved' })
  const preview = async (body: object) => (await hub.b.call('POST', '/v1/detection/exceptions/preview', body)).json
  const detection = { selection: { 'user.name': 'nobody' }, words: ['attempt 4'], condition: 'selection or words' }
  expect(await preview({ rule_id: SSH_RULE, detection })).toMatchObject({
    matches_examined: 3,
    matches_hidden: 1,
    alerts_hidden: 1,
    events_gone: 0,
    truncated: false,
  })
  expect(await preview({ detection: 'words: [Failed password]\ncondition: words' })).toMatchObject({
    matches_hidden: 3,
    alerts_hidden: 2,
    true_positives_hidden: 1,
    true_positive_alerts: [alerts[0].id],
  })
  expect(await preview({ rule_id: POWERSHELL_RULE, detection })).toMatchObject({ matches_examined: 0, matches_hidden: 0 })

  const exceptions = '/v1/detection/exceptions'
  const reason = 'The deployment tool encodes its commands'
  const own = { rule_id: POWERSHELL_RULE, reason, detection: 'selection:\n  CommandLine|contains: deploy # theirs\ncondition: selection\n' }
  const made = await hub.b.call('POST', exceptions, own)
  expect([made.status, tagOf(made)]).toEqual([201, '"1"'])
  expect(made.json).toMatchObject({ ...own, active: true, created_by: hub.b.admin.email, revision: 1 })
  expect(Math.round((Date.parse(made.json.expires_at) - Date.now()) / 86_400_000)).toBe(30)
  expect(await fired(hub.b, 'powershell -enc x # deploy')).toEqual([])
  expect(await fired(hub.b, 'powershell -enc x')).toHaveLength(1)
  expect(await fired(hub.a, 'powershell -enc x # deploy')).toHaveLength(1)
  expect((await hub.b.call('GET', `${exceptions}?rule_id=${POWERSHELL_RULE}`)).json.exceptions).toMatchObject([{ id: made.json.id, suppressed: 1 }])
  expect((await hub.b.call('GET', `${exceptions}?rule_id=${SSH_RULE}`)).json.exceptions).toEqual([])

  const change = (body: object, headers?: Record<string, string>) => hub.b.call('PUT', `${exceptions}/${made.json.id}`, body, headers)
  expect((await change({ detection: { s: { CommandLine: '*nothing*' }, condition: 's' } }, { 'If-Match': '"1"' })).json.revision).toBe(2)
  expect(await fired(hub.b, 'powershell -enc x # deploy')).toHaveLength(1)
  expect((await change({ reason: 'late again' }, { 'If-Match': '"1"' })).json).toMatchObject({ code: 'VERSION_CONFLICT', current: { revision: 2 } })
  await change({ detection: own.detection, expires_at: new Date(Date.now() + 60_000).toISOString() })
  expect(await fired(hub.b, 'powershell -enc x # deploy')).toEqual([])
  hub.clock.offsetMs = 120_000
  expect(await fired(hub.b, 'powershell -enc x # deploy')).toHaveLength(1)
  expect((await hub.b.call('GET', `${exceptions}/${made.json.id}`)).json.active).toBe(false)
  hub.clock.offsetMs = 0
  expect((await hub.b.call('DELETE', `${exceptions}/${made.json.id}`)).status).toBe(204)
  expect((await hub.b.call('GET', `${exceptions}/${made.json.id}`)).json.code).toBe('EXCEPTION_NOT_FOUND')
})

test('an exception without a reason, for a rule that is none, over already or unreadable is refused and says what', async () => {
  const detection = { selection: { CommandLine: 'x' }, condition: 'selection' }
  const post = async (body: object) => (await hub.a.call('POST', '/v1/detection/exceptions', { reason: 'because', detection, ...body })).json
  expect((await post({ reason: '  ' })).code).toBe('INVALID_BODY')
  expect(await post({ rule_id: uuid(77) })).toMatchObject({ code: 'EXCEPTION_INVALID', errors: [{ field: 'rule_id' }] })
  expect((await post({ expires_at: new Date(Date.now() - 1_000).toISOString() })).errors[0].field).toBe('expires_at')
  expect((await post({ expires_at: new Date(Date.now() + 400 * 86_400_000).toISOString() })).detail).toContain('366 days')
  expect((await post({ detection: { selection: { CommandLine: 'x' } } })).detail).toContain('condition')
  expect((await post({ detection: 'a: [' })).code).toBe('EXCEPTION_INVALID')
  expect((await hub.a.as(hub.a.analyst)('POST', '/v1/detection/exceptions', { reason: 'because', detection })).status).toBe(403)
})

test('a value list is what %name% stands for: a rule that lacks it says so, and follows its changes', async () => {
  const lists = '/v1/detection/value-lists'
  const id = uuid(6)
  const source = rule(id).replace('CommandLine|contains: mimikatz', "CommandLine|contains|expand: '%hack_tools%'")
  expect((await hub.a.call('POST', RULES, { source })).json.own.problems[0].reason).toContain('hack_tools')
  expect((await hub.a.call('POST', lists, { name: 'hack_tools', values: ['rubeus', 'kerbrute'] })).json).toMatchObject({
    size: 2,
    used_by: [id],
    revision: 1,
  })
  const tests = [{ ...FIRES, event: { CommandLine: 'rubeus' } }, SILENT]
  for (const stage of ['testing', 'staging', 'production']) expect((await put(id, { stage, tests })).status).toBe(200)
  expect(await fired(hub.a, 'kerbrute userenum')).toEqual([[id, 'medium', false]])
  expect((await hub.a.call('PUT', `${lists}/hack_tools`, { values: ['rubeus', 'certify'] }, { 'If-Match': '"1"' })).json.values).toEqual([
    'rubeus',
    'certify',
  ])
  expect(await fired(hub.a, 'kerbrute userenum')).toEqual([])
  expect(await fired(hub.a, 'certify find')).toHaveLength(1)
  expect((await hub.a.call('PUT', `${lists}/hack_tools`, { values: ['x'] }, { 'If-Match': '"1"' })).json).toMatchObject({
    code: 'VERSION_CONFLICT',
    current: { revision: 2 },
  })
  expect((await hub.a.call('DELETE', `${lists}/hack_tools`)).json).toMatchObject({
    code: 'VALUE_LIST_IN_USE',
    detail: expect.stringContaining('Tool by name'),
  })
  await put(id, { stage: 'deprecated' })
  expect((await hub.a.call('DELETE', `${lists}/hack_tools`)).status).toBe(204)

  const post = async (body: object) => (await hub.a.call('POST', lists, body)).json.code
  expect(await post({ name: 'a name', values: ['x'] })).toBe('VALUE_LIST_INVALID')
  expect(await post({ name: 'none', values: [] })).toBe('VALUE_LIST_INVALID')
  expect(await post({ name: 'many', values: Array.from({ length: 50_001 }, (_, i) => `v${i}`) })).toBe('VALUE_LIST_INVALID')
  expect(await post({ name: 'most', values: Array.from({ length: 50_000 }, (_, i) => `v${i}`) })).toBeUndefined()
  expect(await post({ name: 'most', values: ['x'] })).toBe('VALUE_LIST_TAKEN')
})

test('at the start of the hub every tenant has its view again', async () => {
  const id = uuid(7)
  await create(id, { tests: [FIRES, SILENT] })
  for (const stage of ['testing', 'staging']) await put(id, { stage })
  await put(SSH_RULE, { enabled: false, level: 'low' })
  await hub.a.call('POST', '/v1/detection/exceptions', { reason: 'because', detection: { s: { a: 'b' }, condition: 's' } })
  const views = new Map<string, TenantView>()
  const engine = {
    ...{ rules: hub.detection.rules, filters: [], placeholders: new Map() },
    ruleById: hub.detection.ruleById,
    setView: async (tenantId: string, view: TenantView) => {
      views.set(tenantId, view)
      return { problems: [] }
    },
  }
  const content = createRuleContent({
    ...{ engine, directory: createRuleContentDirectory(hub.db), settings: hub.ruleStore, rules: createTenantRuleStore(hub.db) },
    ...{
      exceptions: createExceptionStore(hub.db),
      valueLists: createValueListStore(hub.db),
      workerScript: hub.workerScript,
      now: () => new Date(),
      warn: () => {},
    },
  })
  expect(await content.load()).toBe(2)
  const view = views.get(hub.a.tenantId)
  expect(view?.rules.find((each) => each.id === id)).toMatchObject({ stage: 'staging', version: 1, source: rule(id) })
  expect(view?.settings.get(SSH_RULE)).toMatchObject({ enabled: false, level: 'low' })
  expect(view?.exceptions).toMatchObject([{ reason: 'because' }])
  expect([...(view?.valueLists.keys() ?? [])]).toEqual(['most'])
  expect(view).toEqual({ ...hub.detection.view(hub.a.tenantId) })
  await content.close()
})

test('rules and exceptions that are not used are listed with the reason', async () => {
  const id = uuid(8)
  await hub.a.call('POST', RULES, { source: rule(id).replace('condition: selection', 'condition: selektion') })
  const { status, json } = await hub.a.call('GET', '/v1/detection/problems')
  expect(status).toBe(200)
  expect(json.problems).toContainEqual(expect.objectContaining({ rule_id: id, file: `rule ${id}`, code: 'condition', line: 11 }))
  expect((await hub.b.call('GET', '/v1/detection/problems')).json.problems.map((each: { rule_id: string }) => each.rule_id)).not.toContain(id)
})
