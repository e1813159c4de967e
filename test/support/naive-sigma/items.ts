import fc from 'fast-check'
import { partOf, patternOf, patternSpec } from './patterns.ts'

/** One `field|modifier: values` of a generated rule, and the same as the item that YAML shows. */
export interface GeneratedItem {
  readonly key: string
  readonly value: unknown
}

/** A generated item that still lacks the pool of texts its patterns are parts of. */
export type ItemOf = (pool: readonly string[]) => GeneratedItem

/** Values of `%…%` in generated rules; some hold wildcards. */
export const PLACEHOLDERS: Readonly<Record<string, readonly string[]>> = {
  admins: ['a', 'B', 'root'],
  paths: ['C:\\\\Windows', '*\\\\temp'],
  one: ['-'],
  'odd name': ['x'],
}

const FIELDS = ['f', 'g', 'h', 'deep.er', 'list.of', 'a.b', 'Absent']
export const field = fc.constantFrom(...FIELDS, 'f', 'f', 'g')

const listOf = <T>(element: fc.Arbitrary<T>, minLength = 1) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(element, { minLength, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(element, { minLength: 14, maxLength: 40 }) },
  )

/** Some of the words, in any order. */
const someOf = (...words: readonly string[]) => fc.shuffledSubarray([...words]).map((chosen) => chosen.map((word) => `|${word}`).join(''))
const maybe = (word: string) => fc.constantFrom('', '', `|${word}`)
const place = fc.constantFrom('', '|contains', '|contains', '|startswith', '|endswith')
const item = (
  name: fc.Arbitrary<string>,
  modifiers: fc.Arbitrary<string>,
  value: fc.Arbitrary<(pool: readonly string[]) => unknown>,
): fc.Arbitrary<ItemOf> =>
  fc.tuple(name, modifiers, value).map(
    ([key, suffix, of]): ItemOf =>
      (pool: readonly string[]) => ({ key: key + suffix, value: of(pool) }),
  )
const fixed = <T>(value: fc.Arbitrary<T>) => value.map((each) => () => each)
const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((each) => each.join(''))

const patterns = (minLength = 1) =>
  listOf(patternSpec, minLength).map((specs) => (pool: readonly string[]) => specs.map((spec) => patternOf(pool, spec)))
const onePattern = patternSpec.map((spec) => (pool: readonly string[]) => patternOf(pool, spec))
/** Text without wildcards, as the byte modifiers need it; often a whole one, for only that has its base64 at the start of a longer one. */
const plainTexts = fc
  .array(patternSpec, { minLength: 1, maxLength: 3 })
  .map(
    (specs) => (pool: readonly string[]) =>
      specs.map((spec) => partOf(pool, spec.escapeAll ? { ...spec, length: 0 } : spec).replaceAll(/[*?\\]/g, '\\$&')),
  )

const textItem = item(field, joined(place, fc.constantFrom('', '', '', '|cased', '|neq', '|cased|neq')), fc.oneof(patterns(), onePattern))
const allItem = item(field, joined(fc.constantFrom('|contains', '|startswith', ''), fc.constantFrom('|all', '|all|cased', '|all|neq')), patterns(2))
const windashItem = item(
  field,
  joined(place, fc.constant('|windash'), fc.constantFrom('', '', '|all', '|cased', '|neq')),
  fc.oneof(
    fc
      .array(patternSpec, { minLength: 2, maxLength: 3 })
      .map((specs) => (pool: readonly string[]) => specs.map((spec) => fewDashes(patternOf(pool, { ...spec, length: spec.length || 6 })))),
    fixed(fc.constantFrom(['-enc', '/c'], [' -a', ' /b'], ['-param-name', '-éa'])),
  ),
)
const scalarItem = item(
  field,
  fc.constantFrom('', '', '|neq'),
  fixed(
    listOf(
      fc.oneof(
        fc.integer({ min: -2, max: 12 }),
        fc.boolean(),
        fc.constant(null),
        fc.constant(''),
        fc.constantFrom('*', '?', '?*', '**', '7', 'true', '10.5'),
      ),
    ),
  ),
)
const existsItem = item(field, fc.constantFrom('|exists', '|exists', '|exists|neq'), fixed(fc.boolean()))
const bytesItem = item(
  field,
  joined(
    fc.constantFrom('', '', '|wide', '|utf16le', '|utf16be', '|utf16'),
    fc.constantFrom('', '|base64', '|base64offset', '|base64offset'),
    fc.constantFrom('|contains', '|contains', '', '|startswith', '|endswith'),
    maybe('cased'),
  ),
  plainTexts,
)
const cidrItem = item(
  field,
  joined(fc.constant('|cidr'), maybe('neq')),
  fixed(
    listOf(
      fc.constantFrom(
        '10.0.0.0/8',
        '10.0.0.1/32',
        '0.0.0.0/0',
        '192.168.0.0/17',
        '192.168.1.6/31',
        '10.0.0.1',
        'fe80::/10',
        '::/0',
        '2001:db8::/33',
        '::1/128',
        '::ffff:10.0.0.0/104',
        '::10.0.0.0/104',
        '2001:db8::5',
      ),
    ),
  ),
)
const numberItem = item(
  field,
  joined(fc.constantFrom('|lt', '|lte', '|gt', '|gte'), maybe('neq')),
  fixed(fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constantFrom('10', 10.5, '-1', 0, '1e1'))),
)
const PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year']
const dateItem = item(
  field,
  joined(fc.constantFrom(...PARTS.map((part) => `|${part}`)), fc.constantFrom('', '|lt', '|lte', '|gt', '|gte'), maybe('neq')),
  fixed(listOf(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(1, 2, 12, 28, 52, 53, 2020, 2024, 2025, '01')))),
)
const fieldrefItem = item(
  field,
  fc
    .tuple(place, someOf('cased', 'neq'), fc.boolean())
    .map(([where, rest, first]) => (first ? `|fieldref${where}${rest}` : `${where}|fieldref${rest}`)),
  fixed(field),
)
const expandItem = item(
  field,
  fc.tuple(place, maybe('cased'), fc.boolean()).map(([where, rest, first]) => (first ? `|expand${where}${rest}` : `${where}|expand${rest}`)),
  fixed(
    listOf(fc.constantFrom('%admins%', '%paths%', 'x%one%admins', '%one%%admins%', '100\\%', '\\%admins%', '%one%a*', 'a%', '% %admins%', '*%one%?')),
  ),
)

/** Small regular expressions of the parts that Sigma allows. */
const { regex } = fc.letrec<{ regex: string; atom: string }>((tie) => ({
  regex: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('atom'),
    fc.array(tie('atom'), { minLength: 1, maxLength: 4 }).map((atoms) => atoms.join('')),
    fc.tuple(tie('atom'), tie('atom')).map(([left, right]) => `${left}|${right}`),
    fc.tuple(tie('atom'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,1}', '*?', '+?', '{2,}')).map((parts) => parts.join('')),
  ),
  atom: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(
      'a',
      'A',
      'b',
      '1',
      '-',
      ' ',
      'é',
      'Я',
      '.',
      '\\.',
      '\\\\',
      '\\d',
      '\\w',
      '\\s',
      '\\D',
      '\\S',
      '[ab]',
      '[^a]',
      '[a-c]',
      '[A-Z]',
      '[0-9_]',
      '[\\w.]',
      '[^\\s]',
      '^',
      '$',
      '\\b',
      '\\x41',
      '\\x2d',
      '\\u0062',
      '[\\x41-\\x43-]',
      '[^\\x61\\n]',
      '\\n',
      '[é-ё]',
      '/',
      '%',
      'powershell',
      '\\\\System32\\\\',
      '(?:cmd|CMD)',
    ),
    tie('regex').map((inner) => `(${inner})`),
    tie('regex').map((inner) => `(?:${inner})`),
  ),
}))
/** A quantifier after nothing or after another quantifier is no pattern. */
export const validRegex = regex.filter((source) => {
  try {
    return new RegExp(source) instanceof RegExp && !/[\^$]\)*[*+?{]|\\b\)*[*+?{]/.test(source) && !repeatsARepeat(source)
  } catch {
    return false
  }
})
/** `(a+)*` takes the naive evaluator, which runs expressions as they are, for ever; what bounds them in the engine is shown in abuse.test.ts. */
function repeatsARepeat(source: string): boolean {
  const groups = [false]
  for (const part of source.matchAll(/\\.|\[(?:\\.|[^\]])*\]|\(|(\))?([*+{])?/g)) {
    if (part[0] === '(') groups.push(false)
    const inner = part[1] === ')' && groups.pop() === true
    if (part[2] !== undefined && inner) return true
    if (part[2] !== undefined || inner) groups[groups.length - 1] = true
  }
  return false
}
const regexItem = item(
  field,
  joined(fc.constant('|re'), fc.constantFrom('', '', '|i', '|m', '|s', '|i|s', '|ignorecase', '|multiline', '|dotall', '|m|s'), maybe('neq')),
  fixed(listOf(fc.tuple(fc.constantFrom('', '', '', '(?i)', '(?s)', '(?im)'), validRegex).map((parts) => parts.join('')))),
)

/** A map's item, of every kind the specification has. */
export const generatedItem: fc.Arbitrary<ItemOf> = fc.oneof(
  { weight: 12, arbitrary: textItem },
  { weight: 3, arbitrary: allItem },
  { weight: 3, arbitrary: windashItem },
  { weight: 3, arbitrary: scalarItem },
  { weight: 1, arbitrary: existsItem },
  { weight: 4, arbitrary: bytesItem },
  { weight: 2, arbitrary: cidrItem },
  { weight: 2, arbitrary: numberItem },
  { weight: 3, arbitrary: dateItem },
  { weight: 2, arbitrary: fieldrefItem },
  { weight: 2, arbitrary: expandItem },
  { weight: 4, arbitrary: regexItem },
)

/** Keywords, alone or as the items of a map without a field. */
export const generatedKeywords: fc.Arbitrary<(pool: readonly string[]) => unknown> = fc.oneof(
  fc.tuple(patterns(), fc.option(fc.integer({ min: 0, max: 12 }))).map(([of, number]) => (pool: readonly string[]) => [
    ...of(pool),
    ...(number === null ? [] : [number]),
  ]),
  item(fc.constant(''), fc.constantFrom('|all', '|all', '|cased', '|windash', '|all|windash', '|contains', '|startswith|all'), patterns(2)).map(
    (of) => (pool: readonly string[]) => asMap(of(pool)),
  ),
  item(fc.constant(''), fc.constantFrom('|re', '|re|i'), fixed(listOf(validRegex))).map((of) => (pool: readonly string[]) => asMap(of(pool))),
  item(fc.constant(''), fc.constantFrom('|base64offset', '|wide|base64offset', '|base64'), plainTexts).map(
    (of) => (pool: readonly string[]) => asMap(of(pool)),
  ),
)

const asMap = ({ key, value }: GeneratedItem): Record<string, unknown> => ({ [key]: value })

/** Three dashes in parameter position make 125 variants of a value; more of them are not what is looked into here. */
function fewDashes(text: string): string {
  let dashes = 0
  return text.replaceAll(/[-/]/g, (dash) => (++dashes > 3 ? '+' : dash))
}
