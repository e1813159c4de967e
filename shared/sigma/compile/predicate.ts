import ipaddr from 'ipaddr.js'
import type { FieldRelation, NumberOperator, Test } from '../parse/detection.ts'
import { MANY, ONE } from '../parse/pattern.ts'
import { boundedRegex } from './bounded-regex.ts'
import { datePartOf } from './date-part.ts'
import { type EventReader, someText } from './event-reader.ts'
import type { Field, Texts } from './field.ts'
import { fold } from './fold.ts'
import { compileGlob } from './glob.ts'
import { holds, type Literal, literalIn, longestStretch } from './literal.ts'
import { requiredLiteral, requiredTexts } from './regex-literal.ts'
import type { WorkBudget } from './work-budget.ts'

/** How much an evaluation costs, roughly; cheap ones go first, regular expressions last. */
const COST = { stamp: 1, literal: 2, value: 3, glob: 10, regex: 200 } as const

/** A question about one field, shared by every rule that asks it. */
export interface PredicateSpec {
  /** Two specs with the same key ask the same. */
  readonly key: string
  readonly field: Field
  readonly cost: number
  /** Where the question is "does any of these hold", in folded form: it can be answered by the field's index. */
  readonly literals?: readonly Literal[]
  /** A literal without which the answer is no. */
  readonly required?: Literal | undefined
  evaluate(reader: EventReader): boolean
}

/** The predicate "any of these literals holds for the field", ignoring case. */
export function literalsPredicate(field: Field, written: readonly Literal[]): PredicateSpec {
  const literals = written.map(({ place, text }): Literal => ({ place, text: fold(text) }))
  const test = (text: string) => literals.some((literal) => holds(literal, text))
  return {
    key: `${field.id}\0${literals.map(({ place, text }) => `${place}\0${text}`).join('\0')}`,
    field,
    cost: COST.literal,
    literals,
    evaluate: (reader) => someText(reader.folded(field), test),
  }
}

/**
 * The predicate for one test of a field.
 *
 * @param fieldNamed - resolves another field of the same rule, for `fieldref`
 */
export function predicateFor(field: Field, test: Test, fieldNamed: (name: string) => Field): PredicateSpec {
  const spec = (cost: number, evaluate: PredicateSpec['evaluate'], required?: Literal): PredicateSpec => ({
    key: `${field.id}\0${JSON.stringify(test)}`,
    field,
    cost,
    evaluate,
    required,
  })
  switch (test.kind) {
    case 'text':
      return textPredicate(field, test, spec)
    case 'regex': {
      const regex = boundedRegex(test.source, test.flags)
      const required = requiredTexts(test.source)
      const mayMatch = (text: string) => required.every((each) => text.includes(each))
      // Looking for a few texts costs a hundredth of what an expression with `.*` does.
      const evaluate: PredicateSpec['evaluate'] =
        required.length === 0
          ? (reader) => fitsSome(reader, reader.texts(field), regex)
          : (reader) => someText(reader.folded(field), mayMatch) && fitsSome(reader, reader.texts(field), regex)
      return spec(COST.regex, evaluate, requiredLiteral(test.source))
    }
    case 'cidr': {
      const network = networkTest(test.network)
      return spec(COST.value, (reader) => someText(reader.texts(field), network))
    }
    case 'exists':
      return spec(COST.literal, (reader) => (reader.value(field) !== undefined) === test.expected)
    case 'null':
      return spec(COST.literal, (reader) => isNothing(reader.value(field)))
    case 'number': {
      const compare = COMPARE[test.operator]
      const { part, value } = test
      return spec(COST.value, (reader) =>
        someText(reader.texts(field), (text) => {
          const number = part ? datePartOf(text, part) : numberIn(text)
          return number !== undefined && compare(number, value)
        }),
      )
    }
    case 'field': {
      const other = fieldNamed(test.field)
      const relation = RELATE[test.relation]
      return spec(COST.value, (reader) => {
        const theirs = test.cased ? reader.texts(other) : reader.folded(other)
        return someText(test.cased ? reader.texts(field) : reader.folded(field), (own) => someText(theirs, (their) => relation(own, their)))
      })
    }
  }
}

function textPredicate(
  field: Field,
  { pattern, cased }: Extract<Test, { kind: 'text' }>,
  spec: (cost: number, evaluate: PredicateSpec['evaluate'], required?: Literal) => PredicateSpec,
): PredicateSpec {
  const literal = literalIn(pattern)
  if (literal && !cased) return literalsPredicate(field, [literal])
  if (pattern.length === 1 && pattern[0] === MANY) return spec(COST.literal, (reader) => someText(reader.texts(field), () => true))
  const stretch = longestStretch(pattern)
  const required: Literal | undefined = stretch ? { place: literal && stretch ? literal.place : 'contains', text: fold(stretch) } : undefined
  if (literal) return spec(COST.literal, (reader) => someText(reader.texts(field), (text) => holds(literal, text)), required)
  if (cased) {
    const glob = compileGlob(pattern)
    return spec(COST.glob, (reader) => fitsSome(reader, reader.texts(field), glob), required)
  }
  const byCharacter = pattern.includes(ONE)
  const form = byCharacter ? foldByCharacter : fold
  const glob = compileGlob(pattern.map((part) => (typeof part === 'string' ? form(part) : part)))
  const evaluate: PredicateSpec['evaluate'] = (reader) => {
    const texts = byCharacter ? reader.texts(field) : undefined
    const changesLength = someText(texts, (text) => text.includes(TWO_WHEN_FOLDED))
    return fitsSome(reader, changesLength ? foldedByCharacter(texts) : reader.folded(field), glob)
  }
  return spec(COST.glob, evaluate, required)
}

/** The one character whose lower case is two (U+0130: `i` and a dot above). For `?` it is one character all the same. */
const TWO_WHEN_FOLDED = '\u0130'
const foldByCharacter = (text: string): string => text.split(TWO_WHEN_FOLDED).map(fold).join(TWO_WHEN_FOLDED)
const foldedByCharacter = (texts: Texts): Texts => (typeof texts === 'string' ? foldByCharacter(texts) : texts?.map(foldByCharacter))

/** Whether a pattern fits one of the texts, within the event's budget. */
function fitsSome({ budget }: EventReader, texts: Texts, fits: (text: string, budget: WorkBudget) => boolean): boolean {
  budget.beginQuestion()
  return someText(texts, (text) => budget.left > 0 && fits(text, budget))
}

const isNothing = (value: unknown): boolean => value === undefined || value === null

function numberIn(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  return Number.isNaN(number) ? undefined : number
}

const COMPARE: { readonly [operator in NumberOperator]: (left: number, right: number) => boolean } = {
  eq: (left, right) => left === right,
  lt: (left, right) => left < right,
  lte: (left, right) => left <= right,
  gt: (left, right) => left > right,
  gte: (left, right) => left >= right,
}

const RELATE: { readonly [relation in FieldRelation]: (own: string, other: string) => boolean } = {
  equals: (own, other) => own === other,
  contains: (own, other) => own.includes(other),
  startswith: (own, other) => own.startsWith(other),
  endswith: (own, other) => own.endsWith(other),
}

const ADDRESS = /^[0-9a-fA-F:.]{2,45}$/

function networkTest(network: string): (text: string) => boolean {
  const [base, bits] = ipaddr.parseCIDR(inGroups(network))
  return (text) => {
    if (!ADDRESS.test(text) || !(text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text))) return false
    const written = inGroups(text)
    // An IPv4 address in IPv6 form (::ffff:10.0.0.1) is in the IPv4 network too, unless the network itself is IPv6.
    const address = base.kind() === 'ipv4' ? ipaddr.process(written) : ipaddr.parse(written)
    return address.kind() === base.kind() && address.match(base, bits)
  }
}

/** An IPv6 address whose end is written as an IPv4 address, in groups alone: the library takes `::10.1.2.3` for `::ffff:10.1.2.3`. */
const inGroups = (text: string): string =>
  text.includes(':') && text.includes('.') ? text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_, a, b, c, d) => `${group(a, b)}:${group(c, d)}`) : text
const group = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16)
