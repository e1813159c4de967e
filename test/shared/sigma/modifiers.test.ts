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

test('M2 all over a single value means nothing and is tolerated', () => {
  expect([on('f|contains|all', 'a', 'xax'), on('f|contains|all', ['a'], 'xax'), on('f|contains|all', ['a'], 'x')]).toEqual([true, true, false])
})

test('M3 exists asks for presence, not for a value', () => {
  expect([{ f: '' }, { f: null }, {}].map((event) => fires(selecting('f|exists', true), event))).toEqual([true, true, false])
  expect([{ f: '' }, {}].map((event) => fires(selecting('f|exists', false), event))).toEqual([false, true])
})

test('M3 exists takes true or false and nothing else', () => {
  for (const value of ['yes', 1, null, [true, false]]) expect(refusal(selecting('f|exists', value))).toMatchObject({ code: 'modifier', line: 6 })
})

test('M4 cased keeps case; without it case is ignored', () => {
  expect([on('f|cased', 'Ab', 'Ab'), on('f|cased', 'Ab', 'ab'), on('f', 'Ab', 'aB')]).toEqual([true, false, true])
  expect([on('f|contains|cased', 'Ab', 'xAbx'), on('f|contains|cased', 'Ab', 'xabx')]).toEqual([true, false])
})

test('M5 neq is the negation of the item, so it holds for an absent field', () => {
  expect([on('f|neq', 'a', 'A'), on('f|neq', 'a', 'b'), fires(selecting('f|neq', 'a'), {})]).toEqual([false, true, true])
})

test('M5 neq goes with lists, numbers, positions, comparisons and existence', () => {
  expect(['a', 'b', 'c'].map((text) => on('f|neq', ['a', 'b'], text))).toEqual([false, false, true])
  expect([on('f|neq', 5, '5'), on('f|neq', 5, 6)]).toEqual([false, true])
  expect([on('f|contains|neq', 'a', 'xax'), on('f|neq|contains', 'a', 'xax'), on('f|neq|contains', 'a', 'x')]).toEqual([false, false, true])
  expect([on('f|gt|neq', 5, 6), on('f|gt|neq', 5, 5)]).toEqual([false, true])
  expect(fires(selecting('f|exists|neq', true), {})).toBe(true)
})

test('M6 windash takes every dash Windows takes, in parameter position only', () => {
  const dashes = ['-', '/', '–', '—', '―', '+']
  expect(dashes.map((dash) => on('f|contains|windash', ' -enc', `x.exe ${dash}enc`))).toEqual([true, true, true, true, true, false])
  expect(on('f|windash', '-param-name', '/param-name')).toBe(true)
  expect(on('f|windash', '-param-name', '/param/name')).toBe(false)
})

test('M6 windash takes a rule that is written with any of the dashes', () => {
  for (const written of ['-enc', '/enc', '–enc', '—enc', '―enc']) {
    expect(['-', '/', '–', '—', '―'].map((dash) => on('f|windash', written, `${dash}enc`))).toEqual(Array(5).fill(true))
  }
  expect(on('f|windash', 'a-b', 'a/b')).toBe(false)
})

test('M6 windash takes each combination of several dashes, also beside wildcards, and refuses more than can be meant', () => {
  expect(on('f|windash', '-a* -b', '/a x –b')).toBe(true)
  expect(on('f|contains|windash', ' -a -b', 'x —a /b')).toBe(true)
  expect(refusal(selecting('f|windash', ' -a -b -c -d -e -f'))).toMatchObject({ code: 'modifier', reason: expect.stringContaining('variants') })
})

test('M7 re is case-sensitive and found anywhere; i, m and s change that', () => {
  expect([on('f|re', 'b+c', 'abbc'), on('f|re', 'B', 'b'), on('f|re|i', 'B[x-z]', 'bY')]).toEqual([true, false, true])
  expect([on('f|re', '^b', 'a\nb'), on('f|re|m', '^b', 'a\nb')]).toEqual([false, true])
  expect([on('f|re', 'a.b', 'a\nb'), on('f|re|s', 'a.b', 'a\nb')]).toEqual([false, true])
})

test("M7 pySigma's long names of the flags mean the same", () => {
  expect([on('f|re|ignorecase', 'B', 'b'), on('f|re|multiline', '^b', 'a\nb'), on('f|re|dotall', 'a.b', 'a\nb')]).toEqual([true, true, true])
  expect(on('f|re|i|m|s', '^B.c', 'a\nb\nc')).toBe(true)
  for (const key of ['f|i', 'f|contains|i', 'f|ignorecase']) expect(refusal(selecting(key, 'a'))).toMatchObject({ code: 'modifier', line: 6 })
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

test('M8 base64 takes numbers, escaped wildcards and text beyond ASCII as they are', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  expect([on('f|base64', 4624, encoded('4624')), on('f|base64', 'a\\*', encoded('a*')), on('f|base64', 'é😀', encoded('é😀'))]).toEqual([
    true,
    true,
    true,
  ])
  for (const key of ['f|contains|base64', 'f|base64offset|base64|re'])
    expect(refusal(selecting(key, 'a'))).toMatchObject({ code: 'modifier', line: 6 })
})

test('M9 wide, utf16be and utf16 encode before base64', () => {
  const encoded = (bytes: Buffer) => bytes.toString('base64')
  expect(on('f|wide|base64offset|contains', 'ping', encoded(Buffer.from('a ping b', 'utf16le')))).toBe(true)
  expect(on('f|utf16le|base64', 'ping', encoded(Buffer.from('ping', 'utf16le')))).toBe(true)
  expect(on('f|utf16be|base64', 'ping', encoded(Buffer.from('ping', 'utf16le').swap16()))).toBe(true)
  expect(on('f|utf16|base64', 'ping', encoded(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('ping', 'utf16le')])))).toBe(true)
})

test('M9 utf16 begins with its byte order mark FF FE, and nothing is encoded twice', () => {
  expect(on('f|utf16|base64', 'a', Buffer.from([0xff, 0xfe, 0x61, 0]).toString('base64'))).toBe(true)
  expect(on('f|wide|contains', 'ab', 'x a\0b\0')).toBe(true)
  for (const key of ['f|base64|wide|utf16', 'f|wide|utf16le']) expect(refusal(selecting(key, 'a'))).toMatchObject({ code: 'modifier', line: 6 })
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

test('M10 a comparison with what is no number is refused, at the value', () => {
  expect(refusal(selecting('f|lt', 'ten'))).toMatchObject({ code: 'modifier', line: 6 })
  expect(refusal('s:\n  f|gte:\n    - 1\n    - Infinity\ncondition: s')).toMatchObject({ code: 'modifier', line: 8 })
  expect([on('f|gt', -1.5, -1), on('f|lt', '10', 9), on('f|lte', [1, 5], 4)]).toEqual([true, true, true])
})

test('M11 date parts are read as written; weeks are ISO weeks', () => {
  const at = '2025-12-29T23:05:01+09:00'
  expect(Object.entries({ minute: 5, hour: 23, day: 29, week: 1, month: 12, year: 2025 }).map(([part, value]) => on(`f|${part}`, value, at))).toEqual(
    Array(6).fill(true),
  )
  expect([on('f|hour|gte', 22, at), on('f|hour|lt', 6, at)]).toEqual([true, false])
})

test('M11 a date part may be one of several, differ, and is asked of dates alone', () => {
  const at = '2025-12-29T23:05:01Z'
  expect([on('f|hour', [1, 23], at), on('f|hour|neq', 23, at), on('f|hour|neq', 22, at), on('f|lt|hour', 24, at)]).toEqual([true, false, true, true])
  expect([on('f|hour', 23, 'soon'), on('f|year', 2025, '')]).toEqual([false, false])
  expect(refusal(selecting('f|hour', 'late'))).toMatchObject({ code: 'modifier', line: 6 })
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
  expect(['::10.1.2.3', '::a01:203', '::ffff:10.1.2.3', '10.1.2.3'].map((text) => on('f|cidr', '::10.0.0.0/104', text))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(on('f|cidr', '10.0.0.0/8', '::10.1.2.3')).toBe(false)
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

test('M14 fieldref goes with each position, before it or after, and keeps case only where cased', () => {
  const event = { f: 'Adm', start: 'admin', end: 'x adm', middle: 'x adm y' }
  const position = (word: string, field: string) =>
    [`${field}|fieldref|${word}`, `${field}|${word}|fieldref`].map((key) => fires(selecting(key, 'f'), event))
  expect([position('startswith', 'start'), position('endswith', 'end'), position('contains', 'middle')]).toEqual(Array(3).fill([true, true]))
  expect([position('startswith', 'end'), position('endswith', 'start'), position('contains', 'none')]).toEqual(Array(3).fill([false, false]))
  expect(fires(selecting('start|fieldref|startswith|neq', 'f'), event)).toBe(false)
  expect(fires(selecting('start|fieldref|startswith|cased', 'f'), event)).toBe(false)
})

test('M14 the name of a field has no wildcard', () => {
  expect(refusal(selecting('f|fieldref', 'other*'))).toMatchObject({ code: 'modifier', line: 6, reason: expect.stringContaining('wildcards') })
})

test('M15 an unknown modifier is refused by name, at its line', () => {
  expect(refusal(selecting('f|sounds', 'a'))).toEqual({
    code: 'unsupported_modifier',
    line: 6,
    reason: 'selection: f|sounds: there is no modifier "sounds"',
  })
})

test('M15 modifiers work from left to right, and those that cannot follow one another are refused at their line', () => {
  expect(on('f|wide|base64offset|contains', 'ping', Buffer.from('a ping b', 'utf16le').toString('base64'))).toBe(true)
  for (const key of [
    'f|re|contains',
    'f|cidr|contains',
    'f|exists|contains',
    'f|gt|startswith',
    'f|contains|re',
    'f|base64|re',
    'f|re|cidr',
    'f|cidr|gt',
  ])
    expect(refusal(selecting(key, key.includes('exists') ? true : '10.0.0.0/8'))).toMatchObject({ code: 'modifier', line: 6 })
})
