/** Finds the objects of JSON text, as bytes come: where each begins and ends. */
export interface JsonScanner {
  /**
   * Looks at `bytes` from where it stopped up to `end`, and says of each object where it begins and where it has ended (exclusive).
   * Brackets and commas outside objects are the array around them.
   */
  scan(bytes: Uint8Array, end: number, found: (from: number, to: number) => void): void
  /** Where an object has begun that has not ended; undefined between objects. */
  readonly openAt: number | undefined
  /** The bytes before `count` were taken away: what was at `count` is now at 0. */
  shift(count: number): void
}

export function createJsonScanner(at = 0): JsonScanner {
  let depth = 0
  let inString = false
  let escaped = false
  let start = 0
  return {
    scan(bytes, end, found) {
      for (; at < end; at++) {
        const byte = bytes[at]
        if (inString) {
          if (escaped) escaped = false
          else if (byte === BACKSLASH) escaped = true
          else if (byte === QUOTE) inString = false
        } else if (byte === QUOTE) inString = depth > 0
        else if (byte === OPEN_BRACE || (byte === OPEN_BRACKET && depth > 0)) {
          if (depth++ === 0) start = at
        } else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && depth > 0 && --depth === 0) found(start, at + 1)
      }
    },
    get openAt() {
      return depth > 0 ? start : undefined
    },
    shift(count) {
      at -= count
      start -= count
    },
  }
}

const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
