import { fold } from './fold.ts'
import type { Literal } from './literal.ts'

const SHORTEST = 3
/** Characters after `\x`, `\u` and `\c` that belong to the escape. */
const CODE_DIGITS: { readonly [letter: string]: number } = { x: 2, u: 4, c: 1 }

/** The longest text that every match of a regular expression contains, where it is long enough to be looked for; undefined where there is none. */
export function requiredLiteral(source: string): Literal | undefined {
  const longest = requiredTexts(source).reduce((best, text) => (text.length > best.length ? text : best), '')
  return longest.length >= SHORTEST ? { place: 'contains', text: longest } : undefined
}

/**
 * Texts, in folded form, that every match of a regular expression contains, so that the expression is run only on values that hold them all. Only what stands
 * outside groups and classes is looked at; none where alternatives leave nothing certain.
 */
export function requiredTexts(source: string): string[] {
  const texts: string[] = []
  let run = ''
  const endRun = () => {
    if (run !== '') texts.push(fold(run))
    run = ''
  }
  let depth = 0
  for (let i = 0; i < source.length; i++) {
    let char = source.charAt(i)
    let plain = !'.^$|()[]{}*+?'.includes(char)
    if (char === '|' && depth === 0) return []
    if (char === '[') {
      const end = classEnd(source, i)
      char = depth === 0 ? (caseOnly(source.slice(i, end + 1)) ?? '') : ''
      plain = char !== ''
      i = end
    } else if (char === '\\') {
      char = source.charAt(++i)
      plain = !/[A-Za-z0-9]/.test(char)
      i += CODE_DIGITS[char] ?? 0
    } else if (char === '(') depth++
    else if (char === ')') depth--
    const quantifier = source.charAt(i + 1)
    const optional = '*?{'.includes(quantifier) && quantifier !== ''
    if (plain && depth === 0 && !optional) run += char
    else endRun()
    // After `a+` the next character need not follow this one directly.
    if (quantifier === '+') endRun()
    if (quantifier === '{') i = Math.max(i, source.indexOf('}', i))
  }
  endRun()
  return [...new Set(texts)]
}

function classEnd(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source.charAt(i) === '\\') i++
    else if (source.charAt(i) === ']') return i
  }
  return source.length
}

/** `[aA]`, which is how an ignored case is written into a pattern, is the letter itself. */
const caseOnly = (text: string): string | undefined =>
  text.length === 4 && text.charAt(1) !== '\\' && text.charAt(1) !== '^' && text.charAt(1).toUpperCase() === text.charAt(2)
    ? text.charAt(1)
    : undefined
