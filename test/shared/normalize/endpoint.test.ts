import { expect, test } from 'vitest'
import { pick, read } from './read.ts'

const sysmon = (id: number, data: Record<string, string>) =>
  `<14>Mar  1 11:59:58 web1 sysmon: <Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>${id}</EventID><Version>5</Version><Channel>Linux-Sysmon/Operational</Channel><Computer>web1.corp.example</Computer><Security UserId="0"/></System><EventData>${Object.entries(
    data,
  )
    .map(([name, value]) => `<Data Name="${name}">${value}</Data>`)
    .join('')}</EventData></Event>`

test('Sysmon for Linux: a process, its parent and its user; entities read, dashes left out', () => {
  const event = read(
    sysmon(1, {
      RuleName: '-',
      UtcTime: '2026-03-01 11:59:57.250',
      ProcessId: '4312',
      Image: '/usr/bin/bash',
      CommandLine: 'bash -c &quot;id &gt; /tmp/x&quot;',
      CurrentDirectory: '/srv',
      User: 'www-data',
      LogonId: '33',
      ParentProcessId: '700',
      ParentImage: '/usr/sbin/apache2',
    }),
  )
  expect(event).toMatchObject({
    dataset: 'linux.sysmon',
    host: 'web1.corp.example',
    user: 'www-data',
    time: new Date('2026-03-01T11:59:57.250Z'),
    logsource: { product: 'linux', service: 'sysmon', categories: ['process_creation'] },
  })
  expect(pick(event, 'process', 'sysmon.event_data')).toEqual({
    process: {
      pid: 4312,
      executable: '/usr/bin/bash',
      name: 'bash',
      command_line: 'bash -c "id > /tmp/x"',
      working_directory: '/srv',
      parent: { pid: 700, executable: '/usr/sbin/apache2', name: 'apache2' },
    },
    'sysmon.event_data': { UtcTime: '2026-03-01 11:59:57.250', LogonId: '33' },
  })
})

test('Sysmon for Linux: connections and files fall into their categories', () => {
  const connection = read(sysmon(3, { Image: '/usr/bin/curl', Initiated: 'true', DestinationIp: '203.0.113.9', DestinationPort: '443' }))
  expect(connection.logsource.categories).toEqual(['network_connection'])
  expect(pick(connection, 'destination', 'network.initiated')).toEqual({
    destination: { ip: '203.0.113.9', port: 443 },
    'network.initiated': 'true',
  })
  const file = read(sysmon(11, { Image: '/usr/bin/vim', TargetFilename: '/etc/cron.d/x' }))
  expect(file.logsource.categories).toEqual(['file_event'])
  expect(pick(file, 'file.path', 'file.directory')).toEqual({ 'file.path': '/etc/cron.d/x', 'file.directory': '/etc/cron.d' })
})

test('the same XML from Windows stays a Windows event', () => {
  const event = read(
    '<Event><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>1</EventID><Channel>Microsoft-Windows-Sysmon/Operational</Channel></System><EventData><Data Name="Image">C:\\a.exe</Data></EventData></Event>',
  )
  expect(event).toMatchObject({ dataset: 'windows.xml', logsource: { product: 'windows' } })
})

test('auditd: an EXECVE record is a process creation with its whole command line, any other record is not', () => {
  const execve = read('type=EXECVE msg=audit(1772366000.500:42): argc=3 a0="/usr/bin/curl" a1="-s" a2="http://203.0.113.9/x y"')
  expect(execve.logsource).toEqual({ product: 'linux', service: 'auditd', categories: ['process_creation'] })
  expect(pick(execve, 'process.command_line', 'process.executable')).toEqual({
    'process.command_line': '/usr/bin/curl -s http://203.0.113.9/x y',
    'process.executable': '/usr/bin/curl',
  })
  expect(pick(read('type=EXECVE msg=audit(1772366000.500:43): argc=1 a0="ls"'), 'process.executable')).toEqual({ 'process.executable': undefined })
  expect(read('type=CWD msg=audit(1772366000.500:42): cwd="/tmp"').logsource.categories).toEqual([])
})

test('LAUREL: one object has executable, arguments, folder and parent', () => {
  const event = read({
    ID: '1772366000.500:42',
    NODE: 'web1',
    SYSCALL: {
      syscall: 59,
      success: 'yes',
      ppid: 700,
      pid: 4312,
      auid: 1000,
      uid: 33,
      euid: 33,
      comm: 'sh',
      exe: '/usr/bin/dash',
      SYSCALL: 'execve',
      UID: 'www-data',
      PPID: { comm: 'apache2', exe: '/usr/sbin/apache2' },
    },
    EXECVE: { argc: 3, ARGV: ['sh', '-c', 'id'] },
    CWD: { cwd: '/srv' },
    PATH: [{ item: 0, name: '/bin/sh', nametype: 'NORMAL' }],
  })
  expect(event).toMatchObject({
    dataset: 'linux.laurel',
    host: 'web1',
    user: 'www-data',
    time: new Date(1772366000500),
    logsource: { product: 'linux', service: 'auditd', categories: ['process_creation'] },
  })
  expect(pick(event, 'process', 'event.outcome')).toEqual({
    process: {
      executable: '/usr/bin/dash',
      name: 'sh',
      pid: 4312,
      command_line: 'sh -c id',
      working_directory: '/srv',
      parent: { pid: 700, executable: '/usr/sbin/apache2', name: 'apache2' },
    },
    'event.outcome': 'success',
  })
})

test('LAUREL: a created file is a file event, another call falls into no category', () => {
  const call = { syscall: 257, success: 'yes', pid: 1, exe: '/usr/bin/touch', SYSCALL: 'openat' }
  const made = read({
    ID: '1772366000.500:43',
    SYSCALL: call,
    PATH: [
      { name: '/etc', nametype: 'PARENT' },
      { name: '/etc/x', nametype: 'CREATE' },
    ],
  })
  expect([made.logsource.categories, pick(made, 'file.path')['file.path']]).toEqual([['file_event'], '/etc/x'])
  expect(read({ ID: '1772366000.500:44', SYSCALL: call, PATH: [{ name: '/etc/x', nametype: 'NORMAL' }] }).logsource.categories).toEqual([])
  expect(read({ ID: '1772366000.500:45', USER_LOGIN: { res: 'failed' } }).document['event']).toMatchObject({ action: 'user-login' })
})

const es = (event: object, executable = '/bin/zsh') => ({
  schema_version: 1,
  mach_time: 1,
  event_type: 9,
  time: '2026-03-01T11:59:57.250123456Z',
  process: { executable: { path: executable }, audit_token: { pid: 700, ruid: 501, euid: 501 }, ppid: 1 },
  event,
})

test('eslogger: an exec names the new process, its arguments and who called', () => {
  const event = read(
    es({
      exec: {
        target: {
          executable: { path: '/usr/bin/osascript' },
          audit_token: { pid: 701, ruid: 501, euid: 0 },
          ppid: 700,
          signing_id: 'com.apple.osascript',
        },
        args: ['osascript', '-e', 'display dialog "x"'],
        cwd: { path: '/Users/ana' },
      },
    }),
  )
  expect(event).toMatchObject({
    dataset: 'macos.eslogger',
    time: new Date('2026-03-01T11:59:57.250Z'),
    logsource: { product: 'macos', categories: ['process_creation'] },
  })
  expect(pick(event, 'process', 'user', 'macos.endpoint_security.event.exec.args')).toEqual({
    process: {
      executable: '/usr/bin/osascript',
      name: 'osascript',
      pid: 701,
      args: ['osascript', '-e', 'display dialog "x"'],
      command_line: 'osascript -e display dialog "x"',
      working_directory: '/Users/ana',
      code_signature: { signing_id: 'com.apple.osascript' },
      parent: { pid: 700, executable: '/bin/zsh', name: 'zsh' },
    },
    user: { id: '501', effective: { id: '0' } },
    'macos.endpoint_security.event.exec.args': undefined,
  })
})

test.each([
  ['created', { create: { destination: { new_path: { dir: { path: '/Library/LaunchDaemons' }, filename: 'x.plist' } } } }, ['file_event']],
  ['overwritten', { create: { destination: { existing_file: { path: '/Library/LaunchDaemons/x.plist' } } } }, ['file_event']],
  [
    'moved into place',
    { rename: { source: { path: '/tmp/y' }, destination: { new_path: { dir: { path: '/Library/LaunchDaemons/' }, filename: 'x.plist' } } } },
    ['file_rename', 'file_event'],
  ],
  ['copied', { clone: { target_dir: { path: '/Library/LaunchDaemons' }, target_name: 'x.plist' } }, ['file_event']],
  ['closed after a change', { close: { modified: true, target: { path: '/Library/LaunchDaemons/x.plist' } } }, ['file_event']],
  ['closed unchanged', { close: { modified: false, target: { path: '/Library/LaunchDaemons/x.plist' } } }, []],
  ['deleted', { unlink: { target: { path: '/Library/LaunchDaemons/x.plist' } } }, ['file_delete']],
])('eslogger: a file %s', (_, event, categories) => {
  const read_ = read(es(event, '/usr/bin/tee'))
  expect(read_.logsource.categories).toEqual(categories)
  expect(pick(read_, 'file.path', 'process.executable')).toEqual({
    'file.path': '/Library/LaunchDaemons/x.plist',
    'process.executable': '/usr/bin/tee',
  })
})

test('eslogger: events of unknown kind and odd shape keep everything', () => {
  const event = read(es({ some_new_event: { a: 1 } }))
  expect(event).toMatchObject({ dataset: 'macos.eslogger', parsed: true, logsource: { categories: [] } })
  expect(pick(event, 'macos.endpoint_security.event')).toEqual({ 'macos.endpoint_security.event': { some_new_event: { a: 1 } } })
  expect(read(es({ exec: 'no object' })).parsed).toBe(true)
  expect(read(es({})).parsed).toBe(true)
})

test('the unified log: message, process, time in its own zone', () => {
  const event = read({
    eventMessage: 'AUTHREQ_RESULT: denied',
    machTimestamp: 12,
    processImagePath: '/System/Library/PrivateFrameworks/TCC.framework/Support/tccd',
    processID: 301,
    messageType: 'Error',
    subsystem: 'com.apple.TCC',
    timestamp: '2026-03-01 13:00:00.250000+0100',
  })
  expect(event).toMatchObject({ dataset: 'macos.unified_log', time: new Date('2026-03-01T12:00:00.250Z'), logsource: { product: 'macos' } })
  expect(pick(event, 'message', 'process', 'log.level', 'macos.unified_log.subsystem')).toEqual({
    message: 'AUTHREQ_RESULT: denied',
    process: { executable: '/System/Library/PrivateFrameworks/TCC.framework/Support/tccd', name: 'tccd', pid: 301 },
    'log.level': 'error',
    'macos.unified_log.subsystem': 'com.apple.TCC',
  })
})

const osquery = (name: string, columns: object, more: object = {}) =>
  read({ name, hostIdentifier: 'h1', calendarTime: 'Sun Mar  1 11:59:57 2026 UTC', unixTime: 1772366397, action: 'added', columns, ...more })

test.each([
  ['a Linux process', 'pack_ir_process_events', { path: '/usr/bin/curl', cmdline: 'curl x', pid: '5' }, 'linux', ['process_creation']],
  ['a macOS process', 'es_process_events', { path: '/usr/bin/curl', cmdline: 'curl x', pid: '5', event_type: 'exec' }, 'macos', ['process_creation']],
  [
    'a macOS process that ended',
    'es',
    { path: '/usr/bin/curl', cmdline: '', pid: '5', event_type: 'exit', team_id: '' },
    'macos',
    ['process_termination'],
  ],
  ['a file', 'fim', { target_path: '/etc/passwd', action: 'UPDATED' }, 'linux', ['file_event']],
  ['a file in a macOS folder', 'fim', { target_path: '/Users/ana/x', action: 'CREATED' }, 'macos', ['file_event']],
  ['a deleted file', 'fim', { target_path: '/etc/x', action: 'DELETED' }, 'linux', ['file_delete']],
  [
    'a connection',
    'socket_events',
    { path: '/usr/bin/curl', action: 'connect', remote_address: '203.0.113.9', remote_port: '443' },
    'linux',
    ['network_connection'],
  ],
  ['an inventory row', 'users', { username: 'ana', uid: '1000' }, undefined, []],
])('osquery: %s', (_, name, columns, product, categories) => {
  expect(osquery(name, columns)).toMatchObject({ dataset: 'osquery', host: 'h1', time: new Date(1772366397000), logsource: { product, categories } })
})

test('osquery: decorations tell the system, and a row that left is no new process', () => {
  const row = { path: 'C:\\Windows\\System32\\cmd.exe', cmdline: 'cmd /c x', pid: '5' }
  expect(osquery('p', row).logsource).toMatchObject({ product: 'windows', categories: ['process_creation'] })
  expect(osquery('p', { path: '/opt/x', cmdline: 'x', pid: '5' }, { decorations: { platform: 'darwin', hostname: 'mac-1' } })).toMatchObject({
    host: 'mac-1',
    logsource: { product: 'macos' },
  })
  expect(osquery('p', row, { action: 'removed' }).logsource.categories).toEqual([])
})
