/** Bounds of one record's pairs; what is over them stays in the message. */
const MAX_PAIRS = 512

export type Pairs = Map<string, string>

const isKeyCode = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 95 ||
  code === 46 ||
  code === 45 ||
  code === 91 ||
  code === 93

/**
 * CEF's extension: `src=10.0.0.1 msg=two words cs1=a\=b`. A value runs to the blank before the next key, for values are not quoted; `\=`, `\\`, `\n` are
 * escapes (ArcSight CEF implementation standard, "Extension"). One pass.
 */
export function parseCefExtension(text: string): Pairs {
  const pairs: Pairs = new Map()
  let key: string | undefined
  let valueStart = 0
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1)) {
    if (isEscaped(text, at)) continue
    let start = at
    while (start > valueStart && isKeyCode(text.charCodeAt(start - 1))) start--
    // A key stands at the start or after a blank; any other `=` is part of the value.
    if (start === at || (start > 0 && text.charCodeAt(start - 1) !== 32 && text.charCodeAt(start - 1) !== 124)) continue
    if (key !== undefined && pairs.size < MAX_PAIRS) pairs.set(key, unescapeCef(text.slice(valueStart, Math.max(valueStart, start - 1))))
    key = text.slice(start, at)
    valueStart = at + 1
  }
  if (key !== undefined && pairs.size < MAX_PAIRS) pairs.set(key, unescapeCef(text.slice(valueStart).trimEnd()))
  return pairs
}

/** Whether an odd number of backslashes stands before `at`. */
export const isEscaped = (text: string, at: number): boolean => {
  let slashes = 0
  // No real value ends in more; the bound keeps a line of backslashes linear.
  while (slashes < 64 && text.charCodeAt(at - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

export const unescapeCef = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\([\\=|nr])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped === 'r' ? '\r' : escaped)).trimEnd()
    : text.trimEnd()

/**
 * `key=value key="quoted \" value" key='single'`, as logfmt, auditd and many firewalls write it. Words that are no pair are skipped.
 * One pass.
 */
export function parseKeyValues(text: string, start = 0): Pairs {
  const pairs: Pairs = new Map()
  let at = start
  while (at < text.length && pairs.size < MAX_PAIRS) {
    while (at < text.length && isBlank(text.charCodeAt(at))) at++
    const keyStart = at
    while (at < text.length && isKeyCode(text.charCodeAt(at))) at++
    if (at === keyStart || text.charCodeAt(at) !== 61) {
      while (at < text.length && !isBlank(text.charCodeAt(at))) at++
      continue
    }
    const key = text.slice(keyStart, at++)
    const quote = text.charCodeAt(at)
    if (quote === 34 || quote === 39) {
      const valueStart = ++at
      let escaped = false
      while (at < text.length && text.charCodeAt(at) !== quote) {
        if (text.charCodeAt(at) === 92) {
          escaped = true
          at++
        }
        at++
      }
      const value = text.slice(valueStart, at)
      pairs.set(key, escaped ? value.replace(/\\(["'\\])/g, '$1') : value)
      at++
    } else {
      const valueStart = at
      while (at < text.length && !isBlank(text.charCodeAt(at)) && text.charCodeAt(at) !== 44) at++
      pairs.set(key, text.slice(valueStart, at))
    }
    if (text.charCodeAt(at) === 44) at++
  }
  return pairs
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13 || code === 29
