import fc from 'fast-check'

/** Few characters, so that generated patterns and values meet often; those that mean something to Sigma are among them. */
const LETTERS = ['a', 'A', 'b', 'B', 'c', '1', '-', '/', ' ', '\\', '.', '_', '*', '?', '%']
/** Letters whose two cases differ in odd ways, characters of two code units, and what JSON must escape. */
const BEYOND = [
  'é',
  'É',
  'σ',
  'ς',
  'Σ',
  'ß',
  'я',
  'Я',
  'ǆ',
  'ǅ',
  'Ǆ',
  'ı',
  'İ',
  'K',
  '你',
  '😀',
  '𐐀',
  '𐐨',
  '\u0301',
  '\u0000',
  '\n',
  '\r\n',
  '\t',
  '"',
  '\u2028',
  '\u007f',
  '\u00a0',
  'ꓮ',
]
const WORDS = [
  'C:\\Windows\\System32\\',
  'powershell.exe',
  'CMD.EXE',
  ' -enc ',
  ' /c ',
  '-NoProfile',
  '\\\\host\\share',
  'whoami',
  ' --flag=1',
  '%TEMP%',
  'http://a.b/c?d=e',
  '*',
]
/** Lengths around which a matcher may change its way of looking: words of a machine, of a cache line, pages. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1_023, 1_024]
const ADDRESSES = [
  '10.0.0.1',
  '10.255.255.255',
  '11.0.0.1',
  '9.255.255.255',
  '192.168.1.7',
  '192.168.128.0',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.1 ',
  'fe80::1',
  'FE80:0:0:0:1::2',
  'febf::',
  'fec0::1',
  '::ffff:10.1.2.3',
  '::10.1.2.3',
  '64:ff9b::10.1.2.3',
  '::',
  '2001:db8::5',
  '1::2::3',
  '2001:db8:1:2:3:4:5:6',
]
const NUMBERS = ['0', '7', '10', '10.5', '-1', '007', ' 5 ', '1e1', 'ten', '9007199254740991', 'NaN', '']

const few = fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 13 })
const mixed = fc.string({ unit: fc.oneof(fc.constantFrom(...LETTERS), fc.constantFrom(...BEYOND)), maxLength: 10 })
const command = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 }).map((words) => words.join(''))
const two = (value: number, digits = 2) => String(value).padStart(digits, '0')
const date = fc
  .record({
    year: fc.constantFrom(2019, 2020, 2024, 2025, 2026),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.oneof(fc.integer({ min: 1, max: 28 }), fc.constantFrom(1, 2, 3, 4, 28)),
    time: fc.option(
      fc.tuple(
        fc.constantFrom('T', ' '),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom('', ':07', ':07.5Z', ':07+09:00'),
      ),
    ),
  })
  .map(({ year, month, day, time }) => `${year}-${two(month)}-${two(day)}${time ? `${time[0]}${two(time[1])}:${two(time[2])}${time[3]}` : ''}`)

/** A word at the start, at the end or inside text of a length that may matter. */
const ofLength = fc
  .record({
    word: fc.oneof(few, mixed),
    filler: fc.constantFrom('x', 'a', 'É', '\\', ' '),
    length: fc.constantFrom(...LENGTHS),
    place: fc.constantFrom('start', 'end', 'inside'),
  })
  .map(({ word, filler, length, place }) => {
    const padding = filler.repeat(Math.max(0, length - word.length))
    const half = Math.floor(padding.length / 2)
    return place === 'start' ? word + padding : place === 'end' ? padding + word : padding.slice(0, half) + word + padding.slice(half)
  })

const ENCODINGS = ['utf8', 'utf16le', 'utf16be', 'utf16', 'shown'] as const

/** How a text of the pool was encoded: base64 with something before and after it, or bytes shown as characters. */
export interface Encoding {
  readonly of: number
  readonly encoding: (typeof ENCODINGS)[number]
  readonly before: number
  readonly after: number
}

export const encoding: fc.Arbitrary<Encoding> = fc.record({
  of: fc.nat(1_000),
  encoding: fc.constantFrom(...ENCODINGS),
  before: fc.integer({ min: 0, max: 3 }),
  after: fc.integer({ min: 0, max: 2 }),
})

/** The text as loggers see it when it was encoded. */
export function encodedText(text: string, { encoding: how, before, after }: Encoding): string {
  const wide = Buffer.from(text, 'utf16le')
  if (how === 'shown') return wide.toString('latin1')
  const bytes = {
    utf8: () => Buffer.from(text),
    utf16le: () => wide,
    utf16be: () => Buffer.from(wide).swap16(),
    utf16: () => Buffer.concat([Buffer.from([0xff, 0xfe]), wide]),
  }[how]()
  return Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(after, 'y')]).toString('base64')
}

/** A text as events hold them and rules look for them. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: few },
  { weight: 3, arbitrary: mixed },
  { weight: 3, arbitrary: command },
  { weight: 3, arbitrary: ofLength },
  { weight: 2, arbitrary: date },
  { weight: 2, arbitrary: fc.constantFrom(...ADDRESSES) },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
)
