/**
 * Text in the form in which two strings that differ only in case are equal, beyond ASCII too. The Greek final sigma is lower-cased
 * by its place in the word, so a pattern and the value it is part of would differ; both become the plain one.
 */
export function fold(text: string): string {
  if (text.length <= SHORT && isFolded(text)) return text
  const lower = text.toLowerCase()
  // Asked first: it costs nothing on text of one byte a character, and replacing does.
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower
}

/** Up to this length looking is cheaper than calling: most short values are numbers and codes. */
const SHORT = 16

function isFolded(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f || (code >= 0x41 && code <= 0x5a)) return false
  }
  return true
}
