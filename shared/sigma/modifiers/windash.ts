import type { PatternPart } from '../parse/pattern.ts'
import { type Modifier, mapText, modifierFault, takeVariants } from './modifier.ts'

/** What Windows programs take for the dash before a parameter: hyphen, slash, en dash, em dash, horizontal bar. */
const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015']
/** A dash in parameter position: nothing word-like before it, a word after it, so not the second one in `-param-name`. */
const PARAMETER_DASH = /\B[-/\u2013\u2014\u2015]\b/g
const VARIANT_LIMIT = 3_125

const variantsOf = (literal: string): string[] => {
  const places = [...literal.matchAll(PARAMETER_DASH)].map((found) => found.index)
  return places.reduce((texts, at) => texts.flatMap((text) => DASHES.map((dash) => text.slice(0, at) + dash + text.slice(at + 1))), [literal])
}

/** Each value also with the other characters Windows takes for a dash. */
export const windash: Modifier = {
  name: 'windash',
  apply: (item, context) =>
    mapText('windash', item, ({ pattern }) => {
      const dashes = pattern.reduce<number>((count, part) => count + (typeof part === 'string' ? [...part.matchAll(PARAMETER_DASH)].length : 0), 0)
      if (DASHES.length ** dashes > VARIANT_LIMIT) throw modifierFault('windash', `would make more than ${VARIANT_LIMIT} variants of one value`)
      takeVariants('windash', DASHES.length ** dashes, context)
      const patterns = pattern.reduce<PatternPart[][]>(
        (done, part) =>
          typeof part === 'string'
            ? variantsOf(part).flatMap((text) => done.map((before) => [...before, text]))
            : done.map((before) => [...before, part]),
        [[]],
      )
      return { kind: 'any', of: patterns.map((variant) => ({ kind: 'text', pattern: variant })) }
    }),
}
