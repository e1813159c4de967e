import fc from 'fast-check'

/** How a pattern is made from a text of the pool; every choice is a number, so that it can be drawn before the pool is known. */
export interface PatternSpec {
  readonly from: number
  readonly start: number
  /** 0: the whole text. */
  readonly length: number
  readonly edits: readonly { readonly kind: 'many' | 'one' | 'none' | 'upper' | 'lower' | 'other'; readonly at: number; readonly length: number }[]
  /** Whether a backslash that needs no escape gets one all the same. */
  readonly escapeAll: boolean
}

export const patternSpec: fc.Arbitrary<PatternSpec> = fc.record({
  from: fc.nat(1_000),
  start: fc.nat(2_000),
  length: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 13 }) }, { weight: 1, arbitrary: fc.constant(0) }),
  edits: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    {
      weight: 3,
      arbitrary: fc.array(
        fc.record({
          kind: fc.constantFrom('many', 'one', 'none', 'upper', 'upper', 'lower', 'lower', 'other'),
          at: fc.nat(12),
          length: fc.integer({ min: 0, max: 4 }),
        }),
        { maxLength: 3 },
      ),
    },
  ),
  escapeAll: fc.boolean(),
})

/** The part of a text that a spec names, in whole characters, as it stands. */
export function partOf(pool: readonly string[], { from, start, length }: PatternSpec): string {
  const characters = [...(pool[from % pool.length] ?? '')]
  if (length === 0 || characters.length === 0) return characters.join('')
  // Half of the starts are near the end, where what ends a value is.
  const first = start % 2 === 0 ? start % characters.length : Math.max(0, characters.length - length)
  return characters.slice(first, first + length).join('')
}

/** A Sigma string: part of a text with wildcards, changed case and escapes. */
export function patternOf(pool: readonly string[], spec: PatternSpec): string {
  const tokens: string[] = [...partOf(pool, spec)].map((character) => (character === '*' || character === '?' ? `\\${character}` : character))
  for (const { kind, at, length } of spec.edits) {
    const place = tokens.length === 0 ? 0 : at % (tokens.length + 1)
    const taken = tokens.slice(place, place + length)
    const unescaped = (change: (text: string) => string) => taken.map((token) => (token.length > 2 || token.startsWith('\\') ? token : change(token)))
    if (kind === 'many') tokens.splice(place, length, '*')
    else if (kind === 'one') tokens.splice(place, Math.min(1, length), '?')
    else if (kind === 'none') tokens.splice(place, length)
    else if (kind === 'other') tokens.splice(place, 0, 'z')
    else tokens.splice(place, length, ...unescaped((text) => (kind === 'upper' ? text.toUpperCase() : text.toLowerCase())))
  }
  return tokens.map((token, i) => (token === '\\' && (spec.escapeAll || mustEscape(tokens[i + 1])) ? '\\\\' : token)).join('')
}

/** Before a wildcard, an escape or another backslash, a backslash means something else unless it is written twice. */
const mustEscape = (next: string | undefined): boolean => next !== undefined && /^[*?\\]/.test(next)
