import { gramBytes, SHORTEST_GRAM_LITERAL, WHOLE_WORDS_LITERAL } from './gram-index.ts'
import { isAscii, literalInJson } from './json-text.ts'
import type { Literal } from './literal.ts'

/**
 * Where a literal is looked for: in the event's JSON text (`text`; `steps` where it is so short that every byte or every other must be looked at), in its
 * field's value, or there but only in events that are not all ASCII.
 */
export type IndexPlace = { readonly kind: 'text' | 'steps'; readonly bytes: Uint8Array } | { readonly kind: 'field' | 'beyondAscii' }

const FIELD: IndexPlace = { kind: 'field' }
const BEYOND_ASCII: IndexPlace = { kind: 'beyondAscii' }

/** @param literal - in folded form */
export function indexPlaceOf({ place, text }: Literal): IndexPlace {
  if (!isAscii(text)) return BEYOND_ASCII
  const written = literalInJson(place, text)
  if (written === undefined || written.length < SHORTEST_GRAM_LITERAL) return FIELD
  if (written.length >= WHOLE_WORDS_LITERAL) return { kind: 'text', bytes: gramBytes(written) }
  // At a value's end or beginning a few characters decide; for those no text is looked through in small steps.
  return place === 'contains' ? { kind: 'steps', bytes: gramBytes(written) } : FIELD
}
