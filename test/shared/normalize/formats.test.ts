import { expect, test } from 'vitest'
import { createNormalizer } from '../../../shared/normalize/normalize.ts'
import { OBSERVED_AT, pick, read } from './read.ts'

test('RFC 5424: header, structured data and message', () => {
  const event = read('<165>1 2026-02-28T23:00:00.250+01:00 app1.example shop 77 ID9 [meta@32473 note="a \\"b\\" \\] c" n="2"][two x="y"] \ufeffpaid')
  expect(event).toMatchObject({ dataset: 'syslog', host: 'app1.example', time: new Date('2026-02-28T22:00:00.250Z') })
  expect(pick(event, 'message', 'process.name', 'process.pid', 'log.syslog.msgid', 'log.syslog.structured_data', 'log.level')).toEqual({
    message: 'paid',
    'process.name': 'shop',
    'process.pid': 77,
    'log.syslog.msgid': 'ID9',
    'log.syslog.structured_data': { 'meta@32473': { note: 'a "b" ] c', n: '2' }, two: { x: 'y' } },
    'log.level': 'notice',
  })
})

test('RFC 3164 without a program keeps host and message', () => {
  const event = read('<13>Feb 28 10:00:00 printer1 out of paper')
  expect([event.host, pick(event, 'message').message, event.time.toISOString()]).toEqual(['printer1', 'out of paper', '2026-02-28T10:00:00.000Z'])
})

test('a PRI above 191 is no syslog', () => {
  expect(read('<191>Feb 28 10:00:00 h app: x').dataset).toBe('syslog')
  expect(read('<192>Feb 28 10:00:00 h app: x')).toMatchObject({ dataset: 'unknown', parsed: false })
})

test('the configured zone places local times, on both sides of a clock change', () => {
  const madrid = createNormalizer({ format: 'auto', timeZone: 'Europe/Madrid' })
  const at = (stamp: string, observedAt: string) =>
    madrid.normalize({ text: `<13>${stamp} h app: x`, observedAt: new Date(observedAt) }).time.toISOString()
  expect(at('Mar 29 01:59:59', '2026-03-29T12:00:00Z')).toBe('2026-03-29T00:59:59.000Z')
  expect(at('Mar 29 03:00:00', '2026-03-29T12:00:00Z')).toBe('2026-03-29T01:00:00.000Z')
  expect(at('Oct 25 03:00:00', '2026-10-25T12:00:00Z')).toBe('2026-10-25T02:00:00.000Z')
})

test('a year-less date around New Year gets the year it was written in', () => {
  const at = (stamp: string, observedAt: string) => read(`<13>${stamp} h app: x`, { observedAt: new Date(observedAt) }).time.toISOString()
  expect(at('Dec 31 23:59:59', '2026-01-01T00:00:05Z')).toBe('2025-12-31T23:59:59.000Z')
  expect(at('Jan  1 00:00:03', '2025-12-31T23:59:58Z')).toBe('2026-01-01T00:00:03.000Z')
  expect(at('Feb 29 12:00:00', '2026-03-01T00:00:00Z')).toBe('2024-02-29T12:00:00.000Z')
})

test('a date outside 1970 to 2099 leaves the event at the clock of the sensor', () => {
  for (const time of ['9999-12-31T23:59:59Z', '1601-01-01T00:00:00Z', '2100-01-01T00:00:00Z'])
    expect(read({ time, message: 'x' })).toMatchObject({ time: OBSERVED_AT, document: { time } })
  expect(read({ time: '2099-12-31T23:59:59Z', message: 'x' }).time.toISOString()).toBe('2099-12-31T23:59:59.000Z')
})

test('CEF inside syslog: header, escapes, blanks in values, unknown keys kept', () => {
  const event = read(
    '<134>Mar  1 11:00:00 fw1 CEF:0|Acme|Edge\\|Wall|2.1|100|Traffic denied|8|src=10.0.0.5 dst=192.0.2.8 spt=1024 dpt=445 proto=6 act=deny msg=blocked by rule a\\=b cs1Label=Policy cs1=Block all',
  )
  expect(event).toMatchObject({ dataset: 'cef', host: 'fw1', sourceIp: '10.0.0.5', logsource: { categories: ['firewall'] } })
  expect(pick(event, 'observer.product', 'rule.id', 'destination.port', 'network.transport', 'event.action', 'message', 'cef.extensions')).toEqual({
    'observer.product': 'Edge|Wall',
    'rule.id': '100',
    'destination.port': 445,
    'network.transport': 'tcp',
    'event.action': 'deny',
    message: 'blocked by rule a=b',
    'cef.extensions': { cs1Label: 'Policy', cs1: 'Block all' },
  })
})

test('CEF takes its time from rt, in the zone dtz names', () => {
  expect(read('CEF:0|A|B|1|2|n|3|rt=1772366400000 src=10.0.0.1').time.toISOString()).toBe('2026-03-01T12:00:00.000Z')
  expect(read('CEF:0|A|B|1|2|n|3|dtz=Europe/Madrid rt=Feb 27 2026 20:35:54').time.toISOString()).toBe('2026-02-27T19:35:54.000Z')
})

test.each([
  ['1.0', '\t', 'LEEF:1.0|Acme|Wall|1|deny|'],
  ['2.0 with a delimiter', '^', 'LEEF:2.0|Acme|Wall|1|deny|^|'],
  ['2.0 with a delimiter in hexadecimal', '^', 'LEEF:2.0|Acme|Wall|1|deny|x5E|'],
  ['2.0 without one', '\t', 'LEEF:2.0|Acme|Wall|1|deny|'],
])('LEEF %s', (_, delimiter, header) => {
  const event = read(
    `<134>Mar  1 11:00:00 fw1 ${header}${['src=10.0.0.5', 'dst=192.0.2.8', 'dstPort=445', 'usrName=ana', 'sev=5', 'note=a=b|c'].join(delimiter)}`,
  )
  expect(event).toMatchObject({ dataset: 'leef', host: 'fw1', sourceIp: '10.0.0.5', user: 'ana', logsource: { categories: ['firewall'] } })
  expect(pick(event, 'event.code', 'destination.port', 'leef')).toEqual({
    'event.code': 'deny',
    'destination.port': 445,
    leef: { sev: '5', note: 'a=b|c' },
  })
})

test('web access log: request, status, quotes inside the agent', () => {
  const event = read('203.0.113.9 - ana [28/Feb/2026:10:00:00 +0100] "GET /shop/item.php?id=1%27 HTTP/1.1" 404 152 "-" "curl \\"8\\""')
  expect(event).toMatchObject({
    dataset: 'web.access',
    user: 'ana',
    sourceIp: '203.0.113.9',
    time: new Date('2026-02-28T09:00:00Z'),
    logsource: { categories: ['webserver'] },
  })
  expect(pick(event, 'http.request.method', 'url', 'http.response.status_code', 'user_agent.original')).toEqual({
    'http.request.method': 'GET',
    url: { original: '/shop/item.php?id=1%27', path: '/shop/item.php', query: 'id=1%27', extension: 'php' },
    'http.response.status_code': 404,
    'user_agent.original': 'curl \\"8\\"',
  })
})

test('Okta: actor, client, outcome; its own fields stay', () => {
  const event = read({
    uuid: 'u-1',
    published: '2026-02-28T10:00:00.000Z',
    eventType: 'user.session.start',
    displayMessage: 'User login to Okta',
    outcome: { result: 'FAILURE', reason: 'INVALID_CREDENTIALS' },
    actor: { id: '00u1', type: 'User', alternateId: 'ana@corp.example', displayName: 'Ana' },
    client: { ipAddress: '203.0.113.9', userAgent: { rawUserAgent: 'x/1' } },
    securityContext: { isProxy: true },
  })
  expect(event).toMatchObject({ dataset: 'okta.system', user: 'ana', sourceIp: '203.0.113.9', logsource: { product: 'okta', service: 'okta' } })
  expect(pick(event, 'event.action', 'event.outcome', 'user.email', 'okta.securityContext.isProxy')).toEqual({
    'event.action': 'user.session.start',
    'event.outcome': 'failure',
    'user.email': 'ana@corp.example',
    'okta.securityContext.isProxy': true,
  })
})

test('CloudTrail: action, identity, region; its own fields stay', () => {
  const event = read({
    eventVersion: '1.08',
    eventTime: '2026-02-28T10:00:00Z',
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '203.0.113.9',
    userAgent: 'aws-cli',
    recipientAccountId: '123456789012',
    errorCode: 'AccessDenied',
    userIdentity: { type: 'IAMUser', userName: 'ana', principalId: 'AIDA1' },
  })
  expect(event).toMatchObject({ dataset: 'aws.cloudtrail', user: 'ana', logsource: { product: 'aws', service: 'cloudtrail' } })
  expect(pick(event, 'event.action', 'event.outcome', 'cloud.account.id', 'aws.cloudtrail.userIdentity.type')).toEqual({
    'event.action': 'StopLogging',
    'event.outcome': 'failure',
    'cloud.account.id': '123456789012',
    'aws.cloudtrail.userIdentity.type': 'IAMUser',
  })
})

test('JSON: common names move, others stay, a name ECS needs as an object is set aside', () => {
  const event = read({ ts: 1772366400, hostname: 'h1', user: 'ana', src_ip: '203.0.113.9', event: 'login', shop: { id: 7 } })
  expect(event).toMatchObject({ dataset: 'json', host: 'h1', user: 'ana', sourceIp: '203.0.113.9', time: new Date(1772366400000) })
  expect(pick(event, 'shop.id', 'json.event', 'event.kind')).toEqual({ 'shop.id': 7, 'json.event': 'login', 'event.kind': 'event' })
})

test('JSON that is ECS already passes as it is', () => {
  const sent = {
    '@timestamp': '2026-02-28T10:00:00.000Z',
    event: { kind: 'alert', dataset: 'shop.audit' },
    host: { name: 'h1' },
    user: { name: 'ana' },
    labels: { a: 'b' },
  }
  const event = read(sent)
  expect(event).toMatchObject({ dataset: 'shop.audit', host: 'h1', user: 'ana' })
  expect(event.document).toMatchObject(sent)
})

test('JSON inside syslog is read as JSON, with the header beside it', () => {
  const event = read(
    '<13>Mar  1 11:00:00 relay1 nxlog: {"EventID":4625,"Channel":"Security","Hostname":"dc1","SourceName":"Microsoft-Windows-Security-Auditing","TargetUserName":"ana"}',
  )
  expect(event).toMatchObject({ dataset: 'windows.flat', host: 'dc1', user: 'ana' })
})

test('logfmt keeps every pair', () => {
  const event = read('time=2026-02-28T10:00:00Z level=warn msg="two \\"words\\"" srcip=203.0.113.9 custom=7')
  expect(event).toMatchObject({ dataset: 'key_value', sourceIp: '203.0.113.9' })
  expect(pick(event, 'message', 'log.level', 'fields.custom')).toEqual({ message: 'two "words"', 'log.level': 'warn', 'fields.custom': '7' })
})

test('what nothing can read is kept whole and marked', () => {
  const event = read('just some words', { hints: { host: 'h9' }, peer: '192.0.2.1' })
  expect(event).toMatchObject({ dataset: 'unknown', parsed: false, host: 'h9', rawBytes: 15, document: { event: { original: 'just some words' } } })
})

test('a named format is used alone, and a record that is none of it is unknown', () => {
  const onlyCef = createNormalizer({ format: 'cef' })
  expect(onlyCef.normalize({ text: '<13>Feb 28 10:00:00 h app: x', observedAt: OBSERVED_AT })).toMatchObject({ parsed: false })
  expect(() => createNormalizer({ format: 'cfe' })).toThrow(/unknown format "cfe"/)
  expect(() => createNormalizer({ format: 'auto', timeZone: 'Europe/Madird' })).toThrow(/unknown time zone/)
})

test('explain tells every candidate, the surest first', () => {
  const { event, candidates } = createNormalizer({ format: 'auto' }).explain({
    text: '<86>Mar  1 11:59:58 web1 sshd[1]: Connection from 10.0.0.1 port 5 on 10.0.0.2 port 22',
    observedAt: OBSERVED_AT,
  })
  expect(event.dataset).toBe('linux.sshd')
  expect(candidates.map(({ format }) => format)).toEqual(['linux.sshd', 'syslog'])
})

test('hints of the transport stand in where the record is silent, and what else it said is kept', () => {
  const hints = { host: 'h5', time: new Date('2026-02-20T00:00:00Z'), path: '/var/log/a.log', sourcetype: 'shop', fields: { site: 'n1' } }
  for (const record of [{ message: 'x' }, 'no format reads this'])
    expect(read(record, { hints })).toMatchObject({
      host: 'h5',
      time: hints.time,
      document: { log: { file: { path: '/var/log/a.log' }, sourcetype: 'shop', fields: { site: 'n1' } } },
    })
  expect(read({ message: 'x', host: 'own' }, { hints }).host).toBe('own')
})

test.each([new Date('9999-01-01T00:00:00Z'), new Date(Number.NaN)])('a time nobody can mean is not taken from the transport: %s', (time) => {
  expect(read({ message: 'x' }, { hints: { time } }).time).toEqual(OBSERVED_AT)
})
