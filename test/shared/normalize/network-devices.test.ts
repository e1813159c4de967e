import { expect, test } from 'vitest'
import { splitCsvLine } from '../../../shared/normalize/csv-line.ts'
import { pick, read } from './read.ts'

test('FortiGate: what happened and whom it concerns, in its own time to the nanosecond', () => {
  const event = read(
    '<189>date=2026-03-01 time=10:20:11 devname="edge-fg" devid="FG100" eventtime=1772356811123456789 tz="+0100" logid="0000000013" type="traffic" subtype="forward" srcip=10.4.1.22 srcport=51222 dstip=203.0.113.80 dstport=445 proto=6 action="accept" sentbyte=10 rcvdbyte=20 msg="a \\"quoted\\" word"',
  )
  expect(event.logsource).toEqual({ product: 'fortigate', service: 'traffic', categories: ['firewall'] })
  expect(event.time.toISOString()).toBe('2026-03-01T09:20:11.123Z')
  expect(
    pick(event, 'source.ip', 'destination.port', 'network.transport', 'event.action', 'host.name', 'message', 'fortinet.firewall.subtype'),
  ).toEqual({
    'source.ip': '10.4.1.22',
    'destination.port': 445,
    'network.transport': 'tcp',
    'event.action': 'accept',
    'host.name': 'edge-fg',
    message: 'a "quoted" word',
    'fortinet.firewall.subtype': 'forward',
  })
})

test('FortiGate without an exact time: date and time in the zone the device names', () => {
  expect(read('date=2026-03-01 time=10:20:11 devname="fg" devid="F" tz="+0100" logid="1" type="event" action="login"').time.toISOString()).toBe(
    '2026-03-01T09:20:11.000Z',
  )
})

test('what a FortiGate log is about is Sigma’s category', () => {
  const categories = (more: string) => read(`date=2026-03-01 time=10:20:11 devid="F" logid="1" ${more}`).logsource.categories
  expect(categories('type="utm" subtype="webfilter" hostname="a.example" url="/x"')).toEqual(['proxy'])
  expect(categories('type="utm" subtype="dns" qname="a.example"')).toEqual(['dns'])
  expect(categories('type="utm" subtype="virus" virus="EICAR"')).toEqual(['antivirus'])
  expect(categories('type="event" subtype="system"')).toEqual([])
})

test('Palo Alto: traffic by its columns, the exact time where there is one', () => {
  const event = read(
    '<14>Mar  1 10:00:00 pa 1,2026/03/01 10:15:29,026701002040,TRAFFIC,end,2816,2026/03/01 10:15:29,10.4.1.22,203.0.113.80,198.51.100.1,0.0.0.0,MyRule,acme\\mira,,ssl,vsys1,in,out,e1,e2,siem,2026/03/01 10:15:29,219781,1,60975,443,0,0,0x41c,tcp,allow,5773,758,5015,14,2026/03/01 10:15:14,0,not-resolved,,731,0x0,10.0.0.0-10.255.255.255,Germany,,7,7,tcp-fin,0,0,0,0,,pa,from-policy,,,0,,0,,N/A,0,0,0,0,x,0,0,,,,,,,10.4.1.22,,2026-03-01T10:15:29.250+01:00',
  )
  expect(event.logsource).toEqual({ product: 'paloalto', service: 'traffic', categories: ['firewall'] })
  expect(event.time.toISOString()).toBe('2026-03-01T09:15:29.250Z')
  expect(
    pick(event, 'source.ip', 'source.nat.ip', 'destination.nat.ip', 'destination.port', 'event.action', 'user.name', 'user.domain', 'source.bytes'),
  ).toEqual({
    'source.ip': '10.4.1.22',
    'source.nat.ip': '198.51.100.1',
    'destination.nat.ip': undefined,
    'destination.port': 443,
    'event.action': 'allow',
    'user.name': 'mira',
    'user.domain': 'acme',
    'source.bytes': 758,
  })
})

test('Cisco ASA: a connection’s ends by who began it', () => {
  const ends = (text: string) => pick(read(text), 'source.ip', 'source.port', 'destination.ip', 'destination.port', 'event.action')
  expect(
    ends(
      '%ASA-6-302013: Built inbound TCP connection 18 for outside:198.51.100.9/40454 (198.51.100.9/40454) to inside:10.4.1.1/443 (203.0.113.2/443)',
    ),
  ).toEqual({
    'source.ip': '198.51.100.9',
    'source.port': 40454,
    'destination.ip': '10.4.1.1',
    'destination.port': 443,
    'event.action': 'allowed',
  })
  expect(
    ends(
      '%ASA-6-302013: Built outbound TCP connection 19 for outside:203.0.113.80/445 (203.0.113.80/445) to inside:10.4.1.22/51222 (203.0.113.2/51222)',
    ),
  ).toEqual({
    'source.ip': '10.4.1.22',
    'source.port': 51222,
    'destination.ip': '203.0.113.80',
    'destination.port': 445,
    'event.action': 'allowed',
  })
  expect(ends('%ASA-4-106023: Deny udp src outside:198.51.100.9/320 dst inside:10.4.1.1/320 by access-group "in" [0x0, 0x0]')['event.action']).toBe(
    'denied',
  )
})

test('Cisco IOS: the service its facility stands for, the command typed, the zone named', () => {
  const event = read(
    '<189>45: edge-r1: Mar  1 2026 10:20:11.000 CET: %PARSER-5-CFGLOG_LOGGEDCMD: User:mira  logged command:no logging host 10.4.0.20',
  )
  expect(event.logsource).toEqual({ product: 'cisco', service: 'aaa', categories: [] })
  expect(event.time.toISOString()).toBe('2026-03-01T09:20:11.000Z')
  expect(pick(event, 'user.name', 'process.command_line', 'event.code')).toEqual({
    'user.name': 'mira',
    'process.command_line': 'no logging host 10.4.0.20',
    'event.code': 'CFGLOG_LOGGEDCMD',
  })
  expect(read('%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: mira] [Source: 198.51.100.9] [localport: 22]').sourceIp).toBe('198.51.100.9')
})

test('Squid: the request and what became of it; a tunnel has host and port alone', () => {
  const event = read(
    '1772356811.074     61 10.4.1.22 TCP_MISS/404 8811 GET http://files.example/a/setup.exe?x=1 mira HIER_DIRECT/203.0.113.80 text/html',
  )
  expect(event.logsource.categories).toEqual(['proxy'])
  expect(pick(event, 'url.domain', 'url.extension', 'url.query', 'http.response.status_code', 'event.outcome', 'user.name')).toEqual({
    'url.domain': 'files.example',
    'url.extension': 'exe',
    'url.query': 'x=1',
    'http.response.status_code': 404,
    'event.outcome': 'failure',
    'user.name': 'mira',
  })
  expect(
    pick(read('1772356811.074 61 10.4.1.22 TCP_TUNNEL/200 8811 CONNECT files.example:443 - HIER_DIRECT/203.0.113.80 -'), 'url.domain', 'url.port'),
  ).toEqual({
    'url.domain': 'files.example',
    'url.port': 443,
  })
})

test('IIS: the default fields, times in UTC whatever the sensor’s zone', () => {
  const event = read(
    '2026-03-01 09:15:31 10.4.0.25 GET /login.aspx next=%2F 443 ACME\\mira 198.51.100.77 Mozilla/5.0+(X11) https://acme.example/ 302 0 0 31',
  )
  expect(event.logsource).toEqual({ product: undefined, service: 'iis', categories: ['webserver'] })
  expect(event.time.toISOString()).toBe('2026-03-01T09:15:31.000Z')
  expect(pick(event, 'url.path', 'url.query', 'http.response.status_code', 'user_agent.original', 'source.ip')).toEqual({
    'url.path': '/login.aspx',
    'url.query': 'next=%2F',
    'http.response.status_code': 302,
    'user_agent.original': 'Mozilla/5.0 (X11)',
    'source.ip': '198.51.100.77',
  })
})

test('resolvers: who asked for what, whichever wrote it', () => {
  const asked = (line: string) => Object.values(pick(read(line), 'source.ip', 'dns.question.name', 'dns.question.type'))
  const lines = [
    '<30>Mar  1 09:20:11 ns1 named[412]: client @0x7f62b80115d0 10.4.1.22#55575 (Docs.Example): query: Docs.Example IN AAAA + (10.4.0.2)',
    '<30>Mar  1 09:20:11 ns1 unbound[1113]: [1113:1] query: 10.4.1.22 docs.example. AAAA IN',
    '<30>Mar  1 09:20:11 pi dnsmasq[412]: query[AAAA] docs.example from 10.4.1.22',
  ]
  for (const line of lines) expect(asked(line), line).toEqual(['10.4.1.22', 'docs.example', 'AAAA'])
})

test('a quoted field may hold commas and quotes, an open one the rest', () => {
  expect(splitCsvLine('a,"b, ""c""",,"d')).toEqual(['a', 'b, "c"', '', 'd'])
  expect(splitCsvLine('')).toEqual([''])
  expect(splitCsvLine(','.repeat(1_000))).toHaveLength(256)
})
