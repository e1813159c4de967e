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
