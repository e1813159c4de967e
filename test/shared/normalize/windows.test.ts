import { expect, test } from 'vitest'
import { get } from '../../../shared/normalize/document.ts'
import { ECS_FIELDS } from '../../../shared/sigma/taxonomies/windows-ecs.ts'
import { OBSERVED_AT, pick, read } from './read.ts'

const evtx = (channel: string, provider: string, code: number, data: object, more: object = {}) => ({
  Event: {
    '#attributes': { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
    System: {
      Provider: { '#attributes': { Name: provider, Guid: '{00000000-0000-0000-0000-000000000001}' } },
      EventID: code,
      Version: 5,
      Level: 4,
      Task: 1,
      Opcode: 0,
      Keywords: '0x8000000000000000',
      TimeCreated: { '#attributes': { SystemTime: '2026-02-27T08:15:30.123456Z' } },
      EventRecordID: 991,
      Correlation: null,
      Execution: { '#attributes': { ProcessID: 3000, ThreadID: 3004 } },
      Channel: channel,
      Computer: 'wks7.corp.example',
      Security: { '#attributes': { UserID: 'S-1-5-18' } },
      ...more,
    },
    EventData: data,
  },
})
const sysmon = (code: number, data: object) => evtx('Microsoft-Windows-Sysmon/Operational', 'Microsoft-Windows-Sysmon', code, data)
const security = (code: number, data: object, more: object = {}) =>
  evtx('Security', 'Microsoft-Windows-Security-Auditing', code, data, { Keywords: '0x8020000000000000', ...more })

const PROCESS = {
  RuleName: '-',
  UtcTime: '2026-02-27 08:15:30.100',
  ProcessGuid: '{A-1}',
  ProcessId: 4711,
  Image: 'C:\\Windows\\System32\\cmd.exe',
  OriginalFileName: 'Cmd.Exe',
  CommandLine: 'cmd /c whoami',
  CurrentDirectory: 'C:\\Users\\ana\\',
  User: 'CORP\\ana',
  Hashes: 'MD5=0123456789ABCDEF0123456789ABCDEF,IMPHASH=FEDCBA9876543210FEDCBA9876543210',
  ParentProcessId: 812,
  ParentImage: 'C:\\Windows\\explorer.exe',
  ParentCommandLine: 'explorer.exe',
}

test('a Sysmon process creation from evtx_dump reads as an ECS process with its parent', () => {
  const event = read(sysmon(1, PROCESS))
  expect(event).toMatchObject({
    dataset: 'windows.evtx',
    parsed: true,
    host: 'wks7.corp.example',
    user: 'ana',
    logsource: { product: 'windows', service: 'sysmon', categories: ['process_creation'] },
    time: new Date('2026-02-27T08:15:30.123Z'),
  })
  expect(event.document).toMatchObject({
    '@timestamp': '2026-02-27T08:15:30.123Z',
    event: {
      kind: 'event',
      code: '1',
      provider: 'Microsoft-Windows-Sysmon',
      action: 'process-created',
      category: ['process'],
      type: ['start'],
      created: OBSERVED_AT.toISOString(),
    },
    process: {
      executable: 'C:\\Windows\\System32\\cmd.exe',
      name: 'cmd.exe',
      pid: 4711,
      entity_id: '{A-1}',
      command_line: 'cmd /c whoami',
      working_directory: 'C:\\Users\\ana\\',
      hash: { md5: '0123456789abcdef0123456789abcdef' },
      pe: { imphash: 'fedcba9876543210fedcba9876543210', original_file_name: 'Cmd.Exe' },
      parent: { executable: 'C:\\Windows\\explorer.exe', name: 'explorer.exe', pid: 812, command_line: 'explorer.exe' },
    },
    user: { name: 'ana', domain: 'CORP' },
  })
})

test('a field that moved is not kept twice; one that did not stays under its own name', () => {
  const { document } = read(sysmon(1, PROCESS))
  expect(Object.keys(get(document, 'winlog.event_data') as object).sort()).toEqual(['Hashes', 'RuleName', 'User', 'UtcTime'])
})

test('every field of the table that Sigma reads by is found where the table says', () => {
  const sample = (path: string) => (path.endsWith('.ip') ? '192.0.2.9' : path.endsWith('.pid') || path.endsWith('.port') ? '443' : `value of ${path}`)
  for (const [field, place] of Object.entries(ECS_FIELDS)) {
    if (place.provider === 'Microsoft-Windows-Security-Auditing' || get(read(sysmon(1, {})).document, place.path) !== undefined) continue
    const code = place.categories?.includes('network_connection') ? 3 : 1
    const { document } = read(sysmon(code, { [field]: sample(place.path) }))
    expect(String(get(document, place.path)), field).toBe(sample(place.path))
    expect(get(document, `winlog.event_data.${field}`), field).toBeUndefined()
  }
})

test('the account that logs on is the user of 4624 and 4625, whoever asked for it', () => {
  const data = {
    SubjectUserName: 'WKS7$',
    SubjectDomainName: 'CORP',
    SubjectUserSid: 'S-1-5-18',
    TargetUserName: 'ana',
    TargetDomainName: 'CORP',
    TargetUserSid: 'S-1-5-21-1',
    LogonType: 3,
    IpAddress: '::ffff:198.51.100.7',
    IpPort: '50123',
  }
  const failed = read(security(4625, data, { Keywords: '0x8010000000000000' }))
  expect(pick(failed, 'user.name', 'user.id', 'event.outcome', 'event.category', 'source.ip', 'source.port')).toEqual({
    'user.name': 'ana',
    'user.id': 'S-1-5-21-1',
    'event.outcome': 'failure',
    'event.category': ['authentication'],
    'source.ip': '198.51.100.7',
    'source.port': 50123,
  })
  // The address changed its spelling, so what was sent is kept too.
  expect(get(failed.document, 'winlog.event_data.IpAddress')).toBe('::ffff:198.51.100.7')
})

test('one account acting on another gives user and user.target', () => {
  const event = read(security(4720, { SubjectUserName: 'admin', SubjectUserSid: 'S-1-5-21-500', TargetUserName: 'new1', TargetSid: 'S-1-5-21-1001' }))
  expect(pick(event, 'user.name', 'user.target.name', 'user.target.id', 'event.action')).toEqual({
    'user.name': 'admin',
    'user.target.name': 'new1',
    'user.target.id': 'S-1-5-21-1001',
    'event.action': 'added-user-account',
  })
})

test('Security 4688 gives its hexadecimal ids as numbers and keeps them as they were', () => {
  const event = read(
    security(4688, {
      NewProcessId: '0x1f4',
      NewProcessName: 'C:\\Windows\\System32\\net.exe',
      ProcessId: '0x64',
      ParentProcessName: 'C:\\Windows\\System32\\cmd.exe',
      CommandLine: 'net user',
      SubjectUserName: 'ana',
    }),
  )
  expect(pick(event, 'process.pid', 'process.parent.pid', 'process.name', 'process.parent.name', 'winlog.event_data.NewProcessId')).toEqual({
    'process.pid': 500,
    'process.parent.pid': 100,
    'process.name': 'net.exe',
    'process.parent.name': 'cmd.exe',
    'winlog.event_data.NewProcessId': '0x1f4',
  })
  expect(event.logsource.categories).toContain('process_creation')
})

test('a Kerberos failure is told by its status', () => {
  const outcome = (Status: string) => get(read(security(4768, { TargetUserName: 'ana', Status })).document, 'event.outcome')
  expect([outcome('0x0'), outcome('0x18')]).toEqual(['success', 'failure'])
})

test('UserData stands where EventData does', () => {
  const record = security(1102, {})
  const { EventData: _, ...event } = record.Event
  const cleared = read({ Event: { ...event, UserData: { LogFileCleared: { '#attributes': { xmlns: 'x' }, SubjectUserName: 'mallory' } } } })
  expect(pick(cleared, 'user.name', 'event.action')).toEqual({ 'user.name': 'mallory', 'event.action': 'audit-log-cleared' })
})

test('NXLog: flat names, signed keywords, and the frame apart from the event data', () => {
  const event = read({
    EventTime: '2026-02-27 09:15:30',
    EventReceivedTime: '2026-02-27 09:15:31',
    Hostname: 'dc1.corp.example',
    Keywords: Number('-9218868437227405312'),
    EventType: 'AUDIT_FAILURE',
    Severity: 'ERROR',
    EventID: 4771,
    SourceName: 'Microsoft-Windows-Security-Auditing',
    Channel: 'Security',
    ProcessID: 700,
    ThreadID: 704,
    Message: 'Kerberos pre-authentication failed.',
    TargetUserName: 'ana',
    IpAddress: '198.51.100.7',
    SourceModuleName: 'in',
  })
  expect(event).toMatchObject({ dataset: 'windows.flat', user: 'ana', sourceIp: '198.51.100.7', logsource: { service: 'security' } })
  expect(
    pick(
      event,
      'winlog.keywords',
      'winlog.process.pid',
      'message',
      'log.level',
      'event.outcome',
      'winlog.event_data.TargetUserName',
      'nxlog.SourceModuleName',
    ),
  ).toEqual({
    'winlog.keywords': '0x8010000000000000',
    'winlog.process.pid': 700,
    message: 'Kerberos pre-authentication failed.',
    'log.level': 'error',
    'event.outcome': 'failure',
    'winlog.event_data.TargetUserName': 'ana',
    'nxlog.SourceModuleName': 'in',
  })
})

test('NXLog local time becomes UTC by the two clocks at reception', () => {
  const record = {
    EventID: 7036,
    Channel: 'System',
    Hostname: 'h',
    EventTime: '2026-02-27 04:00:00',
    EventReceivedTime: '2026-02-27 04:00:09',
    '@timestamp': '2026-02-27T09:00:09.500Z',
  }
  expect(read(record).time.toISOString()).toBe('2026-02-27T09:00:00.000Z')
})

test("Sysmon's own user is not taken for the one of the event", () => {
  const event = read({
    EventID: 11,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    SourceName: 'Microsoft-Windows-Sysmon',
    Hostname: 'h',
    AccountName: 'SYSTEM',
    Domain: 'NT AUTHORITY',
    UserID: 'S-1-5-18',
    AccountType: 'User',
    User: 'CORP\\ana',
    TargetFilename: 'C:\\x\\a.txt',
  })
  expect(pick(event, 'user', 'winlog.user.identifier', 'file')).toEqual({
    user: { name: 'ana', domain: 'CORP' },
    'winlog.user.identifier': 'S-1-5-18',
    file: { path: 'C:\\x\\a.txt', name: 'a.txt', directory: 'C:\\x', extension: 'txt' },
  })
})

test('Winlogbeat: what the shipper set stays, what it left out is added', () => {
  const event = read({
    '@timestamp': '2026-02-27T08:00:00.000Z',
    agent: { type: 'winlogbeat', version: '8.1.0' },
    host: { name: 'wks7' },
    event: { code: 4624, action: 'logged-in', original: 'An account was successfully logged on.' },
    message: 'An account was successfully logged on.',
    winlog: {
      channel: 'Security',
      provider_name: 'Microsoft-Windows-Security-Auditing',
      event_id: 4624,
      computer_name: 'wks7.corp.example',
      keywords: ['Audit Success'],
      event_data: { TargetUserName: 'ana', IpAddress: '198.51.100.7', IpPort: '0' },
    },
  })
  expect(event).toMatchObject({ dataset: 'windows.winlogbeat', host: 'wks7', user: 'ana', logsource: { product: 'windows', service: 'security' } })
  expect(pick(event, 'event.code', 'event.outcome', 'event.original', 'winlog.computer_name', 'source.ip', 'source.port', 'agent.type')).toEqual({
    'event.code': '4624',
    'event.outcome': 'success',
    'event.original': undefined,
    'winlog.computer_name': 'wks7.corp.example',
    'source.ip': '198.51.100.7',
    'source.port': undefined,
    'agent.type': 'winlogbeat',
  })
})

test('Winlogbeat 6 and older, before winlog.*, is understood', () => {
  const event = read({
    '@timestamp': '2026-02-27T08:00:00.000Z',
    event_id: 7045,
    log_name: 'System',
    source_name: 'Service Control Manager',
    computer_name: 'srv1',
    level: 'Information',
    event_data: { ServiceName: 'evil', ImagePath: 'C:\\evil.exe' },
  })
  expect(event).toMatchObject({ dataset: 'windows.winlogbeat', host: 'srv1', logsource: { service: 'system' } })
  expect(pick(event, 'event.action', 'winlog.event_data.ImagePath', 'service.name', 'log.level')).toEqual({
    'event.action': 'service-installed',
    'winlog.event_data.ImagePath': 'C:\\evil.exe',
    'service.name': 'evil',
    'log.level': 'information',
  })
})

test("the caller's object is never written to", () => {
  const object = {
    '@timestamp': '2026-02-27T08:00:00.000Z',
    event: { code: 1 },
    host: {},
    winlog: { event_id: 1, channel: 'Security', computer_name: 'c', event_data: { Image: 'C:\\a.exe' } },
  }
  const before = JSON.stringify(object)
  read('', { object })
  expect(JSON.stringify(object)).toBe(before)
})

test("the event's own XML, bare and in Azure's table", () => {
  const xml = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{1}'/><EventID>4625</EventID><Level>0</Level><Keywords>0x8010000000000000</Keywords><TimeCreated SystemTime='2026-02-27T08:15:30.123456700Z'/><Execution ProcessID='700' ThreadID='4'/><Channel>Security</Channel><Computer>dc1</Computer><Security/></System><EventData><Data Name='TargetUserName'>a&amp;b</Data><Data Name="IpAddress">198.51.100.7</Data><Data Name='Empty'/></EventData></Event>`
  for (const record of [xml, { time: 'x', category: 'WindowsEventLogsTable', properties: { RawXml: xml, EventId: 4625 } }]) {
    const event = read(record)
    expect(event).toMatchObject({
      dataset: 'windows.xml',
      host: 'dc1',
      user: 'a&b',
      sourceIp: '198.51.100.7',
      time: new Date('2026-02-27T08:15:30.123Z'),
      logsource: { service: 'security' },
    })
    expect(pick(event, 'event.outcome', 'event.code', 'winlog.process.pid')).toEqual({
      'event.outcome': 'failure',
      'event.code': '4625',
      'winlog.process.pid': 700,
    })
  }
})
