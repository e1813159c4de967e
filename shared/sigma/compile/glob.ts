import { MANY, ONE, type Pattern } from '../parse/pattern.ts'

/** One stretch between two `*`: literals and `?`. */
type Segment = readonly (string | typeof ONE)[]

/** Work one test may cost, in parts of the pattern tried (some 10 ns each); what a value holds past it is not looked at. */
const WORK_LIMIT = 300_000
/** Characters of a part that cost about as much as trying it. */
const CHARACTERS_BY_TRY = 16

/**
 * A test whether a whole text fits a pattern. Each stretch between two `*` is looked for at the first place it fits, never again further left, so the
 * time is bounded by the text's length times the stretch's, and that by a limit.
 */
export function compileGlob(pattern: Pattern): (text: string) => boolean {
  const segments: (string | typeof ONE)[][] = [[]]
  for (const part of pattern) {
    if (part === MANY) segments.push([])
    else segments.at(-1)?.push(part)
  }
  const [first = []] = segments
  if (segments.length === 1) return (text) => endAfter(first, text, 0) === text.length
  const middle = segments.slice(1, -1)
  const last = segments.at(-1) ?? []
  const shortest = segments.reduce((sum, segment) => sum + shortestOf(segment), 0)
  return (text) => {
    if (text.length < shortest) return false
    let at = endAfter(first, text, 0)
    let work = 0
    const tried = (parts: number) => {
      work += parts
      return work > WORK_LIMIT
    }
    for (const segment of middle) {
      if (at < 0) return false
      at = endOfFirst(segment, text, at, tried)
    }
    return at >= 0 && endsWith(last, text, at, tried)
  }
}

const shortestOf = (segment: Segment): number => segment.reduce<number>((length, part) => length + (part === ONE ? 1 : part.length), 0)

/** Where the segment ends if it stands at `at`; -1 where it does not. `?` takes one character, also one of two code units. */
function endAfter(segment: Segment, text: string, at: number): number {
  let end = at
  for (const part of segment) {
    if (part === ONE) {
      if (end >= text.length) return -1
      end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
    } else if (text.startsWith(part, end)) end += part.length
    else return -1
  }
  return end
}

/** @param tried - told what a try costs at most; says whether it was one too many */
function endOfFirst(segment: Segment, text: string, from: number, tried: (parts: number) => boolean): number {
  const [head] = segment
  const cost = costOf(segment)
  const limit = text.length - shortestOf(segment)
  for (let at = from; at <= limit; at++) {
    if (typeof head === 'string') {
      at = text.indexOf(head, at)
      if (at < 0) return -1
    }
    const end = endAfter(segment, text, at)
    if (end >= 0) return end
    if (tried(cost)) return -1
  }
  return -1
}

function endsWith(segment: Segment, text: string, from: number, tried: (parts: number) => boolean): boolean {
  if (segment.length === 0) return true
  const shortest = shortestOf(segment)
  const cost = costOf(segment)
  // Each `?` may be one unit longer than its shortest form.
  const longest = shortest + segment.filter((part) => part === ONE).length
  for (let at = Math.max(from, text.length - longest); at <= text.length - shortest; at++) {
    if (endAfter(segment, text, at) === text.length) return true
    if (tried(cost)) return false
  }
  return false
}

const costOf = (segment: Segment): number => segment.reduce<number>((sum, part) => sum + 1 + (part === ONE ? 0 : part.length / CHARACTERS_BY_TRY), 0)
