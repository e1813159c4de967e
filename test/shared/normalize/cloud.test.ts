import { expect, test } from 'vitest'
import { FORMATS } from '../../../shared/normalize/formats.ts'
import { shapeOf } from '../../../shared/sigma/taxonomies/shape-of.ts'
import { pick, read } from './read.ts'

const SIGN_IN = {
  time: '2026-03-01T09:20:11.5863957Z',
  category: 'NonInteractiveUserSignInLogs',
  operationName: 'Sign-in activity',
  resultType: '50126',
  callerIpAddress: '198.51.100.23',
  tenantId: 't1',
  properties: {
    userPrincipalName: 'mira.holt@acme.example',
    userId: 'u1',
    appDisplayName: 'Azure Portal',
    status: { failureReason: 'Invalid password' },
  },
}

test('a sign-in of Entra says who, from where and how it ended, and keeps the record under its vendor’s name', () => {
  const event = read(SIGN_IN)
  expect(event.logsource).toEqual({ product: 'azure', service: 'signinlogs', categories: [] })
  expect(event.time.toISOString()).toBe('2026-03-01T09:20:11.586Z')
  expect(pick(event, 'user.name', 'user.domain', 'user.email', 'source.ip', 'event.outcome', 'event.reason')).toEqual({
    'user.name': 'mira.holt',
    'user.domain': 'acme.example',
    'user.email': 'mira.holt@acme.example',
    'source.ip': '198.51.100.23',
    'event.outcome': 'failure',
    'event.reason': 'Invalid password',
  })
  expect(pick(event, 'azure.signinlogs.properties.appDisplayName', 'azure.signinlogs.category')).toEqual({
    'azure.signinlogs.properties.appDisplayName': 'Azure Portal',
    'azure.signinlogs.category': 'NonInteractiveUserSignInLogs',
  })
})

test('a value that moves without loss is kept once, one that changes on the way is kept as it was too', () => {
  const event = read({
    auditID: 'a1',
    verb: 'get',
    requestURI: '/healthz',
    user: { username: 'mira' },
    sourceIPs: ['198.51.100.23'],
    responseStatus: { code: 403 },
  })
  expect(
    pick(event, 'event.action', 'kubernetes.audit.verb', 'event.outcome', 'kubernetes.audit.responseStatus.code', 'source.ip', 'user.name'),
  ).toEqual({
    'event.action': 'get',
    'kubernetes.audit.verb': undefined,
    'event.outcome': 'failure',
    'kubernetes.audit.responseStatus.code': 403,
    'source.ip': '198.51.100.23',
    'user.name': 'mira',
  })
})

test('entries of a list of name and value are kept by name, one that comes twice with both its values', () => {
  const parameters = [
    { name: 'NEW_VALUE', value: 'false' },
    { name: 'ORG', value: 'IT' },
    { name: 'ORG', value: 'HR' },
    { name: '__proto__', value: 'x' },
  ]
  const event = read({
    id: { applicationName: 'admin', time: '2026-03-01T09:20:11Z' },
    actor: { email: 'mira@acme.example' },
    events: [{ name: 'A', parameters }],
  })
  expect(event.logsource.service).toBe('google_workspace.admin')
  expect(pick(event, 'google_workspace.parameters.NEW_VALUE', 'google_workspace.parameters.ORG')).toEqual({
    'google_workspace.parameters.NEW_VALUE': 'false',
    'google_workspace.parameters.ORG': ['IT', 'HR'],
  })
})

test('the source’s own record is never written to', () => {
  const record = { auditID: 'a1', verb: 'get', requestURI: '/healthz', user: { username: 'mira' } }
  const before = JSON.stringify(record)
  read('', { object: record })
  expect(JSON.stringify(record)).toBe(before)
})

test('what an object is called is an address only where it is one', () => {
  const record = { Workload: 'SharePoint', Operation: 'FileAccessed', RecordType: 6, CreationTime: '2026-03-01T09:20:11', ResultStatus: 'Succeeded' }
  const named = (ObjectId: string) => pick(read({ ...record, ObjectId }), 'url.path', 'o365.audit.ObjectId')
  expect(named('https://acme.example/a?b=1')).toEqual({ 'url.path': '/a', 'o365.audit.ObjectId': undefined })
  expect(named('cc15fd57')).toEqual({ 'url.path': undefined, 'o365.audit.ObjectId': 'cc15fd57' })
})

test('names of formats are each one format’s', () => {
  const names = FORMATS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('a record that only looks like a vendor’s is nobody’s', () => {
  for (const record of [
    {},
    { verb: 'get' },
    { auditID: null, verb: 'get', requestURI: '/' },
    { category: 'AuditLogs' },
    { action: 'login', actor: 'mira', created_at: 1 },
    { toString: 1, constructor: 2 },
  ])
    expect(shapeOf(record), JSON.stringify(record)).toBeUndefined()
})
