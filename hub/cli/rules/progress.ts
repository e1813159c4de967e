const FIRST_AFTER_MS = 1_000
const EVERY_MS = 200

/** A line on standard error that is rewritten in place once work takes over a second; nothing where it is no terminal. */
export interface Progress {
  show(text: () => string): void
  clear(): void
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr, now: () => number = Date.now): Progress {
  let next = now() + FIRST_AFTER_MS
  let shown = false
  return {
    show(text) {
      if (!stream.isTTY || now() < next) return
      next = now() + EVERY_MS
      shown = true
      stream.write(`\r\x1b[K${text()}`)
    },
    clear() {
      if (shown) stream.write('\r\x1b[K')
      shown = false
    },
  }
}
