import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readPlainYaml } from '../../../shared/sigma/parse/plain-yaml.ts'
import { FULL } from '../../support/full.ts'

/** What the library makes of a document; undefined where it finds a fault, or more than one document. */
function byLibrary(text: string): { content: unknown; start: number } | undefined {
  const documents = parseAllDocuments(text, { intAsBigInt: true, merge: true, prettyErrors: false, logLevel: 'silent' })
  const [document] = Array.isArray(documents) ? documents : []
  if (!document) return { content: null, start: text.length }
  if (documents.length !== 1 || document.errors.length > 0) return undefined
  return { content: document.toJS() ?? null, start: document.contents?.range?.[0] ?? 0 }
}

const content = (text: string) => readPlainYaml(text)?.content

test('the shapes rule files are written in are read', () => {
  const text = `# a comment
title: A rule # and another
description: |
    Two lines,

      indented.
list:
- a
-   'it''s'
nested:
    - key: 1
      other|contains|all:
          - "say \\"hi\\" C:\\\\x"
          - -5
          - '#no comment'
    - C:\\x\\y
    - https://example.org/a#b
'|all': [] # not plain
`
  expect(content(text)).toBeUndefined()
  expect(content(text.replace(/'\|all'.*\n/, "'|all':\nlast: ~\n"))).toEqual({
    title: 'A rule',
    description: 'Two lines,\n\n  indented.\n',
    list: ['a', "it's"],
    nested: [{ key: 1n, 'other|contains|all': ['say "hi" C:\\x', -5n, '#no comment'] }, 'C:\\x\\y', 'https://example.org/a#b'],
    '|all': null,
    last: null,
  })
})

test.each([
  ['a tab', 'a:\n\t- b'],
  ['a flow collection', 'a: [b]'],
  ['an anchor', 'a: &x 1'],
  ['a tag', 'a: !!js/function "x"'],
  ['folded text', 'a: >\n  b'],
  ['text over several lines', 'a: b\n  c'],
  ['a key twice', 'a: 1\na: 2'],
  ['a key called __proto__', '__proto__: 1'],
  ['a key that is no text', '1: a'],
  ['a document marker', 'a: 1\n---\nb: 2'],
  ['a number with a fraction', 'a: 1.50'],
  ['wrong indentation', 'a:\n    b: 1\n  c: 2'],
  ['a second colon', 'a: b: c'],
  ['an open quote', "a: 'b"],
  ['a merge', '<<: a'],
  ['no map', '- a'],
  ['nesting deeper than fifty', Array.from({ length: 60 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
])('%s is left to the library', (_, text) => {
  expect(readPlainYaml(text)).toBeUndefined()
})

const word = fc.constantFrom(
  'a',
  'Image|endswith',
  'b c',
  'null',
  'true',
  '5',
  '-7',
  '0x1f',
  '1.5',
  '.5',
  '1e3',
  '2024-01-02',
  'x#y',
  'a:b',
  '-a',
  'é😀',
  '+3',
  'NULL',
)
const odd = fc.constantFrom(
  'x #y',
  '- a',
  '*',
  '?x',
  '%p',
  '|',
  '>',
  '[a]',
  '{}',
  '&x 1',
  '!t a',
  ': a',
  'a: b',
  '"c\\x41"',
  '"d" e',
  "'a': b",
  '<<',
  '@a',
  '~',
)
const letters = fc.string({ unit: fc.constantFrom('a', ' ', ':', '#', "'", '"', '-', '\\', '|', '1', '.', 'é'), maxLength: 6 })
const scalar = fc.oneof(
  { weight: 8, arbitrary: word },
  {
    weight: 4,
    arbitrary: fc.constantFrom("'it''s'", "'a' # c", '"b\\n"', ':x', '?x', '"\\u0410\\ud83d\\ude00"', "''", '""', '"\\\\ \\"q\\""', '', '# c'),
  },
  { weight: 1, arbitrary: odd },
  { weight: 2, arbitrary: letters },
)
/** Lines of a block, without the indentation they stand in. */
type Lines = readonly string[]
const indented = (lines: Lines, by: number): string[] => lines.map((line) => (line === '' ? '' : ' '.repeat(by) + line))

/** A key that is most likely no other's. */
const key = fc.oneof(
  { weight: 1, arbitrary: word },
  { weight: 6, arbitrary: fc.tuple(word, fc.nat(999)).map(([text, number]) => `${text}k${number}`) },
)

const { map } = fc.letrec<{ node: Lines; map: Lines; list: Lines }>((tie) => ({
  node: fc.oneof({ maxDepth: 3 }, tie('map'), tie('list')),
  map: fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.tuple(key, scalar).map(([name, value]) => [`${name}: ${value}`]) },
        {
          weight: 3,
          arbitrary: fc.tuple(key, tie('node'), fc.constantFrom(2, 2, 4, 0)).map(([name, inner, by]) => [`${name}:`, ...indented(inner, by)]),
        },
        {
          weight: 1,
          arbitrary: fc
            .tuple(key, fc.constantFrom('|', '|-', '|+', '| # c', '>'), fc.array(fc.oneof(letters, word), { maxLength: 3 }), fc.constantFrom(1, 2, 4))
            .map(([name, bar, text, by]) => [`${name}: ${bar}`, ...indented(text, by)]),
        },
        { weight: 1, arbitrary: fc.constantFrom([''], ['# comment'], ['  '], ['   # deep']) },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((entries) => entries.flat()),
  list: fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: scalar.map((value) => [`- ${value}`]) },
        { weight: 3, arbitrary: tie('node').map(([first = '', ...rest]) => [`- ${first}`, ...indented(rest, 2)]) },
        { weight: 1, arbitrary: tie('node').map((inner) => ['-', ...indented(inner, 2)]) },
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((entries) => entries.flat()),
}))

test('what it reads at all it reads as the library does: generated documents, and what they become with a character changed', () => {
  const text = fc
    .tuple(
      map,
      fc.constantFrom('', '\n', '\n\n', '\n# end\n'),
      fc.option(fc.tuple(fc.nat(), fc.constantFrom('', ' ', '\n', ':', '-', '#', "'", '  '))),
    )
    .map(([lines, end, change]) => {
      const whole = lines.join('\n') + end
      if (!change) return whole
      const at = change[0] % (whole.length + 1)
      return whole.slice(0, at) + change[1] + whole.slice(at + 1)
    })
  let read = 0
  fc.assert(
    fc.property(text, (each) => {
      const plain = readPlainYaml(each)
      if (!plain) return
      read++
      const library = byLibrary(each)
      expect({ text: each, content: plain.content }).toEqual({ text: each, content: library?.content })
      if (plain.content) expect(plain.start).toBe(library?.start)
    }),
    { numRuns: FULL ? 10_000 : 3_000 },
  )
  expect(read).toBeGreaterThan(300)
}, 120_000)

const CORPUS = '../shared/corpora/sigma'
const present = existsSync(CORPUS)
if (!present) console.warn(`SKIPPED: no corpus of public rules at ${CORPUS}`)

test.skipIf(!present)(
  'what it reads at all it reads as the library does: the public rules, nearly all of which it reads',
  () => {
    const files = readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^rules[^/]*\/.*\.yml$/.test(file))
      // Every tenth, or all with PICKET_FULL=1.
      .filter((_, index) => FULL || index % 10 === 0)
    const left = files.filter((file) => {
      const text = readFileSync(join(CORPUS, file), 'utf8')
      const plain = readPlainYaml(text)
      if (plain) expect({ file, content: plain.content, start: plain.start }).toEqual({ file, ...byLibrary(text) })
      return !plain
    })
    expect(left.length / files.length).toBeLessThan(0.01)
  },
  120_000,
)
