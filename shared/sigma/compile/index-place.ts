import { SHORTEST_GRAM_LITERAL, WHOLE_WORDS_LITERAL } from './gram-index.ts'
import { isAscii, literalInJson } from './json-text.ts'
import type { Literal } from './literal.ts'

/**
 * Where a literal is looked for: in the event's JSON text (`text`; `steps` where it is so short that every byte or every other must be looked at), in its
 * field's value, or there but only in events that are not all ASCII.
 */
export type IndexPlace = { readonly kind: 'text' | 'steps'; readonly bytes: string } | { readonly kind: 'field' } | { readonly kind: 'beyondAscii' }

/** @param literal - in folded form; @param keyword - it is looked for in every value, not in one field's */
export function indexPlaceOf({ place, text }: Literal, keyword: boolean): IndexPlace {
  if (!isAscii(text)) return { kind: 'beyondAscii' }
  const bytes = literalInJson(place, text)
  if (bytes === undefined || bytes.length < SHORTEST_GRAM_LITERAL) return { kind: 'field' }
  if (bytes.length >= WHOLE_WORDS_LITERAL) return { kind: 'text', bytes }
  // One field is soon looked through, the whole text in small steps is not.
  return keyword ? { kind: 'steps', bytes } : { kind: 'field' }
}
