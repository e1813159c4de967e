/** A value larger than this is given up, in characters; the largest real event is far below 1 million. */
const VALUE_LIMIT = 64 * 1024 * 1024

export class JsonValueTooLarge extends Error {
  constructor() {
    super(`one JSON value is larger than ${VALUE_LIMIT} characters`)
    this.name = 'JsonValueTooLarge'
  }
}

/**
 * Cuts a stream of JSON text into its objects, whether they stand one after another (pretty-printed or not) or in one array. Holds no more than
 * one object and one chunk.
 *
 * @yields each object's text; it may still not be valid JSON inside
 * @throws {JsonValueTooLarge}
 */
export async function* splitJson(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let depth = 0
  let inString = false
  let escaped = false
  let pending = ''
  for await (const chunk of chunks) {
    let start = depth > 0 ? 0 : -1
    for (let i = 0; i < chunk.length; i++) {
      const code = chunk.charCodeAt(i)
      if (inString) {
        if (escaped) escaped = false
        else if (code === BACKSLASH) escaped = true
        else if (code === QUOTE) inString = false
      } else if (code === QUOTE) inString = depth > 0
      else if (code === OPEN_BRACE || (code === OPEN_BRACKET && depth > 0)) {
        // Brackets outside an object are the array around the events.
        if (depth++ === 0) start = i
      } else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && depth > 0 && --depth === 0) {
        yield pending + chunk.slice(start, i + 1)
        pending = ''
        start = -1
      }
    }
    if (depth > 0) pending += chunk.slice(Math.max(start, 0))
    if (pending.length > VALUE_LIMIT) throw new JsonValueTooLarge()
  }
  // What is left was cut off; given out so that it is counted as unreadable.
  if (pending) yield pending
}

const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
