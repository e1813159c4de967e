import { MANY, type Pattern } from '../parse/pattern.ts'

/** A pattern that is plain text at a known place: what one pass over a value can find for all rules together. */
export interface Literal {
  readonly place: 'equals' | 'startswith' | 'endswith' | 'contains'
  readonly text: string
}

/** The pattern as a literal; undefined where it has wildcards in other places, or no text at all but `*`. */
export function literalIn(pattern: Pattern): Literal | undefined {
  const words = pattern.filter((part) => typeof part === 'string')
  const [text = ''] = words
  if (pattern.length === 0) return { place: 'equals', text: '' }
  if (words.length !== 1 || pattern.some((part) => typeof part !== 'string' && part !== MANY)) return undefined
  const before = pattern[0] === MANY
  const after = pattern.at(-1) === MANY
  return { place: before && after ? 'contains' : after ? 'startswith' : before ? 'endswith' : 'equals', text }
}

/** Whether the literal holds for a text; both in the same form (folded or as written). */
export function holds({ place, text }: Literal, value: string): boolean {
  switch (place) {
    case 'equals':
      return value === text
    case 'startswith':
      return value.startsWith(text)
    case 'endswith':
      return value.endsWith(text)
    case 'contains':
      return value.includes(text)
  }
}

/**
 * Whether the literal holds for a value as written, case ignored.
 *
 * @param literal - in folded form and ASCII
 * @param value - without the few characters that become ASCII when case is ignored (`foldsIntoAscii`)
 * @returns undefined where only the folded value can tell
 */
export function holdsAsWritten({ place, text }: Literal, value: string): boolean | undefined {
  if (place === 'contains') return value.length < text.length ? false : undefined
  const start = place === 'endswith' ? value.length - text.length : 0
  if (start < 0 || (place === 'equals' && value.length !== text.length)) return false
  for (let i = 0; i < text.length; i++) {
    const code = value.charCodeAt(start + i)
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code
    if (lower !== text.charCodeAt(i)) return false
  }
  return true
}

/** The longest literal stretch of a pattern: a text that fits the pattern contains it. */
export function longestStretch(pattern: Pattern): string {
  return pattern.reduce<string>((longest, part) => (typeof part === 'string' && part.length > longest.length ? part : longest), '')
}
