import fc from 'fast-check'
import { stringify } from 'yaml'
import type { EventLogsource } from '../../../shared/event/event.ts'
import { generatedItem, generatedKeywords, type ItemOf } from './items.ts'
import { type Encoding, encodedText, encoding, text } from './texts.ts'

export interface GeneratedRule {
  readonly yaml: string
  /** Modifiers of the rule's only item (`''` where it has none); undefined where the rule has several items. */
  readonly modifiers?: readonly string[]
}

export interface GeneratedEvent {
  /** The event as JSON text, written one way or another. */
  readonly json: string
  readonly logsource: EventLogsource
}

/** Rules and events about the same texts, so that they meet often. */
export interface Scenario {
  readonly rules: readonly GeneratedRule[]
  readonly events: readonly GeneratedEvent[]
}

type Pool = readonly string[]

const LOGSOURCES = [
  '{product: test}',
  '{product: test}',
  '{product: test, category: one}',
  '{category: two}',
  '{product: other}',
  '{product: test, service: s}',
]
const EVENT_LOGSOURCES: readonly EventLogsource[] = [
  { product: 'test', categories: [] },
  { product: 'test', categories: ['one', 'two'] },
  { product: 'test', service: 's', categories: ['two'] },
]

/** Ways to write the same YAML. */
const STYLES: readonly ((content: unknown) => string)[] = [
  (content) => JSON.stringify(content),
  (content) => stringify(content, { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN', lineWidth: 0 }),
  (content) => stringify(content, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 }),
  (content) => stringify(content, { lineWidth: 60 }),
]

const ruleYaml = (detection: Record<string, unknown>, logsource: string, style: number): string => {
  const written = STYLES[style]?.(detection) ?? ''
  return `title: A rule\nlogsource: ${logsource}\ndetection:${written.includes('\n') ? `\n${written.trimEnd().replace(/^(?=.)/gm, '    ')}\n` : ` ${written}\n`}`
}

const style = fc.nat(STYLES.length - 1)
const logsource = fc.constantFrom(...LOGSOURCES)

const single = fc.tuple(generatedItem, style).map(([of, how]) => (pool: Pool): GeneratedRule => {
  const { key, value } = of(pool)
  const [, ...modifiers] = key.split('|')
  return {
    yaml: ruleYaml({ selection: { [key]: value }, condition: 'selection' }, '{product: test}', how),
    modifiers: modifiers.length > 0 ? modifiers : [''],
  }
})
const keywordsAlone = fc.tuple(generatedKeywords, style).map(([of, how]) => (pool: Pool): GeneratedRule => {
  const content = of(pool)
  const key = Array.isArray(content) ? '' : (Object.keys(content as object)[0] ?? '')
  return {
    yaml: ruleYaml({ words: content, condition: 'words' }, '{product: test}', how),
    modifiers: [
      'keywords',
      ...key
        .split('|')
        .slice(1)
        .map((word) => `keywords ${word}`),
    ],
  }
})

const mapOf = (items: readonly ItemOf[], pool: Pool): Record<string, unknown> =>
  Object.fromEntries(items.map((of) => of(pool)).map(({ key, value }) => [key, value]))
const map = fc.array(generatedItem, { minLength: 1, maxLength: 3 }).map(
  (items) =>
    (pool: Pool): unknown =>
      mapOf(items, pool),
)
const search: fc.Arbitrary<(pool: Pool) => unknown> = fc.oneof(
  { weight: 5, arbitrary: map },
  { weight: 3, arbitrary: fc.array(map, { minLength: 1, maxLength: 3 }).map((maps) => (pool: Pool) => maps.map((of) => of(pool))) },
  { weight: 1, arbitrary: generatedKeywords },
)

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(
      'sel',
      'sel',
      'filter_a',
      'filter_b',
      '_own',
      '1 of filter_*',
      'all of filter*',
      '1 of them',
      'ALL of THEM',
      'any of *_a',
      '1 of _*',
      'all of *',
    ),
    fc.tuple(tie('condition'), fc.constantFrom('and', 'or', 'AND', 'Or'), tie('condition')).map(([left, word, right]) => `${left} ${word} ${right}`),
    fc.tuple(fc.constantFrom('not', 'NOT', 'not not'), tie('condition')).map(([word, inner]) => `${word} ${inner}`),
    tie('condition').map((inner) => `(${inner})`),
  ),
}))
const conditions = fc.oneof(
  { weight: 3, arbitrary: fc.constant('sel and not 1 of filter_*') },
  { weight: 6, arbitrary: condition },
  { weight: 1, arbitrary: fc.array(condition, { minLength: 1, maxLength: 3 }) },
)
const compound = fc
  .record({ searches: fc.tuple(search, search, search, search), condition: conditions, logsource, style })
  .map(({ searches: [sel, a, b, own], condition: asked, logsource: source, style: how }) => (pool: Pool): GeneratedRule => {
    const detection = { sel: sel(pool), filter_a: a(pool), filter_b: b(pool), _own: own(pool), condition: asked }
    return { yaml: ruleYaml(detection, source, how) }
  })

const rule: fc.Arbitrary<(pool: Pool) => GeneratedRule> = fc.oneof(
  { weight: 6, arbitrary: single },
  { weight: 1, arbitrary: keywordsAlone },
  { weight: 3, arbitrary: compound },
)

const fromPool = fc.nat(1_000).map(
  (index) =>
    (pool: Pool): unknown =>
      pool[index % pool.length] ?? '',
)
const scalar: fc.Arbitrary<(pool: Pool) => unknown> = fc.oneof(
  { weight: 8, arbitrary: fromPool },
  {
    weight: 2,
    arbitrary: fc.oneof(fc.integer({ min: -2, max: 12 }), fc.constantFrom(10.5, true, false, null, 1e21, 4_624)).map((value) => () => value),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fromPool, fromPool).map(
      ([left, right]) =>
        (pool: Pool) =>
          `${left(pool)}${right(pool)}`,
    ),
  },
)
const value: fc.Arbitrary<(pool: Pool) => unknown> = fc.oneof(
  { weight: 10, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 4 }).map((all) => (pool: Pool) => all.map((of) => of(pool))) },
  { weight: 1, arbitrary: scalar.map((of) => (pool: Pool) => ({ inner: of(pool), f: { g: [of(pool)] } })) },
  { weight: 1, arbitrary: scalar.map((of) => (pool: Pool) => [[of(pool)], []]) },
)
const optional = fc.option(value, { freq: 5, nil: undefined })
const document = fc
  .record({
    f: optional,
    g: optional,
    h: optional,
    er: optional,
    of: fc.array(optional, { maxLength: 3 }),
    dotted: optional,
    nested: optional,
    other: optional,
  })
  .map(({ f, g, h, er, of, dotted, nested, other }) => (pool: Pool) => ({
    f: f?.(pool),
    g: g?.(pool),
    deep: { er: er?.(pool), est: h?.(pool) },
    'a.b': dotted?.(pool),
    list: of.map((each) => ({ of: each?.(pool) })),
    h: h?.(pool),
    ...(nested ? { a: { b: nested(pool) } } : {}),
    // A name that looks like a value, and one that begins like a field's.
    f2: other?.(pool),
    powershell: 1,
  }))

/** Ways to write the same JSON. */
const WRITERS: readonly ((event: object) => string)[] = [
  (event) => JSON.stringify(event),
  (event) => JSON.stringify(event),
  (event) => JSON.stringify(event, undefined, 2),
  (event) =>
    JSON.stringify(event)
      .replaceAll('/', '\\/')
      .replaceAll(/[^\u0000-\u007f]/g, asEscape),
  // Every third letter of a text or name as an escape that is not needed.
  (event) => JSON.stringify(event).replaceAll(/"(?:[^"\\]|\\.)*"/g, needlesslyEscaped),
  // A name that comes twice counts where it comes last.
  (event) => `{"f":"a decoy with powershell.exe","g":["whoami"],${JSON.stringify(event).slice(1)}`,
]
const asEscape = (character: string) =>
  [...Array(character.length).keys()].map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
const needlesslyEscaped = (literal: string) =>
  literal.replaceAll(/\\u[0-9a-f]{4}|\\.|[A-Za-z0-9]/g, (part, at: number) => (part.length === 1 && at % 3 === 0 ? asEscape(part) : part))

const event = fc.record({ document, writer: fc.nat(WRITERS.length - 1), source: fc.constantFrom(...EVENT_LOGSOURCES) }).map(
  ({ document: of, writer, source }) =>
    (pool: Pool): GeneratedEvent => ({ json: WRITERS[writer]?.(of(pool)) ?? '{}', logsource: source }),
)

/** A rule that looks for a text in the way it was encoded: what is drawn on its own rarely does. */
function encodedRule(text: string, { encoding: how, after }: Encoding): GeneratedRule {
  const words = how === 'shown' ? ['wide'] : [...(how === 'utf8' ? [] : [how]), after === 0 ? 'base64' : 'base64offset']
  const key = ['f', ...words, 'contains'].join('|')
  const value = text.replaceAll(/[*?\\]/g, '\\$&')
  return { yaml: ruleYaml({ selection: { [key]: value }, condition: 'selection' }, '{product: test}', 0), modifiers: words }
}

export const scenario = (limits: { readonly rules: number; readonly events: number }): fc.Arbitrary<Scenario> =>
  fc
    .record({
      texts: fc.array(text, { minLength: 5, maxLength: 10 }),
      encodings: fc.array(encoding, { minLength: 2, maxLength: 4 }),
      rules: fc.array(rule, { minLength: limits.rules, maxLength: limits.rules }),
      events: fc.array(event, { minLength: limits.events, maxLength: limits.events }),
    })
    .map(({ texts, encodings, rules, events }) => {
      const pool = [...texts, ...encodings.map((each) => encodedText(texts[each.of % texts.length] ?? '', each))]
      const decoding = encodings.map((each) => encodedRule(texts[each.of % texts.length] ?? '', each))
      return { rules: [...rules.map((of) => of(pool)), ...decoding], events: events.map((of) => of(pool)) }
    })
