import { MANY, ONE, type Pattern } from '../parse/pattern.ts'

/** One stretch between two `*`: literals and `?`. */
type Segment = readonly (string | typeof ONE)[]

/**
 * A test whether a whole text fits a pattern. Each stretch between two `*` is looked for at the first place it fits, never
 * again further left, so the time is bounded by the text's length times the pattern's.
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
  return (text) => {
    let at = endAfter(first, text, 0)
    for (const segment of middle) {
      if (at < 0) return false
      at = endOfFirst(segment, text, at)
    }
    return at >= 0 && endsWith(last, text, at)
  }
}

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

function endOfFirst(segment: Segment, text: string, from: number): number {
  const [head] = segment
  for (let at = from; at <= text.length; at++) {
    if (typeof head === 'string') {
      at = text.indexOf(head, at)
      if (at < 0) return -1
    }
    const end = endAfter(segment, text, at)
    if (end >= 0) return end
  }
  return -1
}

function endsWith(segment: Segment, text: string, from: number): boolean {
  if (segment.length === 0) return true
  const shortest = segment.reduce<number>((length, part) => length + (part === ONE ? 1 : part.length), 0)
  // Each `?` may be one unit longer than its shortest form.
  const longest = shortest + segment.filter((part) => part === ONE).length
  for (let at = Math.max(from, text.length - longest); at <= text.length - shortest; at++) {
    if (endAfter(segment, text, at) === text.length) return true
  }
  return false
}
