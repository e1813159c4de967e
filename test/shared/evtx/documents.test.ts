import { expect, test } from 'vitest'
import { readEvtxChunk } from '../../../shared/evtx/evtx.ts'
import {
  type BuiltElement,
  type BuiltValue,
  buildChunk,
  element,
  embedded,
  nothing,
  processCreation,
  raw,
  sub,
  utf16,
} from '../../support/evtx-builder.ts'

/** The one record's document and what was lost. */
function read(root: BuiltElement, values?: readonly BuiltValue[]) {
  const { records, losses } = readEvtxChunk(buildChunk([{ id: 7, root, values }]), 4_096)
  return { document: records[0]?.document, losses }
}
const documentOf = (root: BuiltElement, values?: readonly BuiltValue[]) => {
  const { document, losses } = read(root, values)
  expect(losses).toEqual([])
  return document
}
/** A value as it comes out of the element `v`. */
const decoded = (value: BuiltValue) => documentOf(element('e', {}, element('v', {}, sub(0))), [value])?.['e']

test('a record by template is evtx_dump’s Event.System and Event.EventData', () => {
  const { records, losses, slackRecords } = readEvtxChunk(buildChunk([processCreation(5, { commandLine: 'cmd /c' }), processCreation(6)]), 4_096)
  expect(losses).toEqual([])
  expect(slackRecords).toBe(0)
  expect(records.map(({ id, offset, writtenAt }) => ({ id, offset, writtenAt }))).toEqual([
    { id: 5, offset: 4_096 + 512, writtenAt: '2024-01-01T00:00:00.000000Z' },
    { id: 6, offset: expect.any(Number), writtenAt: '2024-01-01T00:00:00.000000Z' },
  ])
  expect(records[0]?.document).toEqual({
    Event: {
      '#attributes': { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
      System: {
        Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
        EventID: 1,
        TimeCreated: { '#attributes': { SystemTime: '2024-01-01T00:00:00.000000Z' } },
        Channel: 'Microsoft-Windows-Sysmon/Operational',
        Computer: 'host-1',
      },
      EventData: { Image: 'C:\\Windows\\System32\\cmd.exe', CommandLine: 'cmd /c' },
    },
  })
})

test.each<[string, BuiltValue, unknown]>([
  ['text', utf16('Grüße ☃'), 'Grüße ☃'],
  ['text with the zero its provider counted', utf16('abc\0\0'), 'abc'],
  ['text with blanks at its ends', utf16(' a '), ' a '],
  ['text of one byte a character', raw(2, '61 e9 00'), 'aé'],
  ['int8', raw(3, 'ff'), -1],
  ['uint8', raw(4, 'ff'), 255],
  ['int16', raw(5, 'feff'), -2],
  ['uint16', raw(6, 'feff'), 65_534],
  ['int32', raw(7, 'fdffffff'), -3],
  ['uint32', raw(8, 'fdffffff'), 4_294_967_293],
  ['int64', raw(9, 'fcffffffffffffff'), -4],
  ['int64 beyond a double', raw(9, '0100000000000080'), '-9223372036854775807'],
  ['uint64', raw(10, 'ffffffffffff1f00'), Number.MAX_SAFE_INTEGER],
  ['uint64 beyond a double', raw(10, 'ffffffffffffffff'), '18446744073709551615'],
  ['real32', raw(11, '0000c03f'), 1.5],
  ['real64', raw(12, '000000000000f87f'), 'NaN'],
  ['true', raw(13, '01000000'), true],
  ['false', raw(13, '00000000'), false],
  ['binary', raw(14, '00ff10'), '00FF10'],
  ['GUID', raw(15, '5f387057 2ac2 e043 bf4c 06f5698ffbd9'), '5770385F-C22A-43E0-BF4C-06F5698FFBD9'],
  ['size_t of 32 bits', raw(16, '10000000'), '0x10'],
  ['size_t of 64 bits', raw(16, '1000000001000000'), '0x100000010'],
  ['FILETIME', raw(17, '71fde17eb545dc01'), '2025-10-25T13:44:33.440907Z'],
  ['FILETIME before 1970', raw(17, '0100000000000000'), '1601-01-01T00:00:00.000000Z'],
  ['FILETIME no calendar has', raw(17, 'ffffffffffffff7f'), '0x7fffffffffffffff'],
  ['SYSTEMTIME', raw(18, 'e907 0a00 0600 1900 0d00 2c00 2100 b801'), '2025-10-25T13:44:33.440000Z'],
  ['SID', raw(19, '01 05 000000000005 15000000 01000000 02000000 03000000 f4010000'), 'S-1-5-21-1-2-3-500'],
  ['hex of 32 bits', raw(20, 'e3295200'), '0x5229e3'],
  ['hex of 64 bits', raw(21, '0000000000000080'), '0x8000000000000000'],
  ['event handle', raw(32, '2a00000000000000'), '0x2a'],
  ['XML as text', { ...utf16('<a/>'), type: 35 }, '<a/>'],
  ['array of text', { ...utf16('one\0two\0'), type: 0x81 }, ['one', 'two']],
  ['array of text without the last zero', { ...utf16('one\0two'), type: 0x81 }, ['one', 'two']],
  ['array of uint16', raw(0x86, '0100 0200'), [1, 2]],
  ['array of GUIDs', raw(0x8f, '00'.repeat(16)), ['00000000-0000-0000-0000-000000000000']],
  ['array of SIDs', raw(0x93, '01 01 000000000005 12000000'.repeat(2)), ['S-1-5-18', 'S-1-5-18']],
  ['nothing', nothing, null],
  ['a number of no bytes', raw(8, ''), null],
])('%s', (_, value, expected) => {
  expect(decoded(value)).toEqual({ v: expected })
})

test.each<[string, BuiltValue]>([
  ['a type that does not exist', raw(0x7e, '00')],
  ['a number cut short', raw(8, '0000')],
  ['a GUID cut short', raw(15, '00')],
  ['a SID shorter than it says', raw(19, '01 05 000000000005 15000000')],
  ['an array whose last item is cut', raw(0x86, '0100 02')],
])('%s loses the record and says which', (_, value) => {
  const { document, losses } = read(element('e', {}, sub(0)), [value])
  expect(document).toBeUndefined()
  expect(losses).toEqual([{ kind: 'record', offset: 4_096 + 512, reason: expect.any(String), recordId: 7 }])
})

test('text, CDATA, entities and characters are joined; a value alone keeps its type', () => {
  const root = element(
    'e',
    {},
    element('joined', {}, 'a', { entity: 'lt' }, { cdata: '<b>' }, { character: 0x263a }, { entity: 'unknown' }, sub(0)),
    element('alone', {}, sub(0)),
  )
  expect(documentOf(root, [raw(8, '05000000')])).toEqual({ e: { joined: 'a<<b>☺&unknown;5', alone: 5 } })
})

test('attributes without a value are left out; text beside attributes or elements is #text', () => {
  const root = element(
    'e',
    {},
    element('EventID', { Qualifiers: sub(0), Other: sub(1) }, sub(2)),
    element('Correlation', { ActivityID: sub(1) }),
    element('mixed', {}, 'text', element('in', {}, 'x')),
  )
  expect(documentOf(root, [raw(6, '0000'), nothing, raw(6, '0410')])).toEqual({
    e: { EventID: { '#attributes': { Qualifiers: 0 }, '#text': 4100 }, Correlation: null, mixed: { '#text': 'text', in: 'x' } },
  })
})

test('data by name, data without one, and data that comes twice', () => {
  const data = (name: string, ...content: string[]) => element('Data', name === '' ? {} : { Name: name }, ...content)
  expect(documentOf(element('EventData', {}, data('A', '1'), data('B'), data('A', '2')))).toEqual({ EventData: { A: ['1', '2'], B: '' } })
  expect(documentOf(element('EventData', {}, data('', 'one')))).toEqual({ EventData: { Data: { '#text': 'one' } } })
  expect(documentOf(element('EventData', {}, data('', 'one'), data('', 'two'), data(''), element('Binary')))).toEqual({
    EventData: { Data: { '#text': ['one', 'two', ''] }, Binary: null },
  })
  expect(documentOf(element('EventData', {}, element('Data', {}, sub(0))), [{ ...utf16('a\0b\0'), type: 0x81 }])).toEqual({
    EventData: { Data: { '#text': ['a', 'b'] } },
  })
})

test('an element that comes again is numbered', () => {
  expect(documentOf(element('e', {}, element('h', {}, '1'), element('h', {}, '2'), element('h', {}, '3')))).toEqual({
    e: { h: '1', h_1: '2', h_2: '3' },
  })
})

test('binary XML inside a value takes its place, by template or without', () => {
  const inner = element('EventXML', { xmlns: 'urn:x' }, element('User', {}, sub(0)))
  const root = element('Event', {}, element('UserData', {}, sub(0)))
  expect(documentOf(root, [embedded(inner, [utf16('ana')])])).toEqual({
    Event: { UserData: { EventXML: { '#attributes': { xmlns: 'urn:x' }, User: 'ana' } } },
  })
  expect(documentOf(root, [embedded(element('plain', {}, 'x'))])).toEqual({ Event: { UserData: { plain: 'x' } } })
})

test('a name that would be a prototype is a plain key', () => {
  const document = documentOf(
    element('e', {}, element('__proto__', {}, 'x'), element('Data', { Name: '__proto__' }, 'y'), element('constructor', {}, 'z')),
  )
  expect(JSON.stringify(document)).toBe('{"e":{"__proto__":["x","y"],"constructor":"z"}}')
})
