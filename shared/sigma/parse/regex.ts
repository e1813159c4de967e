import { RuleFault } from './fault.ts'

const fault = (reason: string) => new RuleFault('regex', reason)
const isLetter = (char: string) => char.toLowerCase() !== char.toUpperCase() && char.toLowerCase().length === 1 && char.toUpperCase().length === 1
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
      const next = source.charAt(++i)
      if (next === '') throw fault('the pattern ends in a lone backslash')
      if (/[1-9]/.test(next) || next === 'k') throw fault('back-references are not part of Sigma and cannot be bounded in time')
      out += translateEscape(next)
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

function translateEscape(char: string): string {
  if (char === 'A') return '^'
  if (char === 'Z' || char === 'z') return '$'
  if (char === 'h') return '[ \\t]'
  return `\\${char}`
}

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
  let body = text.slice(negated ? 2 : 1, -1)
  if (body.startsWith(']')) body = `\\${body}`
  let out = ''
  for (let i = 0; i < body.length; i++) {
    const char = body.charAt(i)
    const named = /^\[:(\w+):\]/.exec(body.slice(i))
    if (named) {
      const members = CLASS_OF.get(named[1] ?? '')
      if (!members) throw fault(`the pattern has an unknown class ${named[0]}`)
      out += members
      i += named[0].length - 1
    } else if (char === '\\') {
      out += body.slice(i, i + 2)
      i++
    } else if (body.charAt(i + 1) === '-' && i + 2 < body.length && body.charAt(i + 2) !== '\\') {
      const range = body.slice(i, i + 3)
      out += ignoreCase ? bothCasesOfRange(range) : range
      i += 2
    } else out += ignoreCase && isLetter(char) ? bothCases(char) : char === '[' ? '\\[' : char
  }
  return `[${negated ? '^' : ''}${out}]`
}

const A_TO_Z = { lower: [97, 122], upper: [65, 90] } as const

/** `a-f` → `a-fA-F`: the part of a range that lies among the ASCII letters of one case is repeated in the other. */
function bothCasesOfRange(range: string): string {
  const from = range.charCodeAt(0)
  const to = range.charCodeAt(2)
  const shifted = ([low, high]: readonly [number, number], by: number) => {
    const first = Math.max(from, low)
    const last = Math.min(to, high)
    return first <= last ? `${String.fromCharCode(first + by)}-${String.fromCharCode(last + by)}` : ''
  }
  return `${range}${shifted(A_TO_Z.lower, -32)}${shifted(A_TO_Z.upper, 32)}`
}
