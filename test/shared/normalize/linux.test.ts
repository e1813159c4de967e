import { expect, test } from 'vitest'
import { pick, read } from './read.ts'

const sshd = (message: string) => read(`<86>Mar  1 11:59:58 web1 sshd[2200]: ${message}`)

test('a failed login names user, address, port and outcome', () => {
  const event = sshd('Failed password for invalid user oracle from 203.0.113.9 port 40022 ssh2')
  expect(event).toMatchObject({
    dataset: 'linux.sshd',
    host: 'web1',
    user: 'oracle',
    sourceIp: '203.0.113.9',
    time: new Date('2026-03-01T11:59:58Z'),
    logsource: { product: 'linux', service: 'sshd' },
  })
  expect(
    pick(event, 'event.outcome', 'event.category', 'source.port', 'process.name', 'process.pid', 'ssh.method', 'message', 'log.syslog.facility.name'),
  ).toEqual({
    'event.outcome': 'failure',
    'event.category': ['authentication'],
    'source.port': 40022,
    'process.name': 'sshd',
    'process.pid': 2200,
    'ssh.method': 'password',
    message: 'Failed password for invalid user oracle from 203.0.113.9 port 40022 ssh2',
    'log.syslog.facility.name': 'authpriv',
  })
})

test('a user name that imitates an address cannot put another address in its place', () => {
  const event = sshd('Failed password for invalid user x from 10.0.0.1 port 22 ssh2 from 203.0.113.9 port 40022 ssh2')
  expect(pick(event, 'source.ip', 'user.name')).toEqual({ 'source.ip': '203.0.113.9', 'user.name': 'x from 10.0.0.1 port 22 ssh2' })
})

test.each([
  ['Accepted publickey for deploy from 198.51.100.4 port 5000 ssh2: ED25519 SHA256:abcDEF', 'deploy', '198.51.100.4', 'success'],
  ['Invalid user test from 198.51.100.4 port 5001', 'test', '198.51.100.4', 'failure'],
  ['Connection closed by invalid user admin 198.51.100.4 port 5002 [preauth]', 'admin', '198.51.100.4', 'success'],
  ['Connection closed by invalid user  198.51.100.4 port 5002 [preauth]', undefined, '198.51.100.4', 'success'],
  ['Disconnected from user deploy 198.51.100.4 port 5003', 'deploy', '198.51.100.4', 'success'],
  ['Connection reset by 2001:db8::7 port 5004 [preauth]', undefined, '2001:db8::7', 'success'],
  ['error: maximum authentication attempts exceeded for root from 198.51.100.4 port 5005 ssh2 [preauth]', 'root', '198.51.100.4', 'failure'],
  ['User bob from 198.51.100.4 not allowed because not listed in AllowUsers', 'bob', '198.51.100.4', 'failure'],
  [
    'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.4  user=root',
    'root',
    '198.51.100.4',
    'failure',
  ],
  ['pam_unix(sshd:session): session opened for user deploy(uid=1001) by (uid=0)', 'deploy', undefined, 'success'],
])('sshd inside syslog and bare: %s', (message, user, ip, outcome) => {
  for (const event of [sshd(message), read(message)]) {
    expect([event.dataset, event.user, event.sourceIp, pick(event, 'event.outcome')['event.outcome']]).toEqual(['linux.sshd', user, ip, outcome])
  }
})

test('sudo tells who, as whom, where and what', () => {
  const event = read('<86>Mar  1 11:59:58 web1 sudo:      ana : TTY=pts/0 ; PWD=/home/ana ; USER=root ; COMMAND=/usr/bin/find / -exec /bin/sh ; ')
  expect(event).toMatchObject({ dataset: 'linux.sudo', user: 'ana', logsource: { product: 'linux', service: 'sudo' } })
  expect(pick(event, 'user.effective.name', 'process.command_line', 'process.executable', 'process.working_directory', 'event.outcome')).toEqual({
    'user.effective.name': 'root',
    'process.command_line': '/usr/bin/find / -exec /bin/sh ;',
    'process.executable': '/usr/bin/find',
    'process.working_directory': '/home/ana',
    'event.outcome': 'success',
  })
})

test('a refused sudo is a failure with its reason', () => {
  const event = read('Mar  1 11:59:58 web1 sudo: bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/bin/bash')
  expect(pick(event, 'event.outcome', 'event.reason', 'user.name')).toEqual({
    'event.outcome': 'failure',
    'event.reason': 'user NOT in sudoers',
    'user.name': 'bob',
  })
})

test('su: success and failure, both wordings', () => {
  const tell = (line: string) => pick(read(`<86>Mar  1 11:59:58 web1 su[77]: ${line}`), 'user.name', 'user.effective.name', 'event.outcome')
  const ana = { 'user.name': 'ana', 'user.effective.name': 'root' }
  expect(tell('(to root) ana on pts/0')).toEqual({ ...ana, 'event.outcome': 'success' })
  expect(tell('FAILED SU (to root) ana on pts/0')).toEqual({ ...ana, 'event.outcome': 'failure' })
  expect(tell('FAILED su for root by ana')).toEqual({ ...ana, 'event.outcome': 'failure' })
})

test('a new account names who was made', () => {
  const event = read('<86>Mar  1 11:59:58 web1 useradd[90]: new user: name=toor, UID=0, GID=0, home=/root, shell=/bin/bash')
  expect(pick(event, 'event.action', 'user.target.name', 'user.target.id')).toEqual({
    'event.action': 'added-user-account',
    'user.target.name': 'toor',
    'user.target.id': '0',
  })
  expect(event.logsource).toMatchObject({ product: 'linux', service: 'auth' })
})

test('auditd: values by type, hexadecimal arguments decoded, the record whole', () => {
  const execve = read('type=EXECVE msg=audit(1772366000.500:42): argc=3 a0="sh" a1="-c" a2=6964203E202F746D702F78')
  expect(execve).toMatchObject({ dataset: 'linux.auditd', time: new Date(1772366000500), logsource: { product: 'linux', service: 'auditd' } })
  expect(pick(execve, 'process.command_line', 'auditd.data.a2', 'auditd.message_type', 'auditd.sequence')).toEqual({
    'process.command_line': 'sh -c id > /tmp/x',
    'auditd.data.a2': 'id > /tmp/x',
    'auditd.message_type': 'EXECVE',
    'auditd.sequence': 42,
  })
  const login = read(
    `type=USER_LOGIN msg=audit(1772366001.000:43): pid=900 uid=0 auid=1000 msg='op=login acct="root" exe="/usr/sbin/sshd" addr=203.0.113.9 terminal=ssh res=failed'`,
  )
  expect(pick(login, 'user.name', 'source.ip', 'event.outcome', 'process.pid', 'process.executable')).toEqual({
    'user.name': 'root',
    'source.ip': '203.0.113.9',
    'event.outcome': 'failure',
    'process.pid': 900,
    'process.executable': '/usr/sbin/sshd',
  })
})

test('a packet the kernel logged is a firewall event', () => {
  const event = read(
    '<4>Mar  1 11:59:58 gw kernel: [123.456789] [UFW BLOCK] IN=eth0 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=203.0.113.9 DST=192.0.2.1 LEN=40 PROTO=TCP SPT=55 DPT=23 SYN URGP=0',
  )
  expect(event).toMatchObject({ dataset: 'linux.netfilter', sourceIp: '203.0.113.9', logsource: { categories: ['firewall'] } })
  expect(pick(event, 'event.action', 'destination.port', 'network.transport', 'source.mac')).toEqual({
    'event.action': 'deny',
    'destination.port': 23,
    'network.transport': 'tcp',
    'source.mac': '02:00:00:00:00:02',
  })
})
