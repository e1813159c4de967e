export const ANY = Symbol('any number of characters')
export const ONE = Symbol('exactly one character')
/** A Sigma string, one element for each character or wildcard. */
export type Tokens = readonly (string | typeof ANY | typeof ONE)[]

/** `*` and `?` are wildcards unless escaped; a backslash escapes `*`, `?` and itself, before anything else it is a backslash. */
export function tokensOf(text: string): Tokens {
  const tokens: (string | typeof ANY | typeof ONE)[] = []
  const characters = [...text]
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? ''
    const next = characters[i + 1]
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      tokens.push(next)
      i++
    } else tokens.push(character === '*' ? ANY : character === '?' ? ONE : character)
  }
  return tokens
}

export const plain = (text: string): Tokens => [...text]

/** The text of tokens without wildcards. */
export function textOf(tokens: Tokens): string {
  return tokens
    .map((token) => {
      if (typeof token === 'symbol') throw new Error('a value with wildcards cannot be encoded')
      return token
    })
    .join('')
}

/**
 * Whether a whole text fits.
 *
 * @param form - takes case away from the pattern's text as it was taken from the texts
 */
export function fits(tokens: Tokens, form: (text: string) => string): (text: string) => boolean {
  const source = tokens.map((token) => (token === ANY ? '[^]*' : token === ONE ? '[^]' : escaped(form(token)))).join('')
  // Searching for the middle is the same as matching with anything before and after it, and need not go back and forth.
  const open = /^(?:\[\^\]\*)*/.exec(source)?.[0] ?? ''
  const close = /(?:\[\^\]\*)*$/.exec(source.slice(open.length))?.[0] ?? ''
  const middle = source.slice(open.length, source.length - close.length)
  const regex = new RegExp(`${open ? '' : '^'}(?:${middle})${close || (open && middle === '') ? '' : '$'}`, 'u')
  return (text) => regex.test(text)
}

const escaped = (text: string) => text.replace(/[\\^$.|?*+()[\]{}/]/g, '\\$&')
