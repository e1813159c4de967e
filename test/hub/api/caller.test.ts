import { expect, test } from 'vitest'
import { callerOf } from '../../../hub/api/middleware/request-log.ts'

test.each([
  ['no proxy is trusted: the peer, whatever it says', '192.0.2.1', '198.51.100.7', [], '192.0.2.1'],
  ['a peer that is no proxy', '192.0.2.1', '198.51.100.7', ['192.0.2.2'], '192.0.2.1'],
  ['a proxy', '127.0.0.1', '198.51.100.7', ['127.0.0.1'], '198.51.100.7'],
  ['a proxy of a network, over a dual-stack socket', '::ffff:10.1.2.3', '198.51.100.7', ['10.0.0.0/8'], '198.51.100.7'],
  ['what the caller wrote before the proxy', '127.0.0.1', '127.0.0.1, 198.51.100.7', ['127.0.0.1'], '198.51.100.7'],
  ['two proxies', '127.0.0.1', '203.0.113.5, 198.51.100.7, 10.0.0.9', ['127.0.0.1', '10.0.0.0/8'], '198.51.100.7'],
  ['IPv6', 'fd00::1', '2001:db8::7', ['fd00::/8'], '2001:db8::7'],
  ['a proxy that names nobody', '127.0.0.1', undefined, ['127.0.0.1'], '127.0.0.1'],
  ['a proxy that forwards nonsense', '127.0.0.1', '<script>', ['127.0.0.1'], '127.0.0.1'],
])('who calls, behind %s', (_name, peer, forwardedFor, trusted, expected) => {
  expect(callerOf(peer, forwardedFor, trusted)).toBe(expected)
})
