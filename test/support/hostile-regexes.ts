/** A regular expression that makes a backtracking engine slow, and the text that does it. */
export interface HostileRegex {
  readonly pattern: string
  /** Modifiers after `re`. */
  readonly flags: readonly string[]
  /** Repeated to the length that is wanted, before `end`. */
  readonly pump: string
  readonly end: string
}

/** The classic families: nested quantifiers, alternatives that overlap, several `.*` in a row, counted repetitions; each with the text it is slow on. */
const FAMILIES: readonly (readonly [pattern: string, pump: string, end: string])[] = [
  // Quantifiers inside quantifiers.
  ['(a+)+$', 'a', '!'],
  ['(a*)*$', 'a', '!'],
  ['([a-zA-Z]+)*$', 'aZ', '!'],
  ['(x+x+)+y', 'x', ''],
  ['^(\\w+\\s?)*$', 'word ', '!'],
  ['^([a-z0-9]+(-[a-z0-9]+)*)+$', 'a-a', '!'],
  ['(\\d+)+\\.', '1', ''],
  ['(.+)+\\\\cmd\\.exe', 'C:\\', ''],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a', ''],
  ['(\\s*\\w+\\s*)+:', 'a ', ''],
  ['(a+b?)+c', 'a', ''],
  ['(?:\\w+\\\\)+\\w+\\.dll$', 'dir\\', '!'],
  ['^(?:a+){10,}$', 'a', '!'],
  ['(?:(?:a)+)+(?:(?:a)+)+$', 'a', '!'],
  // Alternatives that begin alike.
  ['(a|a)*$', 'a', '!'],
  ['(a|aa)+$', 'a', '!'],
  ['(\\w|\\d|_)*!', 'a1_', ''],
  ['(?:a|b|ab)*c', 'ab', ''],
  ['^(a|b|c|d|[a-d])*$', 'abcd', 'e'],
  ['("[^"]*"|[^",]*)*;', '"a",', ''],
  ['(?:[^"]|\\\\")*"x', '\\"', ''],
  ['(?:a|b)*?(?:a|c)*?(?:a|d)*?e', 'a', ''],
  ['(?:.|\\n)*?x', 'a\n', ''],
  // Several repetitions in a row: the time grows with a power of the length.
  ['.*.*.*x', 'a', ''],
  ['a.*b.*c.*d.*e.*f', 'abcde', ''],
  ['\\s+$', ' ', 'x'],
  ['.*?.*?.*?.*?x', 'a', ''],
  ['[\\s\\S]*[\\s\\S]*[\\s\\S]*x', 'a', ''],
  ['x*x*x*x*x*x*y', 'x', ''],
  ['(.)*(.)*(.)*z', 'a', ''],
  ['(.*)*x', 'a', ''],
  ['^.*(?:powershell|pwsh).*(?:-e|-en|-enc).*(?:[A-Za-z0-9+/]{40,}=*).*#$', 'powershell -enc ', ''],
  ['\\\\{2,}(?:[^\\\\]+\\\\)*[^\\\\]*\\.scr', '\\\\a', ''],
  // Counted repetitions.
  ['(.*a){12}$', 'a', '!'],
  ['(a{1,50}){1,50}$', 'a', '!'],
  ['a{0,1000}b', 'a', ''],
  ['((a{1,20}){1,20}){1,20}b', 'a', ''],
  ['(a?){40}a{40}b', 'a', ''],
  ['[a-z]{1,500}[a-z]{1,500}[a-z]{1,500}!', 'a', ''],
  ['(?:[a-z]{3,10}){5,50}!', 'a', ''],
  ['(?:[0-9a-f]{2},){3,1000}z', 'ff,', ''],
  ['^(.{0,200}){0,200}z$', 'a', ''],
]
const FLAGS: readonly (readonly string[])[] = [[], ['i'], ['m'], ['s'], ['i', 'm', 's']]

/** 210 hostile patterns: each family with and without flags. */
export const HOSTILE_REGEXES: readonly HostileRegex[] = FAMILIES.flatMap(([pattern, pump, end]) =>
  FLAGS.map((flags) => ({ pattern, flags, pump, end })),
)

/** The text, as long as wanted, on which the pattern is slow. */
export const hostileText = ({ pump, end }: HostileRegex, length: number): string => pump.repeat(Math.ceil((length - end.length) / pump.length)) + end
