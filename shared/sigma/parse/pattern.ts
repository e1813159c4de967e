/** `*`: any number of characters. */
export const MANY = 0
/** `?`: exactly one character. */
export const ONE = 1

/** A Sigma string: literal stretches and wildcards, in order. Two literals never stand side by side; `[]` is the empty string. */
export type Pattern = readonly PatternPart[]
export type PatternPart = string | typeof MANY | typeof ONE

/**
 * Reads a Sigma string value. `*` and `?` are wildcards unless a backslash stands before them; a backslash escapes only
 * `*`, `?` and itself, so a single one before anything else is just a backslash (Sigma specification 2.1, "Escaping").
 */
export function parsePattern(text: string): Pattern {
  const parts: PatternPart[] = []
  let literal = ''
  const wildcard = (part: typeof MANY | typeof ONE) => {
    if (literal) parts.push(literal)
    literal = ''
    if (part === ONE || parts.at(-1) !== MANY) parts.push(part)
  }
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    const next = text.charAt(i + 1)
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next
      i++
    } else if (char === '*') wildcard(MANY)
    else if (char === '?') wildcard(ONE)
    else literal += char
  }
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
