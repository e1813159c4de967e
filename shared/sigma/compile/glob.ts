import { MANY, ONE, type Pattern } from '../parse/pattern.ts'
import type { WorkBudget } from './work-budget.ts'

/** One stretch between two `*`: literals, and numbers of characters that may be any. */
type Segment = readonly (string | number)[]

/** Steps of the budget that one test of a text takes at least, and how many characters of a literal cost about one. */
const TEST_STEPS = 4
const CHARACTERS_BY_STEP = 32

/** Whether a text has characters of two code units. */
const PAIRS = /[\ud800-\udbff]/

/**
 * A test whether a whole text fits a pattern. Each stretch between two `*` is looked for at the first place it fits, never again further left, so the
 * time is bounded by the text's length times the stretch's, and that by the event's budget: out of it, a text does not fit.
 */
export function compileGlob(pattern: Pattern): (text: string, budget: WorkBudget) => boolean {
  const segments = segmentsOf(pattern)
  const [first = []] = segments
  const hasSkips = segments.some((segment) => segment.some((part) => typeof part === 'number'))
  const hasPairs = hasSkips ? (text: string) => PAIRS.test(text) : () => false
  if (segments.length === 1) return (text, budget) => budget.spend(TEST_STEPS) && endAfter(first, text, 0, hasPairs(text)) === text.length
  const middle = segments
    .slice(1, -1)
    .map((segment) => ({ segment, shortest: shortestOf(segment), cost: costOf(segment, 1), costOfPairs: costOf(segment, CHARACTERS_BY_STEP / 2) }))
  const last = segments.at(-1) ?? []
  const shortest = segments.reduce((sum, segment) => sum + shortestOf(segment), 0)
  return (text, budget) => {
    if (!budget.spend(TEST_STEPS) || text.length < shortest) return false
    const pairs = hasPairs(text)
    let at = endAfter(first, text, 0, pairs)
    for (const { segment, shortest: length, cost, costOfPairs } of middle) {
      if (at < 0) return false
      const [head] = segment
      const limit = text.length - length
      let start = at
      for (at = -1; at < 0; start++) {
        start = typeof head === 'string' ? text.indexOf(head, start) : start
        if (start < 0 || start > limit || !budget.spend(pairs ? costOfPairs : cost)) return false
        at = endAfter(segment, text, start, pairs)
      }
    }
    return at >= 0 && startBefore(last, text, pairs) >= at
  }
}

/** The pattern cut at its `*`. `*?a` is the same as `?*a`, so each stretch but the first begins with a literal, which can be searched for. */
function segmentsOf(pattern: Pattern): Segment[] {
  const segments: (string | number)[][] = [[]]
  const add = (segment: (string | number)[], part: string | number) => {
    const before = segment.at(-1)
    if (typeof before === 'number' && typeof part === 'number') segment[segment.length - 1] = before + part
    else segment.push(part)
  }
  for (const part of pattern) {
    const segment = segments.at(-1) ?? []
    if (part === MANY) segments.push([])
    else if (part === ONE && segment.length === 0) add(segments.at(-2) ?? segment, 1)
    else add(segment, part === ONE ? 1 : part)
  }
  return segments.filter((segment, index) => segment.length > 0 || index === 0 || index === segments.length - 1)
}

const shortestOf = (segment: Segment): number => segment.reduce<number>((length, part) => length + (typeof part === 'number' ? part : part.length), 0)

/** Where the segment ends if it stands at `at`; -1 where it does not. */
function endAfter(segment: Segment, text: string, at: number, pairs: boolean): number {
  let end = at
  for (const part of segment) {
    if (typeof part === 'number') {
      end = pairs ? afterCharacters(text, end, part) : end + part
      if (end > text.length) return -1
    } else if (text.startsWith(part, end)) end += part.length
    else return -1
  }
  return end
}

/** Where the segment begins if it stands at the text's end; -1 where it does not. */
function startBefore(segment: Segment, text: string, pairs: boolean): number {
  let start = text.length
  for (let i = segment.length - 1; i >= 0; i--) {
    const part = segment[i] ?? ''
    if (typeof part === 'number') {
      start = pairs ? beforeCharacters(text, start, part) : start - part
      if (start < 0) return -1
    } else if (text.endsWith(part, start)) start -= part.length
    else return -1
  }
  return start
}

/** The place so many characters further on, one of two code units counted once; past the end where there are fewer. */
function afterCharacters(text: string, from: number, count: number): number {
  let at = from
  for (let i = 0; i < count && at <= text.length; i++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return at
}

function beforeCharacters(text: string, from: number, count: number): number {
  let at = from
  for (let i = 0; i < count && at >= 0; i++) at -= at >= 2 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1
  return at
}

/** @param skip - what a character that may be any costs, in characters of a literal */
const costOf = (segment: Segment, skip: number): number =>
  segment.reduce<number>((sum, part) => sum + 1 + (typeof part === 'number' ? part * skip : part.length) / CHARACTERS_BY_STEP, 0)
