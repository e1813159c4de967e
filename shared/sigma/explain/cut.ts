/** What is shown of a value, in characters. */
const SHOWN_LIMIT = 200
/** Characters shown before the place that matters. */
const BEFORE = 40

/**
 * At most 200 characters of a text, with `…` where some were left out.
 *
 * @param at - where in the text the part lies that should be seen
 */
export function cut(text: string, at = 0): string {
  if (text.length <= SHOWN_LIMIT) return text
  const start = at < SHOWN_LIMIT - BEFORE ? 0 : wholeFrom(text, at - BEFORE)
  const head = start > 0 ? '…' : ''
  const room = SHOWN_LIMIT - head.length
  if (start + room >= text.length) return head + text.slice(start)
  return `${head}${text.slice(start, wholeFrom(text, start + room - 1))}…`
}

/** The offset, or the one before where it would split a character of two code units. */
const wholeFrom = (text: string, offset: number): number => {
  const code = text.charCodeAt(offset)
  return code >= 0xdc00 && code <= 0xdfff ? offset - 1 : offset
}
