import { RuleFault } from './fault.ts'

const fault = (reason: string) => new RuleFault('regex', reason)
const isAscii = (char: string) => char < '\u0080'
/** A letter whose other case is one character too, and which ASCII's letters are not mixed up with (`ı` is no `i`). */
const isLetter = (char: string) => {
  const [lower, upper] = [char.toLowerCase(), char.toUpperCase()]
  return lower !== upper && lower.length === 1 && upper.length === 1 && isAscii(lower) === isAscii(upper)
}
const bothCases = (char: string) => `${char.toLowerCase()}${char.toUpperCase()}`
const CLASS_OF = new Map([
  ['alpha', 'a-zA-Z'],
  ['digit', '0-9'],
  ['alnum', 'a-zA-Z0-9'],
  ['space', '\\s'],
  ['upper', 'A-Z'],
  ['lower', 'a-z'],
  ['xdigit', '0-9a-fA-F'],
  ['punct', '!-\\/:-@\\[-`{-~'],
  ['word', '\\w'],
])

/**
 * Rewrites a Sigma regular expression (PCRE's common part) for JavaScript.
 *
 * Inline flags `(?i)`, `(?m)`, `(?s)` are taken out, also as `(?i:…)` groups. Case-insensitivity is written into the pattern (`a` → `[aA]`) instead of
 * using JavaScript's `i`, because V8's linear-time engine, which bounds a hostile pattern, does not take that flag.
 * Look-around and back-references are refused: the specification does not have them, and they cannot be bounded in time.
 *
 * @throws {RuleFault} for what the specification does not allow and for patterns JavaScript cannot compile
 */
export function translateRegex(
  source: string,
  flags: { ignoreCase: boolean; multiline: boolean; dotAll: boolean },
): { source: string; flags: string } {
  let { ignoreCase, multiline, dotAll } = flags
  const scopes: boolean[] = []
  let out = ''
  const setFlags = (on: string, off: string) => {
    if (on.includes('m')) multiline = true
    if (on.includes('s')) dotAll = true
    if (on.includes('i')) ignoreCase = true
    if (off.includes('i')) ignoreCase = false
  }
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i)
    if (char === '\\') {
      const found = escapeAt(source, i)
      out += translateEscape(found, ignoreCase)
      i += found.length - 1
    } else if (char === '[') {
      const end = endOfClass(source, i)
      out += translateClass(source.slice(i, end + 1), ignoreCase)
      i = end
    } else if (char === '(') {
      const group = /^\((?:\?(?:([ims]*)(?:-([ims]+))?([:)])|(:)|P?<([A-Za-z_]\w*)>|(<?[=!])))?/.exec(source.slice(i))
      if (!group) throw fault('the pattern has a group JavaScript cannot read')
      if (source.charAt(i + 1) === '?' && group[0].length === 1) throw fault(`the pattern has an unsupported group "${source.slice(i, i + 4)}"`)
      if (group[6]) throw fault('look-around is not part of Sigma and cannot be bounded in time')
      if (group[3] === ')') setFlags(group[1] ?? '', group[2] ?? '')
      else {
        scopes.push(ignoreCase)
        if (group[3] === ':') setFlags(group[1] ?? '', group[2] ?? '')
        out += '(?:'
      }
      i += group[0].length - 1
    } else if (char === ')') {
      ignoreCase = scopes.pop() ?? ignoreCase
      out += ')'
    } else out += ignoreCase && isLetter(char) ? `[${bothCases(char)}]` : char
  }
  const translated = { source: out, flags: `${multiline ? 'm' : ''}${dotAll ? 's' : ''}` }
  try {
    new RegExp(translated.source, translated.flags)
  } catch (error) {
    throw fault(error instanceof Error ? error.message : String(error))
  }
  return translated
}

/** A backslash and what belongs to it: PCRE writes a character by its number as `\x41`, `\x{41}` or `\cA`. */
interface Escape {
  readonly length: number
  /** The letter or sign after the backslash. */
  readonly name: string
  /** The character it stands for, where it is given by number. */
  readonly code?: number
}

const ESCAPE = /\\(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|c([A-Za-z])|([\s\S]))/y

function escapeAt(source: string, at: number): Escape {
  ESCAPE.lastIndex = at
  const found = ESCAPE.exec(source)
  if (!found) throw fault('the pattern ends in a lone backslash')
  const [{ length }, braced, byte, unit, control, name = ''] = found
  const digits = braced ?? byte ?? unit
  if (digits !== undefined) return { length, name: 'x', code: Number.parseInt(digits, 16) }
  if (control !== undefined) return { length, name: 'c', code: control.toUpperCase().charCodeAt(0) - 64 }
  return name === 'e' || name === 'a' ? { length, name, code: name === 'e' ? 0x1b : 0x07 } : { length, name }
}

/** Escapes of PCRE that mean something else in JavaScript, or nothing. */
const TRANSLATED = new Map([
  ['A', '^'],
  ['Z', '$'],
  ['z', '$'],
  ['h', '[ \\t]'],
  ['R', '(?:\\r\\n|\\n|\\r)'],
])

function translateEscape({ name, code }: Escape, ignoreCase: boolean): string {
  if (code !== undefined) {
    const char = characterOf(code)
    return ignoreCase && isLetter(char) ? `[${bothCases(char)}]` : byNumber(code)
  }
  if (/[1-9gk]/.test(name)) throw fault('back-references are not part of Sigma and cannot be bounded in time')
  if (/[CEGHKLNQUVXlopPuxy]/.test(name)) throw fault(`the pattern has "\\${name}", which is not part of Sigma`)
  return TRANSLATED.get(name) ?? `\\${name}`
}

/** A character in a class; a letter in both cases where case is ignored. */
function memberText(code: number, ignoreCase: boolean): string {
  const char = characterOf(code)
  if (ignoreCase && isLetter(char)) return bothCases(char)
  if (code < 0x20) return byNumber(code)
  return /[\\\][^-]/.test(char) ? `\\${char}` : char
}

function characterOf(code: number): string {
  if (code > 0xffff) throw fault('the pattern names a character beyond U+FFFF by its number; write the character itself')
  return String.fromCharCode(code)
}

const byNumber = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`

/** Where the class that opens at `start` closes; `]` right after `[` or `[^` is a member, and `[:alpha:]` is one member. */
function endOfClass(source: string, start: number): number {
  let i = start + 1
  if (source.charAt(i) === '^') i++
  if (source.charAt(i) === ']') i++
  for (; i < source.length; i++) {
    if (source.charAt(i) === '\\') i++
    else if (source.startsWith('[:', i) && source.indexOf(':]', i) > 0) i = source.indexOf(':]', i) + 1
    else if (source.charAt(i) === ']') return i
  }
  throw fault('the pattern has a "[" that is never closed')
}

function translateClass(text: string, ignoreCase: boolean): string {
  const negated = text.startsWith('[^')
  const body = text.slice(negated ? 2 : 1, -1)
  let out = ''
  for (let i = 0; i < body.length; ) {
    const first = memberAt(body, i)
    const last = first.code !== undefined && body.charAt(i + first.length) === '-' ? memberAt(body, i + first.length + 1) : undefined
    if (first.code !== undefined && last?.code !== undefined) {
      if (first.code > last.code)
        throw fault(`the pattern has a class whose range ${body.slice(i, i + first.length + 1 + last.length)} is out of order`)
      out += `${memberText(first.code, false)}-${memberText(last.code, false)}${ignoreCase ? otherCasesOf(first.code, last.code) : ''}`
      i += first.length + 1 + last.length
    } else {
      out += first.code === undefined ? first.text : memberText(first.code, ignoreCase)
      i += first.length
    }
  }
  return `[${negated ? '^' : ''}${out}]`
}

/** What may stand in a class: one character, or a set of them, which cannot begin a range. */
type Member = { readonly length: number; readonly code: number } | { readonly length: number; readonly code: undefined; readonly text: string }

function memberAt(body: string, at: number): Member {
  if (at >= body.length) return { length: 0, code: undefined, text: '' }
  const named = /^\[:(\w+):\]/.exec(body.slice(at, at + 16))
  if (named) {
    const text = CLASS_OF.get(named[1] ?? '')
    if (!text) throw fault(`the pattern has an unknown class ${named[0]}`)
    return { length: named[0].length, code: undefined, text }
  }
  if (body.charAt(at) !== '\\') return { length: 1, code: body.charCodeAt(at) }
  const { length, name, code } = escapeAt(body, at)
  if (code !== undefined) return { length, code }
  if (name === 'h') return { length, code: undefined, text: ' \\t' }
  if (/[a-zA-Z0-9]/.test(name)) {
    if (!/[dDwWsSbnrtfv0]/.test(name)) throw fault(`the pattern has "\\${name}" in a class, which is not part of Sigma`)
    return { length, code: undefined, text: `\\${name}` }
  }
  return { length, code: name.charCodeAt(0) }
}

/** Longest range whose letters are all looked at for their other case; a longer one has both cases in it. */
const LETTERS_LIMIT = 2_048

function otherCasesOf(from: number, to: number): string {
  let others = ''
  for (let code = from; code <= Math.min(to, from + LETTERS_LIMIT); code++) {
    const char = String.fromCharCode(code)
    if (!isLetter(char)) continue
    for (const letter of bothCases(char)) if (letter.charCodeAt(0) < from || letter.charCodeAt(0) > to) others += letter
  }
  return others
}
