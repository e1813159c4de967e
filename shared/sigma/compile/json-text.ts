/**
 * Whether every ASCII character of the text's values stands in it as `JSON.stringify` would write it, so that a literal can be looked for in the text
 * itself. Not so where a producer wrote `\u0026` or `\/`.
 */
export const isPlainJson = (text: string): boolean => !CODES.some((code) => holdsEscape(text, code)) && !holdsEscape(text, '/')

/**
 * How the escapes go on, after their backslash, that stand for ASCII or for what becomes ASCII when case is ignored (`\u0130`, `\u212a`). They are found by
 * these letters, because Windows logs are full of backslashes and have few of these.
 */
const CODES = ['u0', 'u2']

/** Whether a character of the text becomes ASCII when case is ignored: U+212A gives `k`, U+0130 `i` and a mark. */
export const foldsIntoAscii = (text: string): boolean => text.includes('\u212a') || text.includes('\u0130')

/** Whether no value of the text holds a character beyond ASCII, not even as an escape. Rarely asked, so it may say no where it is yes (`\\\\users`). */
export const isAsciiJson = (text: string): boolean => Buffer.byteLength(text) === text.length && !text.includes('\\u')

function holdsEscape(text: string, rest: string): boolean {
  for (let at = text.indexOf(rest); at >= 0; at = text.indexOf(rest, at + 1))
    if (at > 0 && text.charCodeAt(at - 1) === BACKSLASH && isEscape(text, at - 1)) return true
  return false
}

/** Whether the backslash begins an escape: in `\\\\users` the second one does not, for it is itself escaped. */
function isEscape(text: string, backslash: number): boolean {
  let before = backslash
  while (before > 0 && text.charCodeAt(before - 1) === BACKSLASH) before--
  return (backslash - before) % 2 === 0
}

const BACKSLASH = 0x5c

/** Text that, in JSON, may stand there in another form than the value's: `1e3` is 1000. */
const AS_NUMBER = /^[\d.e+-]*$/
const WORDS = ['true', 'false', 'null', 'infinity', 'nan']

/**
 * How a literal of a string value stands in JSON text, with the quotation mark where the value begins or ends there; undefined where the text may hold it
 * in another form: beyond ASCII, and what can be a number's or a boolean's.
 *
 * @param text - in folded form
 */
export function literalInJson(place: 'equals' | 'startswith' | 'endswith' | 'contains', text: string): string | undefined {
  if (!isAscii(text) || AS_NUMBER.test(text) || WORDS.some((word) => word.includes(text))) return undefined
  const inside = JSON.stringify(text).slice(1, -1)
  return `${place === 'equals' || place === 'startswith' ? '"' : ''}${inside}${place === 'equals' || place === 'endswith' ? '"' : ''}`
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
