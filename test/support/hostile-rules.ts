/** A file of rules made to be slow or large. */
export interface HostileRuleSet {
  readonly name: string
  readonly yaml: string
}

export interface HostileEvent {
  readonly name: string
  readonly document: object
  readonly text: string
}

/** A rule in block style, whose one search identifier has these fields. */
const rule = (selection: Readonly<Record<string, string | readonly string[]>>, id = 0): string => {
  const items = Object.entries(selection).map(
    ([key, value]) =>
      `    ${key.startsWith('|') ? `"${key}"` : key}:${typeof value === 'string' ? ` '${value}'` : value.map((each) => `\n      - '${each}'`).join('')}\n`,
  )
  return `title: Abuse ${id}\nlogsource:\n  product: test\ndetection:\n  selection:\n${items.join('')}  condition: selection\n`
}

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

/** Names every object inherits. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']

/** Rule sets that are to be answered with an error, or to cost a bounded time per event. */
export function hostileRuleSets(): HostileRuleSet[] {
  return [
    { name: 'a 50 MB rule', yaml: rule({ f: many(1_000_000, (i) => `value number ${i} ${'x'.repeat(25)}`) }) },
    { name: 'a rule of 100,000 values', yaml: rule({ 'f|contains': many(100_000, (i) => `value number ${i * 7919}`) }) },
    { name: 'a rule of 20,000 values', yaml: rule({ 'f|contains': many(20_000, (i) => `${(i * 2_654_435_761) % 0x100000000} ${i * 7919}`) }) },
    { name: 'aliases that multiply', yaml: bomb() },
    { name: 'aliases in a circle', yaml: 'title: x\nlogsource: {product: test}\ndetection: &d\n  selection: *d\n  condition: selection\n' },
    { name: 'maps 20,000 deep', yaml: `title: x\nlogsource: {product: test}\ndetection: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}\n` },
    {
      name: 'a condition of 20,000 parentheses',
      yaml: `title: x\nlogsource: {product: test}\ndetection:\n  a: {f: 1}\n  condition: ${'('.repeat(20_000)}a${')'.repeat(20_000)}\n`,
    },
    {
      name: '10,000 rules',
      yaml: many(10_000, (i) => rule({ 'f|contains': [`needle ${i}`, `an${i}other`], 'g|endswith': `.e${i}` }, i)).join('---\n'),
    },
    {
      name: '1,000 rules that look for one letter',
      yaml: many(1_000, (i) => rule({ [`f|contains|all`]: ['a', String.fromCharCode(0x61 + (i % 26)), `${i % 10}`] }, i)).join('---\n'),
    },
    { name: 'wildcards *a*a*a…', yaml: rule({ f: `${'*a'.repeat(500)}*b` }) },
    { name: 'wildcards *?a*?a…', yaml: rule({ f: `${'*?a'.repeat(500)}*b` }) },
    { name: 'wildcards *?????…a?????b', yaml: rule({ f: [`*${'?'.repeat(500)}ab`, `*a${'?'.repeat(500)}b*`, `*${'a'.repeat(500)}?b*`] }) },
    { name: '20 rules of wildcards', yaml: many(20, (i) => rule({ f: `*a*${'?'.repeat(i)}aa*${i}b` }, i)).join('---\n') },
    { name: '100 rules of wildcards', yaml: many(100, (i) => rule({ f: `*a*${'?'.repeat(i % 20)}aa*${i}b` }, i)).join('---\n') },
    { name: '100 regular expressions', yaml: many(100, (i) => rule({ 'f|re': `(.*a)+b${i}[x-z]*c` }, i)).join('---\n') },
    { name: 'a keyword regular expression', yaml: rule({ '|re': '(x+x+)+y' }) },
    {
      name: 'names every object inherits',
      yaml: `title: x\nlogsource: {product: test}\ndetection:\n  selection:\n${INHERITED.map((name) => `    ${name}|exists: false\n`).join('')}  __proto__: {f: 1}\n  constructor: {f: a}\n  condition: selection and not (__proto__ or constructor)\n`,
    },
  ]
}

function bomb(): string {
  const levels = many(30, (i) => `  l${i}: &l${i} [${i === 0 ? '"x"' : many(10, () => `*l${i - 1}`).join(', ')}]\n`).join('')
  return `title: x\nlogsource: {product: test}\ncustom:\n${levels}detection:\n  selection: *l29\n  condition: selection\n`
}

/** Events that are to cost a bounded time, whatever the rules. */
export function hostileEvents(): HostileEvent[] {
  const deep = (depth: number): string => `${'{"f":'.repeat(depth)}"a"${'}'.repeat(depth)}`
  const texts = [
    ['a value of 1 MB', JSON.stringify({ f: 'a'.repeat(1_000_000), g: 'b' })],
    ['a value of 1 MB beyond ASCII', JSON.stringify({ f: 'é'.repeat(500_000), g: 'b' })],
    ['a value of 1 MB of escapes', `{"f":"${'\\u0061'.repeat(170_000)}"}`],
    ['10,000 keys', JSON.stringify(Object.fromEntries(many(10_000, (i) => [`key${i}`, `value ${i} needle`])))],
    ['1,000 levels', deep(1_000)],
    ['a value of 1 MB of characters of two code units', JSON.stringify({ f: 'a\u{1f600}'.repeat(200_000) })],
    ['an array of 100,000', JSON.stringify({ f: many(100_000, (i) => `aXaa${i}`) })],
    ['an array of 10,000', JSON.stringify({ f: many(10_000, (i) => `a${i}`) })],
    ['names every object inherits', `{"__proto__":{"f":"a"},"constructor":{"prototype":{"f":"a"}},"toString":"a","f":"a"}`],
  ] as const
  return texts.map(([name, text]) => ({ name, text, document: JSON.parse(text) as object }))
}
