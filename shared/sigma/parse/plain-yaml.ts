/** A value as YAML means it: whole numbers as bigint, so that none loses digits. */
export type YamlValue = string | number | bigint | boolean | null | YamlValue[] | YamlMap
export interface YamlMap {
  [key: string]: YamlValue
}

/** What the plain reader makes of a document. */
export interface PlainDocument {
  readonly content: YamlMap | null
  /** Offset of the first character that is neither comment nor space. */
  readonly start: number
  /** Offset behind the last line that holds something. */
  readonly end: number
}

/** Thrown, and caught in here only, at the first thing the plain subset does not have. It carries nothing, so one will do. */
const NOT_PLAIN = new Error('not in the plain subset')

const KEY_LIMIT = 1_000
const DEPTH_LIMIT = 50
const INTEGER = /^[-+]?[0-9]{1,30}$/
/** Anything else YAML could take for a number: fractions, exponents, hexadecimal, infinity. Left to the library. */
const OTHER_NUMBER = /^(?:0[xo]|[-+]?\.(?:inf|nan)$|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$|[-+]?[0-9]+$)/i
const KEYWORD = /^(?:~|null|true|false)$/i
const KEYWORDS = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word): [string, null] => [word, null]),
  ...['true', 'True', 'TRUE'].map((word): [string, boolean] => [word, true]),
  ...['false', 'False', 'FALSE'].map((word): [string, boolean] => [word, false]),
])
/** Escapes that YAML and JSON read alike. */
const COMMON_ESCAPES = /^(?:[^\\]|\\(?:[\\"/bfnrt]|u[0-9a-fA-F]{4}))*$/

const SPACE = 0x20
const HASH = 0x23
const COLON = 0x3a
const DASH = 0x2d
const QUOTE = 0x27
const DOUBLE_QUOTE = 0x22
const BAR = 0x7c
/** Characters that mean something at the start of a value, and those that do where a space follows. */
const INDICATORS = new Set([...',[]{}#&*!|>\'"%@`'].map((char) => char.charCodeAt(0)))
const SPACED_INDICATORS = new Set([...'-?:'].map((char) => char.charCodeAt(0)))

/**
 * Reads the part of YAML nearly all rule files are written in, about six times as fast as a full reader: block maps and lists,
 * one-line values, `|` text, comments. What it takes it reads exactly as the `yaml` library does (test/shared/sigma/plain-yaml.test.ts holds the two
 * against each other); for anything else, errors too, it answers undefined, and the library is asked.
 *
 * @param text - one document, without `---`
 */
export function readPlainYaml(text: string): PlainDocument | undefined {
  if (/[\t\r\uFEFF]/.test(text)) return undefined
  try {
    return new PlainReader(text).document()
  } catch (error) {
    if (error === NOT_PLAIN) return undefined
    throw error
  }
}

/** Goes through the text line by line; `column`, `at` and `end` describe the line it stands on. */
class PlainReader {
  /** Spaces before the line's content; -1 once no line is left. */
  private column = -1
  /** The first character of the content not yet read. */
  private at = 0
  private end = 0
  private nextLine = 0
  private contentEnd = 0
  private depth = 0
  /** What `scanPlain` stopped at. */
  private stop = 0

  constructor(private readonly text: string) {}

  document(): PlainDocument {
    this.advance()
    const start = this.at
    if (this.column < 0) return { content: null, start, end: start }
    if (this.column > 0 || this.atDash()) throw NOT_PLAIN
    const content = this.map(0)
    if (this.column >= 0) throw NOT_PLAIN
    return { content, start, end: this.contentEnd }
  }

  /** Moves to the next line that holds something other than a comment. */
  private advance(): void {
    const { text } = this
    while (this.nextLine < text.length) {
      const start = this.nextLine
      const found = text.indexOf('\n', start)
      const end = found < 0 ? text.length : found
      this.nextLine = end + 1
      const at = this.skipSpaces(start, end)
      if (at === end || text.charCodeAt(at) === HASH) continue
      this.at = at
      this.end = end
      this.contentEnd = end
      this.column = at - start
      if (this.column === 0 && (text.startsWith('---', at) || text.startsWith('...', at) || text.startsWith('%', at))) throw NOT_PLAIN
      return
    }
    this.column = -1
    this.at = text.length
    this.end = text.length
  }

  private skipSpaces(from: number, to: number): number {
    let at = from
    while (at < to && this.text.charCodeAt(at) === SPACE) at++
    return at
  }

  /** Whether the line goes on with a list's dash. */
  private atDash(): boolean {
    return this.text.charCodeAt(this.at) === DASH && (this.at + 1 === this.end || this.text.charCodeAt(this.at + 1) === SPACE)
  }

  private map(column: number): YamlMap {
    if (++this.depth > DEPTH_LIMIT) throw NOT_PLAIN
    const map: YamlMap = {}
    do {
      const key = this.key()
      if (key === '__proto__' || key === '<<' || Object.hasOwn(map, key)) throw NOT_PLAIN
      map[key] = this.valueOf(column)
    } while (this.column === column)
    if (this.column > column) throw NOT_PLAIN
    this.depth--
    return map
  }

  /** Reads `key:` and leaves `at` behind the colon. */
  private key(): string {
    const { text, at } = this
    let key: string
    if (text.charCodeAt(at) === QUOTE) {
      const close = this.closingQuote(at)
      if (!this.endsKey(close + 1)) throw NOT_PLAIN
      key = unquoted(text.slice(at + 1, close))
      this.at = close + 2
    } else {
      if (!this.scanPlain(at)) throw NOT_PLAIN
      key = text.slice(at, this.stop)
      if (key.endsWith(' ') || KEYWORD.test(key) || OTHER_NUMBER.test(key)) throw NOT_PLAIN
      this.at = this.stop + 1
    }
    if (key.length > KEY_LIMIT) throw NOT_PLAIN
    return key
  }

  /** Whether a key's colon stands here. */
  private endsKey(at: number): boolean {
    return at < this.end && this.text.charCodeAt(at) === COLON && (at + 1 === this.end || this.text.charCodeAt(at + 1) === SPACE)
  }

  /** Finds where the unquoted text that begins here stops: at a key's colon (true), or before a comment or at the line's end (false). */
  private scanPlain(from: number): boolean {
    const { text, end } = this
    const first = text.charCodeAt(from)
    if (INDICATORS.has(first) || (SPACED_INDICATORS.has(first) && (from + 1 === end || text.charCodeAt(from + 1) === SPACE))) throw NOT_PLAIN
    for (let i = from; i < end; i++) {
      const char = text.charCodeAt(i)
      if (char === COLON && this.endsKey(i)) {
        this.stop = i
        return true
      }
      if (char === HASH && text.charCodeAt(i - 1) === SPACE) {
        this.stop = i
        return false
      }
    }
    this.stop = end
    return false
  }

  /** The value after a key of a map at `column`. */
  private valueOf(column: number): YamlValue {
    this.at = this.skipSpaces(this.at, this.end)
    if (this.at < this.end && this.text.charCodeAt(this.at) !== HASH) return this.scalar(column)
    this.advance()
    if (this.column > column) return this.block()
    // A list may stand at its key's own column.
    return this.column === column && this.atDash() ? this.list(column) : null
  }

  /** A map or a list that begins on its own line. */
  private block(): YamlValue {
    return this.atDash() ? this.list(this.column) : this.map(this.column)
  }

  private list(column: number): YamlValue[] {
    if (++this.depth > DEPTH_LIMIT) throw NOT_PLAIN
    const list: YamlValue[] = []
    do {
      list.push(this.item(column))
    } while (this.column === column && this.atDash())
    this.depth--
    return list
  }

  /** What stands after a dash at `column`. */
  private item(column: number): YamlValue {
    const from = this.at
    const at = this.skipSpaces(from + 1, this.end)
    if (at === this.end || this.text.charCodeAt(at) === HASH) {
      this.advance()
      return this.column > column ? this.block() : null
    }
    this.at = at
    if (!this.startsKey(at)) return this.scalar(column)
    this.column = column + at - from
    return this.map(this.column)
  }

  private startsKey(at: number): boolean {
    const first = this.text.charCodeAt(at)
    if (first === QUOTE) return this.endsKey(this.closingQuote(at) + 1)
    return first !== DOUBLE_QUOTE && first !== BAR && this.scanPlain(at)
  }

  /** A value on the rest of the line (or `|` text below it) inside a collection at `column`; moves to the line after it. */
  private scalar(column: number): YamlValue {
    const { text, at } = this
    const first = text.charCodeAt(at)
    let value: YamlValue
    if (first === QUOTE) {
      const close = this.closingQuote(at)
      this.restIsComment(close + 1)
      value = unquoted(text.slice(at + 1, close))
      this.advance()
    } else if (first === DOUBLE_QUOTE) {
      value = this.doubleQuoted(at)
      this.advance()
    } else if (first === BAR) {
      value = this.literal(column)
    } else {
      if (this.scanPlain(at)) throw NOT_PLAIN
      value = resolve(text.slice(at, this.stop))
      this.advance()
    }
    // A deeper line would go on with the value.
    if (this.column > column) throw NOT_PLAIN
    return value
  }

  private closingQuote(open: number): number {
    const { text, end } = this
    let close = text.indexOf("'", open + 1)
    while (close >= 0 && close < end && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf("'", close + 2)
    if (close < 0 || close >= end) throw NOT_PLAIN
    return close
  }

  private doubleQuoted(open: number): string {
    const { text, end } = this
    let escaped = false
    for (let i = open + 1; i < end; i++) {
      const char = text.charAt(i)
      if (char === '\\') {
        escaped = true
        i++
      } else if (char === '"') {
        this.restIsComment(i + 1)
        const inner = text.slice(open + 1, i)
        if (!escaped) return inner
        if (!COMMON_ESCAPES.test(inner)) throw NOT_PLAIN
        return inner.replace(/\\(?:u(....)|(.))/g, (_, code: string | undefined, letter = '') =>
          code === undefined ? (ESCAPED.get(letter) ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
        )
      }
    }
    throw NOT_PLAIN
  }

  private restIsComment(from: number): void {
    const at = this.skipSpaces(from, this.end)
    if (at < this.end && (at === from || this.text.charCodeAt(at) !== HASH)) throw NOT_PLAIN
  }

  /** Text after `|` or `|-`, whose indentation is that of its first line. */
  private literal(column: number): string {
    const { text } = this
    const strip = text.charCodeAt(this.at + 1) === DASH
    this.restIsComment(this.at + (strip ? 2 : 1))
    const lines: string[] = []
    let indent = -1
    let start = this.nextLine
    while (start < text.length) {
      const end = text.indexOf('\n', start)
      // The last line has no line break: whether the value then has one is the library's to say.
      if (end < 0) throw NOT_PLAIN
      const at = this.skipSpaces(start, end)
      if (at === end) {
        if (indent < 0 || at - start > indent) throw NOT_PLAIN
        lines.push('')
      } else {
        if (indent < 0) {
          if (at - start <= column) throw NOT_PLAIN
          indent = at - start
        } else if (at - start < indent) break
        lines.push(text.slice(start + indent, end))
        this.contentEnd = end
      }
      start = end + 1
    }
    if (indent < 0) throw NOT_PLAIN
    while (lines.at(-1) === '') lines.pop()
    this.nextLine = start
    this.advance()
    return strip ? lines.join('\n') : `${lines.join('\n')}\n`
  }
}

const ESCAPED = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

const unquoted = (text: string): string => (text.includes("'") ? text.replaceAll("''", "'") : text)

/** What an unquoted value means in YAML 1.2's core schema. */
function resolve(raw: string): YamlValue {
  const text = raw.trimEnd()
  const first = text.charCodeAt(0)
  // Digits, sign or dot: perhaps a number.
  if ((first >= 0x30 && first <= 0x39) || first === DASH || first === 0x2b || first === 0x2e) {
    if (INTEGER.test(text)) return BigInt(text)
    if (OTHER_NUMBER.test(text)) throw NOT_PLAIN
    return text
  }
  if (text.length > 5) return text
  const keyword = KEYWORDS.get(text)
  return keyword === undefined ? text : keyword
}
