import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LIMITS } from '../../../shared/normalize/bounds.ts'
import { FORMATS } from '../../../shared/normalize/formats.ts'
import { createNormalizer } from '../../../shared/normalize/normalize.ts'
import { FULL } from '../../support/full.ts'
import { OBSERVED_AT, read } from './read.ts'

const RUNS = FULL ? 4 : 1

const everyNormalizer = ['auto', ...FORMATS.map(({ name }) => name)].map((format) => createNormalizer({ format }))

/** What must hold of any event: it can be stored, and nothing of it is lost or counted wrong. */
function expectStorable(text: string, object?: { readonly [key: string]: unknown }): void {
  for (const normalizer of everyNormalizer) {
    const event = normalizer.normalize({ text, object, observedAt: OBSERVED_AT })
    const json = JSON.stringify(event.document)
    // PostgreSQL's jsonb refuses both escapes: NUL, and a surrogate without its other half.
    expect(/(?<!\\)(?:\\\\)*\\u0000/.test(json) || /(?<!\\)(?:\\\\)*\\ud[89a-f]/i.test(json)).toBe(false)
    const year = event.time.getUTCFullYear()
    expect(year >= 1970 && year < 2100).toBe(true)
    expect(event.parsed || (event.document['event'] as { original?: string }).original !== undefined).toBe(true)
  }
}

test('T32 any text becomes an event that can be stored, in every format', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => expectStorable(text)),
    { numRuns: 75 * RUNS },
  )
})

const SEEDS = [
  '<34>1 2026-01-01T00:00:00Z h app 1 ID [a@1 b="c"] message',
  '<34>Oct 11 22:14:15 h sshd[1]: Failed password for invalid user x from 10.0.0.1 port 22 ssh2',
  '<86>Oct 11 22:14:15 h sudo: ana : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id',
  'CEF:0|V|P|1|2|name|3|src=10.0.0.1 msg=a\\=b cs1=x cs1Label=y rt=1700000000000',
  'LEEF:2.0|V|P|1|id|^|src=10.0.0.1^dst=10.0.0.2^devTime=1700000000000',
  '<Event xmlns="x"><System><Provider Name="P"/><EventID>1</EventID><Channel>c</Channel></System><EventData><Data Name="Image">&#0;&#xd800;</Data></EventData></Event>',
  'type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e exe="/bin/cat" key=(null)',
  '10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 23 "-" "x"',
  '2026/10/05 13:02:01 [error] 1#1: *4 open() failed, client: 10.0.0.1, server: s, request: "GET / HTTP/1.1", host: "h"',
  'IN=eth0 OUT= MAC=00:00:00:00:00:00:00:00:00:00:00:00:08:00 SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=2',
  '{"EventID":1,"Channel":"Security","Hostname":"h","Image":"C:\\\\a.exe","EventTime":"2026-01-01 00:00:00"}',
  '{"Event":{"System":{"EventID":{"#text":1},"Channel":"x"},"EventData":{"Data":["a"]}}}',
  '{"@timestamp":"2026-01-01T00:00:00Z","winlog":{"event_id":1,"event_data":{"Image":1}},"event":"x","host":[]}',
]

test('T32 real records, cut, doubled and overwritten anywhere, still become events', () => {
  const mutation = fc.record({
    seed: fc.constantFrom(...SEEDS),
    at: fc.nat(300),
    remove: fc.nat(40),
    insert: fc.string({ unit: 'binary', maxLength: 20 }),
  })
  fc.assert(
    fc.property(mutation, ({ seed, at, remove, insert }) => expectStorable(seed.slice(0, at) + insert + seed.slice(at + remove))),
    { numRuns: 150 * RUNS },
  )
})

/** With every name as a property of its own, `__proto__` too, as `JSON.parse` makes them. */
function toObject(entries: readonly (readonly [string, unknown])[]): { [name: string]: unknown } {
  const made: { [name: string]: unknown } = {}
  for (const [name, value] of entries) Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true })
  return made
}

test('T32 any JSON under the names formats look for still becomes an event', () => {
  const key = fc.constantFrom(
    'Event',
    'System',
    'EventData',
    'EventID',
    'Channel',
    'winlog',
    'event_data',
    'event',
    'host',
    '@timestamp',
    'user',
    'log',
    'related',
    'eventType',
    'published',
    'actor',
    'eventName',
    'eventSource',
    'awsRegion',
    '__proto__',
    'constructor',
    'Hashes',
    'ProcessId',
    'process',
    'toString',
    'hasOwnProperty',
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.double(),
      fc.constant(null),
      fc.boolean(),
      fc.array(tie('tree'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.array(fc.tuple(key, tie('tree')), { maxLength: 6 }).map(toObject),
  }))
  fc.assert(
    fc.property(fc.array(fc.tuple(key, tree), { minLength: 1, maxLength: 8 }), (entries) => {
      const object = toObject(entries)
      expectStorable('', object)
      expectStorable(JSON.stringify(object))
    }),
    { numRuns: 100 * RUNS },
  )
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('T7 a key named __proto__ reaches no prototype and its value is kept', () => {
  const event = read('{"__proto__":{"polluted":true},"EventID":1,"Channel":"Security","constructor":{"prototype":{"polluted":true}}}')
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  expect(Object.getPrototypeOf(event.document)).toBe(Object.prototype)
  expect(JSON.stringify(event.document)).toContain('"_proto_":{"polluted":true}')
})

test('T7 depth and key count are bounded at their limits, and a cut record keeps its text', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  const wide = (keys: number) => JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])))
  const original = (text: string) => (read(text).document['event'] as { original?: string }).original
  expect([original(nested(LIMITS.depth)), original(wide(LIMITS.keys))]).toEqual([undefined, undefined])
  for (const text of [nested(LIMITS.depth + 1), nested(10_000), wide(LIMITS.keys + 1), wide(10_000)]) {
    expect(original(text)).toBe(text)
    expect(JSON.stringify(read(text).document).length).toBeLessThan(text.length * 3 + 1_000)
  }
})

test('T7 NUL and lone surrogates become U+FFFD, raw and escaped', () => {
  expect(read('<13>Feb 28 10:00:00 h app: a\0b\ud800c').document['message']).toBe('a\ufffdb\ufffdc')
  expect(read('{"message":"a\\u0000b\\udc00c","k\\u0000":1}').document).toMatchObject({ message: 'a\ufffdb\ufffdc', 'k\ufffd': 1 })
})

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('A15 %s as a value is looked up in no prototype', (word) => {
  const records = [
    `{"outcome":"${word}","time":"2026-01-01T00:00:00Z"}`,
    `CEF:0|V|P|1|2|name|3|proto=${word} outcome=${word}`,
    `{"eventType":"user.session.start","published":"2026-01-01T00:00:00Z","uuid":"u","actor":{},"outcome":{"result":"${word}"}}`,
    `{"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Level":"${word}","Protocol":"${word}","EventTime":"2026-01-01 00:00:00"}`,
    `{"EventID":"${word}","Channel":"${word}","Hashes":"MD5=d41d8cd98f00b204e9800998ecf8427e","EventTime":"2026-01-01 00:00:00"}`,
    `<Event xmlns="x"><System><Provider Name="P"/><EventID>1</EventID><Channel>c</Channel></System><EventData><Data Name="Image">&${word.slice(0, 8)};</Data></EventData></Event>`,
  ]
  for (const text of records) {
    const event = read(text)
    expect(event.parsed).toBe(true)
    // What came from a prototype would be a function or an object of its own, and JSON would drop it or change it.
    expect(JSON.parse(JSON.stringify(event.document))).toStrictEqual(event.document)
    const outcome = (event.document['event'] as { outcome?: unknown }).outcome
    expect([undefined, 'success', 'failure', 'unknown']).toContain(outcome)
    const transport = (event.document['network'] as { transport?: unknown } | undefined)?.transport
    expect(['undefined', 'string']).toContain(typeof transport)
  }
})
