import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readRuleFiles } from '../../../hub/detection/rule-files.ts'
import type { EventLogsource } from '../../../shared/event/event.ts'
import { createNormalizer } from '../../../shared/normalize/normalize.ts'
import { applies } from '../../../shared/sigma/applies.ts'
import type { RuleLogsource } from '../../../shared/sigma/contract.ts'
import { compileRules, detectView, ecsView, parseRules, plainView, type RuleMatch } from '../../../shared/sigma/sigma.ts'
import { knowsField } from '../../../shared/sigma/taxonomies/taxonomies.ts'
import { RECORDS, VENDOR_RECORDS } from './logsource-records.ts'

const CORPUS = '../shared/corpora/sigma'
const present = existsSync(CORPUS)
if (!present) console.warn(`SKIPPED: no corpus of public rules at ${CORPUS}`)

interface Used {
  readonly logsource: RuleLogsource
  readonly fields: Set<string>
}

/** Every logsource that SigmaHQ's rules use, with the fields they ask for there. */
function readLogsources(): Map<string, Used> {
  const used = new Map<string, Used>()
  for (const file of readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })) {
    if (!/^rules[^/]*\/.*\.yml$/.test(file)) continue
    const rule = parse(readFileSync(join(CORPUS, file), 'utf8'))
    const { category, product, service } = rule.logsource
    const key = [category, product, service].map((part) => part ?? '*').join('/')
    const entry = used.get(key) ?? { logsource: { category, product, service }, fields: new Set<string>() }
    used.set(key, entry)
    for (const [name, search] of Object.entries(rule.detection)) if (name !== 'condition') collectFields(search, entry.fields)
  }
  return used
}

function collectFields(search: unknown, fields: Set<string>): void {
  if (Array.isArray(search)) for (const each of search) collectFields(each, fields)
  else if (typeof search === 'object' && search !== null)
    for (const key of Object.keys(search)) {
      const name = key.split('|')[0] ?? ''
      if (name !== '') fields.add(name)
    }
}

const normalizer = createNormalizer({ format: 'auto' })
const normalise = (record: unknown) =>
  normalizer.normalize({ text: typeof record === 'string' ? record : JSON.stringify(record), observedAt: new Date('2026-03-10T10:00:00Z') })
const logsourceAfterNormalising = (record: unknown): EventLogsource => normalise(record).logsource

/**
 * Fields that no event of the logsource carries, each with the reason. They are left to pass through by name, so that a source that adds them still works.
 */
const NOWHERE: { readonly [logsourceAndField: string]: string } = {
  'process_creation/windows/* GrandParentImage': "the Aurora agent's own, no event of Windows has it",
  'create_remote_thread/windows/* SourceParentImage': "the Aurora agent's own",
  'create_remote_thread/windows/* SourceCommandLine': "the Aurora agent's own",
  'create_remote_thread/windows/* TargetParentProcessId': "the Aurora agent's own",
  'process_access/windows/* SourceCommandLine': "the Aurora agent's own",
}

describe.skipIf(!present)('every logsource of SigmaHQ', () => {
  let used = new Map<string, Used>()
  beforeAll(() => {
    used = readLogsources()
  }, 60_000)

  test('L1 there are 138, and a real record of each is classified as one', () => {
    expect(used.size).toBe(138)
    const logsources = RECORDS.map(logsourceAfterNormalising)
    const unclaimed = [...used].filter(([, { logsource }]) => !logsources.some((event) => applies(logsource, event))).map(([key]) => key)
    expect(unclaimed).toEqual([])
  })

  test('V6 each field its rules ask for has a place in the event', () => {
    const lost = [...used].flatMap(([key, { logsource, fields }]) =>
      [...fields].filter((field) => !knowsField(field, logsource) && !Object.hasOwn(NOWHERE, `${key} ${field}`)).map((field) => `${key} ${field}`),
    )
    expect(lost).toEqual([])
  })

  test('L1 a record of each product, as its vendor writes it, fires the rule it is an example of by way of the normaliser', () => {
    const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' }).filter((file) => /^rules[^/]*\/.*\.yml$/.test(file))
    const rules = files.flatMap((file) => parseRules(readFileSync(join(CORPUS, file), 'utf8'), file).rules)
    const wanted = new Set(VENDOR_RECORDS.map(({ fires }) => fires))
    const { matcher } = compileRules(
      rules.filter(({ title }) => wanted.has(title)),
      ecsView,
    )
    for (const { record, fires } of VENDOR_RECORDS) {
      if (fires === undefined) continue
      const { document, logsource } = normalise(record)
      const fired = matcher.match(JSON.parse(JSON.stringify(document)), logsource).map(({ rule }) => rule.title)
      expect(fired, JSON.stringify(record)).toContain(fires)
    }
  }, 60_000)

  test('no exception is left behind by a field that has its place now', () => {
    for (const exception of Object.keys(NOWHERE)) {
      const [key = '', field = ''] = exception.split(' ')
      const logsource = used.get(key)?.logsource
      expect(logsource, exception).toBeDefined()
      expect(knowsField(field, logsource ?? {}), exception).toBe(false)
    }
  })
})

test('a name that no taxonomy has is not known, and one of a provider with fields of its own is', () => {
  expect(knowsField('eventNaem', { product: 'aws', service: 'cloudtrail' })).toBe(false)
  expect(knowsField('CommandLin', { product: 'windows', category: 'process_creation' })).toBe(false)
  expect(knowsField('AnythingAtAll', { product: 'windows', service: 'application' })).toBe(true)
  expect(knowsField('constructor', { product: 'okta' })).toBe(false)
})

test('a vendor’s JSON is the same kind of event matched in place as after normalising', () => {
  const json = RECORDS.filter((record): record is object => typeof record === 'object')
  for (const record of json) {
    const view = detectView(record)
    if (view === ecsView) continue
    const native = view.classify(record)
    if (native.product === undefined && native.service === undefined && native.categories.length === 0) continue
    const normalised = logsourceAfterNormalising(record)
    expect({ ...normalised, categories: [...normalised.categories] }, JSON.stringify(record)).toEqual({
      ...native,
      categories: [...native.categories],
    })
  }
})

test('what SigmaHQ calls a field is found under the vendor’s name, in the vendor’s record and in the event', () => {
  const plain = (field: string, logsource: RuleLogsource) =>
    detectView({})
      .paths(field, logsource)
      .map((path) => path.join('.'))
  const ecs = (field: string, logsource: RuleLogsource) => ecsView.paths(field, logsource).map((path) => path.join('.'))
  const signIn = { product: 'azure', service: 'signinlogs' }
  expect(plain('RiskState', signIn)).toContain('properties.riskState')
  expect(ecs('RiskState', signIn)).toEqual(
    expect.arrayContaining(['azure.signinlogs.properties.riskState', 'azure.signinlogs.properties.risk_state']),
  )
  expect(ecs('eventName', { product: 'm365', service: 'threat_management' })[0]).toBe('o365.audit.Name')
  expect(ecs('userIdentity.type', { product: 'aws', service: 'cloudtrail' })).toContain('aws.cloudtrail.user_identity.type')
  expect(plain('data.protoPayload.methodName', { product: 'gcp', service: 'gcp.audit' })).toContain('protoPayload.methodName')
})

test('V6 every field that a rule of our own asks for has its place in the event', async () => {
  const files = await readRuleFiles(['rules/identity', 'rules/cloud', 'rules/kubernetes', 'rules/network', 'rules/web'])
  const lost = files.flatMap(({ file, text }) => {
    const { detection, logsource } = parse(text)
    const fields = new Set<string>()
    for (const [name, search] of Object.entries(detection)) if (name !== 'condition') collectFields(search, fields)
    return [...fields].filter((field) => !knowsField(field, logsource)).map((field) => `${file}: ${field}`)
  })
  expect(files.length).toBeGreaterThan(50)
  expect(lost).toEqual([])
})

test('a rule of our own fires on a vendor’s JSON in place as it does on its event', async () => {
  const files = await readRuleFiles(['rules'])
  const rules = files.flatMap(({ file, text }) => parseRules(text, file).rules)
  const inPlace = compileRules(rules, plainView).matcher
  const onEvents = compileRules(rules, ecsView).matcher
  const folders = ['identity', 'cloud', 'kubernetes', 'network', 'web'].map((name) => join('test/rules', name))
  const records = folders.flatMap((folder) =>
    readdirSync(folder).flatMap((name) => {
      const cases: { fires: unknown[]; silent: unknown[] } = parse(readFileSync(join(folder, name), 'utf8'))
      return [...cases.fires, ...cases.silent].filter((record): record is object => typeof record === 'object' && record !== null)
    }),
  )
  let matchedInPlace = 0
  for (const record of records) {
    if (detectView(record) !== plainView) continue
    const logsource = plainView.classify(record)
    if (logsource.product === undefined && logsource.categories.length === 0) continue
    const { document, logsource: normalised } = normalise(record)
    const ids = (matches: readonly RuleMatch[]) => matches.map(({ rule }) => rule.id).sort()
    expect(ids(inPlace.match(record, logsource)), JSON.stringify(record)).toEqual(
      ids(onEvents.match(JSON.parse(JSON.stringify(document)), normalised)),
    )
    matchedInPlace++
  }
  expect(matchedInPlace).toBeGreaterThan(100)
}, 60_000)
