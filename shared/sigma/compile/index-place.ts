import { gramBytes, SHORTEST_GRAM_LITERAL, WHOLE_WORDS_LITERAL } from './gram-index.ts'
import { isAscii, literalInJson } from './json-text.ts'
import type { Literal } from './literal.ts'

/**
 * Where a literal is looked for: in the event's JSON text (`text`; `steps` where it is so short that every byte or every other must be looked at), in its
 * field's value, or there but only in events that are not all ASCII.
 */
export type IndexPlace =
  | { readonly kind: 'text' | 'steps'; readonly bytes: Uint8Array }
  | { readonly kind: 'field'; readonly bytes?: undefined }
  | { readonly kind: 'beyondAscii'; readonly bytes?: undefined }

const FIELD: IndexPlace = { kind: 'field' }
const BEYOND_ASCII: IndexPlace = { kind: 'beyondAscii' }

/** @param literal - in folded form; @param keyword - it is looked for in every value, not in one field's */
export function indexPlaceOf({ place, text }: Literal, keyword: boolean): IndexPlace {
  if (!isAscii(text)) return BEYOND_ASCII
  const written = literalInJson(place, text)
  if (written === undefined || written.length < SHORTEST_GRAM_LITERAL) return FIELD
  if (written.length >= WHOLE_WORDS_LITERAL) return { kind: 'text', bytes: gramBytes(written) }
  // One field is soon looked through, the whole text in small steps is not.
  return keyword ? { kind: 'steps', bytes: gramBytes(written) } : FIELD
}

/**
 * What it costs to look for a literal in each event, as a share of a rule looked at in vain (some half a microsecond). In the text one literal
 * more costs nothing.
 */
export function indexCost(kind: IndexPlace['kind'], place: Literal['place']): number {
  if (kind === 'text' || kind === 'beyondAscii') return 0
  if (kind === 'steps') return 6
  // What stands at a value's end or beginning is seen at once; elsewhere the value has to be looked through.
  return place === 'contains' ? 3 : 0.2
}
