/**
 * Text in the form in which two strings that differ only in case are equal, beyond ASCII too. The Greek final sigma is lower-cased
 * by its place in the word, so a pattern and the value it is part of would differ; both become the plain one.
 */
export const fold = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ')
