import { fold } from '../compile/fold.ts'
import type { SearchNode, Test } from '../parse/detection.ts'
import { MANY, type Pattern } from '../parse/pattern.ts'

export type Leaf = Extract<SearchNode, { kind: 'leaf' }>

/** A pattern that is one stretch of text, with or without `*` around it. */
interface Stretch {
  readonly text: string
  /** True where the value must begin, or end, with the text. */
  readonly first: boolean
  readonly last: boolean
}

function stretchOf(pattern: Pattern): Stretch | undefined {
  const texts = pattern.filter((part) => typeof part === 'string')
  if (texts.length > 1 || pattern.some((part) => typeof part !== 'string' && part !== MANY)) return undefined
  return { text: texts[0] ?? '', first: pattern[0] !== MANY, last: pattern.at(-1) !== MANY }
}

function same(left: Test, right: Test): boolean {
  if (left.kind !== right.kind) return false
  // Text is by far the most common; comparing it part by part is what keeps long lists cheap.
  if (left.kind !== 'text' || right.kind !== 'text') return JSON.stringify(left) === JSON.stringify(right)
  return left.cased === right.cased && left.pattern.length === right.pattern.length && left.pattern.every((part, i) => part === right.pattern[i])
}

/**
 * Whether every value that passes `narrow` passes `wide` as well. False also means "cannot tell". Both are of one field.
 */
export function implies(narrow: Leaf, wide: Leaf): boolean {
  if (narrow.field !== wide.field) return false
  const [from, to] = [narrow.test, wide.test]
  if (same(from, to)) return true
  if (to.kind === 'exists') return to.expected ? needsValue(from) : from.kind === 'exists' && !from.expected
  if (to.kind === 'null') return from.kind === 'exists' && !from.expected
  if (from.kind === 'number' && to.kind === 'number' && from.part === to.part) return numberImplies(from, to)
  if (from.kind !== 'text' || to.kind !== 'text' || (to.cased && !from.cased)) return false
  const [own, other] = [stretchOf(from.pattern), stretchOf(to.pattern)]
  if (!other) return false
  if (other.text === '' && !(other.first && other.last)) return true
  if (!own) return false
  const [inner, outer] = to.cased ? [own.text, other.text] : [fold(own.text), fold(other.text)]
  if (other.first && other.last) return own.first && own.last && inner === outer
  if (other.first) return own.first && inner.startsWith(outer)
  if (other.last) return own.last && inner.endsWith(outer)
  return inner.includes(outer)
}

/**
 * Whether no field can pass both. False also means "cannot tell".
 *
 * @param lists - whether a field may hold several values, of which each test needs but one
 */
export function excludes(left: Leaf, right: Leaf, lists: boolean): boolean {
  if (left.field === undefined || left.field !== right.field) return false
  const [one, two] = [left.test, right.test]
  if (isAbsent(one) || isAbsent(two)) return needsValue(isAbsent(one) ? two : one)
  if (lists) return false
  if (one.kind === 'number' && two.kind === 'number' && one.part === two.part) return numbersExclude(one, two)
  if (one.kind !== 'text' || two.kind !== 'text') return false
  const [a, b] = [stretchOf(one.pattern), stretchOf(two.pattern)]
  if (!a || !b) return false
  const cased = one.cased && two.cased
  const [own, other] = cased ? [a.text, b.text] : [fold(a.text), fold(b.text)]
  if (a.first && a.last) return !passes(own, other, b)
  if (b.first && b.last) return !passes(other, own, a)
  if (a.first && b.first && !own.startsWith(other) && !other.startsWith(own)) return true
  return a.last && b.last && !own.endsWith(other) && !other.endsWith(own)
}

function passes(value: string, text: string, { first, last }: Stretch): boolean {
  if (first && last) return value === text
  return first ? value.startsWith(text) : last ? value.endsWith(text) : value.includes(text)
}

const isAbsent = (test: Test): boolean => test.kind === 'null' || (test.kind === 'exists' && !test.expected)
const needsValue = (test: Test): boolean => !isAbsent(test)

type NumberTest = Extract<Test, { kind: 'number' }>

function numberImplies(from: NumberTest, to: NumberTest): boolean {
  const [low, high] = boundsOf(from)
  const [lower, higher] = boundsOf(to)
  return atLeast(low, lower) && atLeast(negative(high), negative(higher))
}

function numbersExclude(one: NumberTest, two: NumberTest): boolean {
  const apart = ([, high]: readonly [Bound, Bound], [low]: readonly [Bound, Bound]) =>
    high.value < low.value || (high.value === low.value && (high.open || low.open))
  const [a, b] = [boundsOf(one), boundsOf(two)]
  return apart(a, b) || apart(b, a)
}

interface Bound {
  readonly value: number
  /** True: the value itself is outside. */
  readonly open: boolean
}

function boundsOf({ operator, value }: NumberTest): readonly [Bound, Bound] {
  const lowest = { value: Number.NEGATIVE_INFINITY, open: false }
  const highest = { value: Number.POSITIVE_INFINITY, open: false }
  if (operator === 'eq')
    return [
      { value, open: false },
      { value, open: false },
    ]
  return operator.startsWith('g') ? [{ value, open: operator === 'gt' }, highest] : [lowest, { value, open: operator === 'lt' }]
}

const negative = ({ value, open }: Bound): Bound => ({ value: -value, open })
const atLeast = (one: Bound, other: Bound): boolean => one.value > other.value || (one.value === other.value && (one.open || !other.open))
