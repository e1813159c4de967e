import { expect, test } from 'vitest'
import {
  classifyWindows,
  compileRules,
  detectView,
  ECS_FIELDS,
  ecsView,
  evtxDumpView,
  flatWindowsView,
  parseRules,
  plainView,
  winlogbeatView,
} from '../../../shared/sigma/sigma.ts'
import { ruleText } from '../../support/sigma.ts'

const SYSMON = 'Microsoft-Windows-Sysmon/Operational'

test('L1 a rule is put to events that carry every part of its logsource', () => {
  const { rules } = parseRules(ruleText('s:\n  a: 1\ncondition: s', 'product: windows\ncategory: registry_set'), 'x.yml')
  const { matcher } = compileRules(rules, plainView)
  const on = (product: string | undefined, ...categories: string[]) => matcher.match({ a: 1 }, { product, service: 'sysmon', categories }).length
  expect([
    on('windows', 'registry_event', 'registry_set'),
    on('Windows', 'registry_set'),
    on('linux', 'registry_set'),
    on(undefined, 'registry_set'),
    on('windows'),
  ]).toEqual([1, 1, 0, 0, 0])
  expect([...matcher.evaluations]).toEqual([2])
})

test('L1 one Sysmon event falls into several categories', () => {
  const categories = (eventId: number, eventType?: string) => classifyWindows({ channel: SYSMON, eventId, eventType }).categories
  expect(categories(13)).toEqual(['registry_event', 'registry_set'])
  expect(categories(12, 'CreateKey')).toEqual(['registry_event', 'registry_add'])
  expect(categories(12, 'DeleteValue')).toEqual(['registry_event', 'registry_delete'])
  expect(categories(1)).toEqual(['process_creation'])
  expect(categories(9_999)).toEqual([])
})

test('L1 Security 4688 is a process creation, under its own field names', () => {
  expect(classifyWindows({ channel: 'Security', eventId: '4688' })).toEqual({
    product: 'windows',
    service: 'security',
    categories: ['process_creation'],
  })
  const { rules } = parseRules(
    ruleText('s:\n  Image|endswith: \\cmd.exe\n  ParentImage|endswith: \\w3wp.exe\ncondition: s', 'product: windows\ncategory: process_creation'),
    'x.yml',
  )
  const data = { NewProcessName: 'C:\\cmd.exe', ParentProcessName: 'C:\\w3wp.exe' }
  const events = [
    { view: evtxDumpView, event: { Event: { System: { Channel: 'Security', EventID: 4688 }, EventData: data } } },
    { view: flatWindowsView, event: { Channel: 'Security', EventID: 4688, ...data } },
    { view: winlogbeatView, event: { winlog: { channel: 'Security', event_id: 4688, event_data: data } } },
    {
      view: ecsView,
      event: {
        '@timestamp': 't',
        event: { code: '4688' },
        winlog: { channel: 'Security' },
        process: { executable: 'C:\\cmd.exe', parent: { executable: 'C:\\w3wp.exe' } },
      },
    },
  ]
  for (const { view, event } of events) {
    expect(detectView(event).name).toBe(view.name)
    expect(compileRules(rules, view).matcher.match(event, view.classify(event)), view.name).toHaveLength(1)
  }
})

test('L1 events of one kind get one answer, whatever the record makes of the id, and hostile values none', () => {
  const asNumber = flatWindowsView.classify({ Channel: SYSMON, EventID: 13 })
  expect(flatWindowsView.classify({ Channel: SYSMON, EventID: 13, EventType: 'SetValue' })).toBe(asNumber)
  expect(flatWindowsView.classify({ Channel: SYSMON, EventID: '13' })).toEqual(asNumber)
  const dump = (system: object) => evtxDumpView.classify({ Event: { System: system } })
  expect(dump({ Channel: SYSMON, EventID: { '#attributes': { Qualifiers: 0 }, '#text': 13 } })).toEqual(asNumber)
  for (const system of [{}, { Channel: null, EventID: [] }, { Channel: {}, Provider: 'x', EventID: {} }, { Provider: { '#attributes': null } }])
    expect(dump(system)).toEqual({ product: 'windows', service: undefined, categories: [] })
  for (const event of [{ Event: null }, { Event: 'x' }, { Event: { System: null, EventData: null } }])
    expect(evtxDumpView.classify(event).categories).toEqual([])
})

test('L1 more kinds of event than are remembered are still classified', () => {
  for (let i = 0; i < 5_000; i++) classifyWindows({ channel: `Channel ${i}`, eventId: i })
  expect(classifyWindows({ channel: SYSMON, eventId: 12, eventType: 'DeleteKey' }).categories).toEqual(['registry_event', 'registry_delete'])
})

test('L1 Sysmon for Linux, the RPC Firewall and Defender’s findings are what Sigma calls them', () => {
  expect(classifyWindows({ channel: 'Linux-Sysmon/Operational', eventId: 1 })).toEqual({
    product: 'linux',
    service: 'sysmon',
    categories: ['process_creation'],
  })
  expect(classifyWindows({ channel: 'RPCFW', eventId: 3 })).toEqual({ product: 'rpc_firewall', service: undefined, categories: ['application'] })
  expect(classifyWindows({ channel: 'Microsoft-Windows-Windows Defender/Operational', eventId: 1116 }).categories).toEqual(['antivirus'])
  const { rules } = parseRules(ruleText('s:\n  Signature|contains: Mimikatz\ncondition: s', 'category: antivirus'), 'x.yml')
  const found = { Channel: 'Microsoft-Windows-Windows Defender/Operational', EventID: 1116, 'Threat Name': 'HackTool:Win32/Mimikatz' }
  expect(compileRules(rules, flatWindowsView).matcher.match(found, flatWindowsView.classify(found))).toHaveLength(1)
})

test('L1 ECS documents of other producers are told by dataset, by what an agent saw, or by shape', () => {
  const of = (document: object) => {
    const { product, service, categories } = ecsView.classify({ '@timestamp': 't', ...document })
    return [product, service, ...categories]
  }
  expect(of({ event: { dataset: 'azure.signinlogs' } })).toEqual(['azure', 'signinlogs'])
  expect(of({ event: { dataset: 'zeek.smb_files' } })).toEqual(['zeek', 'smb_files'])
  expect(of({ event: { dataset: 'o365.audit', provider: 'Exchange' } })).toEqual(['m365', 'exchange'])
  expect(of({ event: { dataset: 'system.auth' }, process: { name: 'sshd' } })).toEqual(['linux', 'sshd'])
  expect(of({ event: { dataset: 'nginx.access' } })).toEqual([undefined, undefined, 'webserver'])
  expect(of({ event: { category: ['process'], type: ['start'] }, host: { os: { type: 'linux' } } })).toEqual(['linux', undefined, 'process_creation'])
  expect(of({ event: { category: ['registry'], type: ['change'] }, host: { os: { family: 'windows' } } })).toEqual([
    'windows',
    undefined,
    'registry_set',
    'registry_event',
  ])
  expect(of({ event: { dataset: 'constructor' } })).toEqual([undefined, undefined])
})

test('L1 the channel, or without one the provider, gives the service', () => {
  expect(classifyWindows({ channel: 'Microsoft-Windows-PowerShell/Operational', eventId: 4104 })).toEqual({
    product: 'windows',
    service: 'powershell',
    categories: ['ps_script'],
  })
  expect(classifyWindows({ provider: 'Microsoft-Windows-Sysmon', eventId: 3 })).toMatchObject({
    service: 'sysmon',
    categories: ['network_connection'],
  })
  expect(classifyWindows({ channel: 'Nobody knows', eventId: 1 })).toEqual({ product: 'windows', service: undefined, categories: [] })
})

test('a Windows field is found where it moved in ECS, and where it was kept', () => {
  for (const [field, { path }] of Object.entries(ECS_FIELDS)) {
    const paths = ecsView.paths(field, { product: 'windows' }).map((steps) => steps.join('.'))
    expect(paths[0]).toBe(path)
    expect(paths).toContain(`winlog.event_data.${field}`)
  }
  expect(ecsView.paths('Details', { product: 'windows', category: 'registry_set' })[0]).toEqual(['winlog', 'event_data', 'Details'])
})

test('a field whose meaning depends on the category is mapped there only', () => {
  const first = (category: string) => ecsView.paths('Description', { product: 'windows', category })[0]?.join('.')
  expect([first('process_creation'), first('image_load')]).toEqual(['process.pe.description', 'winlog.event_data.Description'])
})

test('Linux and web rules find their fields in ECS too', () => {
  expect(ecsView.paths('CommandLine', { product: 'linux', category: 'process_creation' })[0]).toEqual(['process', 'command_line'])
  expect(ecsView.paths('cs-uri-query', { category: 'webserver' })[0]).toEqual(['url', 'query'])
})
