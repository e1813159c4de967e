/** `*`: any number of characters. */
export const MANY = 0
/** `?`: exactly one character. */
export const ONE = 1

/** A Sigma string: literal stretches and wildcards, in order. Two literals never stand side by side; `[]` is the empty string. */
export type Pattern = readonly PatternPart[]
export type PatternPart = string | typeof MANY | typeof ONE

const BACKSLASH = 0x5c
const STAR = 0x2a
const QUESTION_MARK = 0x3f
const SPECIAL = /[*?]|\\[*?\\]/

/**
 * Reads a Sigma string value. `*` and `?` are wildcards unless a backslash stands before them; a backslash escapes only
 * `*`, `?` and itself, so a single one before anything else is just a backslash (Sigma specification 2.1, "Escaping").
 */
export function parsePattern(text: string): Pattern {
  // Most values have nothing special: they stay the piece of the file they were cut from.
  if (text === '') return []
  if (!SPECIAL.test(text)) return [text]
  const parts: PatternPart[] = []
  let literal = ''
  /** From here on the text is not yet in `literal`. */
  let from = 0
  const wildcard = (part: typeof MANY | typeof ONE, at: number) => {
    literal += text.slice(from, at)
    if (literal) parts.push(literal)
    literal = ''
    from = at + 1
    if (part === ONE || parts.at(-1) !== MANY) parts.push(part)
  }
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === BACKSLASH) {
      const next = text.charCodeAt(i + 1)
      if (next !== STAR && next !== QUESTION_MARK && next !== BACKSLASH) continue
      literal += text.slice(from, i)
      from = i + 1
      i++
    } else if (char === STAR) wildcard(MANY, i)
    else if (char === QUESTION_MARK) wildcard(ONE, i)
  }
  literal += text.slice(from)
  if (literal) parts.push(literal)
  return parts
}

/** The pattern as plain text where it holds no wildcard. */
export const literalOf = (pattern: Pattern): string | undefined => {
  if (pattern.length === 0) return ''
  const [only] = pattern
  return pattern.length === 1 && typeof only === 'string' ? only : undefined
}

/** The pattern with `*` before and/or after it. */
export const surround = (pattern: Pattern, before: boolean, after: boolean): Pattern => {
  const parts = [...pattern]
  if (before && parts[0] !== MANY) parts.unshift(MANY)
  if (after && (parts.length === 0 || parts.at(-1) !== MANY)) parts.push(MANY)
  return parts
}
