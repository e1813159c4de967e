import { expect, test } from 'vitest'
import { fires, refusal, selecting } from '../../support/sigma.ts'

const on = (key: string, value: unknown, found: unknown) => fires(selecting(key, value), { f: found })

test('M1 contains, startswith and endswith look anywhere, at the start, at the end', () => {
  expect(['xaby', 'aby', 'xab', 'ab'].map((text) => on('f|contains', 'ab', text))).toEqual([true, true, true, true])
  expect(['xaby', 'aby', 'xab', 'ab'].map((text) => on('f|startswith', 'ab', text))).toEqual([false, true, false, true])
  expect(['xaby', 'aby', 'xab', 'ab'].map((text) => on('f|endswith', 'ab', text))).toEqual([false, false, true, true])
})

test('M1 wildcards inside the value still work under contains', () => {
  expect(['xa-bx', 'xabx', 'ba'].map((text) => on('f|contains', 'a*b', text))).toEqual([true, true, false])
})

test('M2 all needs every value of the list', () => {
  expect(['a b', 'a', 'b a'].map((text) => on('f|contains|all', ['a', 'b'], text))).toEqual([true, false, true])
})

test('M2 all without a field needs every keyword, in whichever field', () => {
  const keywords = 'selection:\n  "|all":\n    - one\n    - two\ncondition: selection'
  expect(fires(keywords, { x: 'ONE', y: { z: 'is two' } })).toBe(true)
  expect(fires(keywords, { x: 'one' })).toBe(false)
})

test('M3 exists asks for presence, not for a value', () => {
  expect([{ f: '' }, { f: null }, {}].map((event) => fires(selecting('f|exists', true), event))).toEqual([true, true, false])
  expect([{ f: '' }, {}].map((event) => fires(selecting('f|exists', false), event))).toEqual([false, true])
})

test('M4 cased keeps case; without it case is ignored', () => {
  expect([on('f|cased', 'Ab', 'Ab'), on('f|cased', 'Ab', 'ab'), on('f', 'Ab', 'aB')]).toEqual([true, false, true])
  expect([on('f|contains|cased', 'Ab', 'xAbx'), on('f|contains|cased', 'Ab', 'xabx')]).toEqual([true, false])
})

test('M5 neq is the negation of the item, so it holds for an absent field', () => {
  expect([on('f|neq', 'a', 'A'), on('f|neq', 'a', 'b'), fires(selecting('f|neq', 'a'), {})]).toEqual([false, true, true])
})

test('M6 windash takes every dash Windows takes, in parameter position only', () => {
  const dashes = ['-', '/', '–', '—', '―', '+']
  expect(dashes.map((dash) => on('f|contains|windash', ' -enc', `x.exe ${dash}enc`))).toEqual([true, true, true, true, true, false])
  expect(on('f|windash', '-param-name', '/param-name')).toBe(true)
  expect(on('f|windash', '-param-name', '/param/name')).toBe(false)
})

test('M7 re is case-sensitive and found anywhere; i, m and s change that', () => {
  expect([on('f|re', 'b+c', 'abbc'), on('f|re', 'B', 'b'), on('f|re|i', 'B[x-z]', 'bY')]).toEqual([true, false, true])
  expect([on('f|re', '^b', 'a\nb'), on('f|re|m', '^b', 'a\nb')]).toEqual([false, true])
  expect([on('f|re', 'a.b', 'a\nb'), on('f|re|s', 'a.b', 'a\nb')]).toEqual([false, true])
})

test('M7 what real rules use works: inline flags, shorthands, groups, lazy quantifiers, classes', () => {
  expect(on('f|re', '(?i)POWER(?:shell|cat)\\s+-\\w{3}', 'powerSHELL  -enc')).toBe(true)
  expect(on('f|re', '(?i)[A-F]{2}[^g]', 'abH')).toBe(true)
  expect(on('f|re', '(?i)[A-F]{2}[^g]', 'abG')).toBe(false)
  expect(on('f|re', 'a(?i:B)c', 'abc')).toBe(true)
  expect(on('f|re', 'a(?i:B)c', 'abC')).toBe(false)
  expect(on('f|re', '\\x41bc', 'xAbcx')).toBe(true)
})

test('M7 look-around and back-references are refused with their reason', () => {
  expect(refusal(selecting('f|re', '(?=a)b'))).toMatchObject({ code: 'regex', reason: expect.stringContaining('look-around') })
  expect(refusal(selecting('f|re', '(a)\\1'))).toMatchObject({ code: 'regex', reason: expect.stringContaining('back-references') })
  expect(refusal(selecting('f|re', '(a'))).toMatchObject({ code: 'regex', line: 6 })
})

test('M8 base64offset finds a text at each of its three places inside encoded text', () => {
  for (const before of ['', 'x', 'xy', 'xyz']) {
    const encoded = Buffer.from(`${before}http://a and more`).toString('base64')
    expect(on('f|base64offset|contains', 'http://a', encoded)).toBe(true)
  }
  expect(on('f|base64offset|contains', 'http://a', Buffer.from('ftp://a').toString('base64'))).toBe(false)
})

test('M8 base64 encodes the value, and refuses one with wildcards', () => {
  expect(on('f|base64|contains', 'foobar', `x ${Buffer.from('foobar').toString('base64')} y`)).toBe(true)
  expect(refusal(selecting('f|base64', 'a*'))?.code).toBe('modifier')
})

test('M9 wide, utf16be and utf16 encode before base64', () => {
  const encoded = (bytes: Buffer) => bytes.toString('base64')
  expect(on('f|wide|base64offset|contains', 'ping', encoded(Buffer.from('a ping b', 'utf16le')))).toBe(true)
  expect(on('f|utf16le|base64', 'ping', encoded(Buffer.from('ping', 'utf16le')))).toBe(true)
  expect(on('f|utf16be|base64', 'ping', encoded(Buffer.from('ping', 'utf16le').swap16()))).toBe(true)
  expect(on('f|utf16|base64', 'ping', encoded(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('ping', 'utf16le')])))).toBe(true)
})

test('M10 lt, lte, gt and gte compare numbers, also those written as text', () => {
  const each = (value: unknown) => ['lt', 'lte', 'gt', 'gte'].map((operator) => on(`f|${operator}`, 10, value))
  expect([each(9), each('10'), each(11), each('ten'), each('')]).toEqual([
    [true, true, false, false],
    [false, true, false, true],
    [false, false, true, true],
    [false, false, false, false],
    [false, false, false, false],
  ])
})

test('M11 date parts are read as written; weeks are ISO weeks', () => {
  const at = '2025-12-29T23:05:01+09:00'
  expect(Object.entries({ minute: 5, hour: 23, day: 29, week: 1, month: 12, year: 2025 }).map(([part, value]) => on(`f|${part}`, value, at))).toEqual(
    Array(6).fill(true),
  )
  expect([on('f|hour|gte', 22, at), on('f|hour|lt', 6, at)]).toEqual([true, false])
})

test('M12 cidr knows IPv4 and IPv6 networks and takes no other text for an address', () => {
  expect(['10.1.2.3', '11.0.0.1', '::ffff:10.0.0.1', '10', '', 'x'].map((text) => on('f|cidr', '10.0.0.0/8', text))).toEqual([
    true,
    false,
    true,
    false,
    false,
    false,
  ])
  expect(['fe80::1', 'fec0::1'].map((text) => on('f|cidr', 'fe80::/10', text))).toEqual([true, false])
  expect(refusal(selecting('f|cidr', '10.0.0.0/99'))?.code).toBe('modifier')
})

test('M13 expand without placeholder values is refused; a percent sign without expand is text', () => {
  expect(refusal(selecting('f|expand', '%admins%'))).toMatchObject({
    code: 'expand_without_placeholders',
    reason: expect.stringContaining('%admins%'),
  })
  expect(on('f', '%admins%', '%ADMINS%')).toBe(true)
})

test('M14 fieldref compares two fields of the event, also by position and negated', () => {
  const event = { f: 'Admin', g: 'ADMIN', h: 'the admin' }
  expect([
    fires(selecting('f|fieldref', 'g'), event),
    fires(selecting('f|fieldref', 'h'), event),
    fires(selecting('f|fieldref', 'x'), event),
  ]).toEqual([true, false, false])
  expect(fires(selecting('h|fieldref|endswith', 'f'), event)).toBe(true)
  expect([fires(selecting('f|fieldref|neq', 'g'), event), fires(selecting('f|fieldref|neq', 'h'), event)]).toEqual([false, true])
})

test('M15 an unknown modifier is refused by name, at its line', () => {
  expect(refusal(selecting('f|sounds', 'a'))).toEqual({
    code: 'unsupported_modifier',
    line: 6,
    reason: 'selection: f|sounds: there is no modifier "sounds"',
  })
})
