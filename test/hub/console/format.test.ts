import { expect, test } from 'vitest'
import { queryString } from '../../../hub/console/api/client.ts'
import { renewInMs } from '../../../hub/console/api/session.ts'
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatRelative,
  humanize,
} from '../../../hub/console/format.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

test('what is absent is a dash, and zero is zero', () => {
  expect([formatCompact(null), formatRate(undefined), formatBytes(null), formatDuration(null), formatPercent(undefined)]).toEqual([
    '–',
    '–',
    '–',
    '–',
    '–',
  ])
  expect([formatCompact(0), formatRate(0), formatBytes(0), formatDuration(0), formatPercent(0)]).toEqual(['0', '0', '0 B', '0s', '0%'])
})

test('a share is all or none only where it is', () => {
  expect([0.99999, 1, 0.00001, 0.5].map(formatPercent)).toEqual(['> 99.9%', '100%', '< 0.1%', '50%'])
})

test('sizes go up at 1024', () => {
  expect([1_023, 1_024, 1_536, 10_485_760, 1_099_511_627_776].map(formatBytes)).toEqual(['1,023 B', '1 KB', '1.5 KB', '10 MB', '1 TB'])
})

test('a duration shows its two largest units', () => {
  expect([59, 60, 90, 3_600, 90_061, 86_400].map(formatDuration)).toEqual(['59s', '1m', '1m 30s', '1h', '1d 1h', '1d'])
})

test('a relative time changes unit at its boundary', () => {
  const ago = (seconds: number) => formatRelative(new Date(NOW - seconds * 1_000), NOW)
  expect(ago(4)).toBe('now')
  expect(ago(59)).toBe('59s ago')
  expect(ago(60)).toBe('1m ago')
  expect(ago(3_600)).toBe('1h ago')
  expect(formatRelative(new Date(NOW + 7_200_000), NOW)).toBe('in 2h')
})

test('names of fields and tactics become words', () => {
  expect(humanize('defense_evasion')).toBe('Defense evasion')
  expect(humanize('udp_port')).toBe('UDP port')
  expect(humanize('tls_client_ca')).toBe('TLS client CA')
})

test('a query leaves out what is not set and joins lists', () => {
  expect(queryString({ a: undefined, b: '', c: [], d: 0, e: ['x', 'y'], f: false })).toBe('?d=0&e=x%2Cy&f=false')
  expect(queryString()).toBe('')
})

test('a session is renewed with a fifth of its life left, and never at once', () => {
  expect(renewInMs({ expiresAtMs: NOW + 900_000, lifetimeMs: 900_000 }, NOW)).toBe(720_000)
  expect(renewInMs({ expiresAtMs: NOW + 100, lifetimeMs: 900_000 }, NOW)).toBe(1_000)
})

test('one of something is not called many', () => {
  expect([0, 1, 1_200].map((value) => formatCount(value, 'event'))).toEqual(['0 events', '1 event', '1,200 events'])
})
