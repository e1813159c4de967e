/**
 * Text in the form in which two strings that differ only in case are equal, beyond ASCII too. The Greek final sigma is lower-cased
 * by its place in the word, so a pattern and the value it is part of would differ; both become the plain one.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase()
  // Asked first: it costs nothing on text of one byte a character, and replacing does.
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower
}
