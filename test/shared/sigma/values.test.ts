import { expect, test } from 'vitest'
import { evtxDumpView, flatWindowsView } from '../../../shared/sigma/sigma.ts'
import { fires, selecting } from '../../support/sigma.ts'

const on = (value: unknown, found: unknown) => fires(selecting('f', value), { f: found })

test('V1 * stands for any text, ? for exactly one character', () => {
  expect(['ab', 'axxb', 'abc'].map((text) => on('a*b', text))).toEqual([true, true, false])
  expect(['a1b', 'ab', 'a12b', 'a😀b'].map((text) => on('a?b', text))).toEqual([true, false, false, true])
  expect(['aİb', 'ai\u0307b', 'AİB'].map((text) => on('a?b', text))).toEqual([true, false, true])
  expect([on('*İ?', 'xİy'), on('*?İ', 'xİ'), on('?', 'İ'), on('??', 'İ')]).toEqual([true, true, true, false])
  expect(['', 'x'].map((text) => on('*', text))).toEqual([true, true])
  expect(fires(selecting('f', '*'), {})).toBe(false)
})

test.each([
  ['\\*', '*', true],
  ['\\*', 'x', false],
  ['\\?', '?', true],
  ['\\\\*', '\\anything', true],
  ['\\\\\\*', '\\*', true],
  ['\\\\\\*', '\\x', false],
  ['C:\\x', 'C:\\x', true],
  ['C:\\\\x', 'C:\\x', true],
  ['\\\\\\\\host', '\\\\host', true],
  ['\\\\\\host', '\\\\host', true],
  ['dir\\', 'dir\\', true],
])('V2 the value %j is put to %j: %s', (value, found, expected) => {
  expect(on(value, found)).toBe(expected)
})

test('V3 the empty value means present and empty', () => {
  expect([on('', ''), on('', 'x'), fires(selecting('f', ''), {}), on('', null)]).toEqual([true, false, false, false])
})

test('V3 V4 the empty value and null may be among others', () => {
  expect(['', 'a', 'b'].map((text) => on(['', 'a'], text))).toEqual([true, true, false])
  expect([on(['a', null], 'a'), on(['a', null], 'b'), fires(selecting('f', ['a', null]), {})]).toEqual([true, false, true])
})

test('V4 null means absent or null', () => {
  expect([on(null, null), on(null, ''), fires(selecting('f', null), {}), on(null, 'x')]).toEqual([true, false, true, false])
})

test('V5 numbers and booleans match their text, whichever side has which', () => {
  expect([on(4624, '4624'), on('4624', 4624), on(true, 'True'), on('true', true), on(4624, 46240)]).toEqual([true, true, true, true, false])
})

test('V5 a whole number keeps all its digits', () => {
  const detection = 's:\n  f: 9007199254740993\ncondition: s'
  expect(['9007199254740993', '9007199254740992'].map((f) => fires(detection, { f }))).toEqual([true, false])
})

test('V5 any element of an array may match', () => {
  expect([on('b', ['a', 'B']), on('c', ['a', 'B'])]).toEqual([true, false])
})

test("V6 spaces in the log's field names are left out in rules", () => {
  expect(fires(selecting('ThreatName', 'x'), { 'Threat Name': 'x' }, flatWindowsView)).toBe(true)
})

test("V6 attributes of the event's header are joined by an underscore", () => {
  const event = {
    Event: {
      System: { Provider: { '#attributes': { Name: 'P' } }, Execution: { '#attributes': { ProcessID: 7 } } },
      UserData: { Op: { User: 'u' } },
    },
  }
  expect(
    ['Provider_Name:P', 'Execution_ProcessID:7', 'User:u']
      .map((pair) => pair.split(':'))
      .map(([key = '', value]) => fires(selecting(key, value), event, evtxDumpView)),
  ).toEqual([true, true, true])
})

test('V6 a dotted name is a nested field or a name with dots', () => {
  expect([
    fires(selecting('a.b', 'x'), { a: { b: 'x' } }),
    fires(selecting('a.b', 'x'), { 'a.b': 'x' }),
    fires(selecting('a.b', 'x'), { a: [{ b: 'y' }, { b: 'x' }] }),
  ]).toEqual([true, true, true])
})

test('V7 case is ignored beyond ASCII', () => {
  expect([on('ÄÖÜ', 'äöü'), on('*ПАРОЛЬ*', 'мой пароль'), on('ΟΔΟΣ', 'οδος'), on('*ΟΔΟΣ*', 'η οδός οδοσ')]).toEqual([true, true, true, true])
  expect(on('ä', 'a')).toBe(false)
})

test('V1 ? and * in every order fit what they say', () => {
  const fitting = (pattern: string, ...texts: string[]) => texts.filter((text) => on(pattern, text))
  expect(fitting('*?a', 'a', 'ba', 'a😀a', 'aab')).toEqual(['ba', 'a😀a'])
  expect(fitting('??*', 'a', '😀', 'ab', '😀b')).toEqual(['ab', '😀b'])
  expect(fitting('*?*?*', 'a', '😀', 'a😀')).toEqual(['a😀'])
  expect(fitting('a*??b*c?', 'a12bcx', 'a1bcx', 'ab😀2b-c😀', 'a12bc')).toEqual(['a12bcx', 'ab😀2b-c😀'])
})
