import { cutMarker } from '../cut.ts'

export interface ReadLines {
  readonly texts: string[]
  readonly cut: number
  /** Bytes of the chunk that are done with; the rest is the beginning of a line that has not ended. */
  readonly consumedBytes: number
  /** The chunk ended inside a line whose beginning was given out already: what comes is skipped until it ends. */
  readonly skipping: boolean
}

const LF = 0x0a
const CR = 0x0d

/**
 * The lines of a chunk that begins where a line begins, or, while `skipping`, inside a line too long to be kept whole.
 *
 * @param final - nothing will follow: what has no newline is a line all the same
 */
export const readLines = (chunk: Buffer, { limitBytes, skipping, final }: { limitBytes: number; skipping: boolean; final: boolean }): ReadLines => {
  const texts: string[] = []
  let cut = 0
  let at = 0
  if (skipping) {
    const newline = chunk.indexOf(LF)
    if (newline === -1) return { texts, cut, consumedBytes: chunk.length, skipping: !final }
    at = newline + 1
  }
  while (at < chunk.length) {
    const newline = chunk.indexOf(LF, at)
    const end = newline === -1 ? chunk.length : newline
    if (newline === -1 && !final && end - at <= limitBytes) break
    if (end - at > limitBytes) {
      texts.push(chunk.toString('utf8', at, at + limitBytes) + cutMarker(limitBytes))
      cut += 1
    } else {
      const text = lineText(chunk, at, end)
      if (text !== '') texts.push(text)
    }
    if (newline === -1) return { texts, cut, consumedBytes: chunk.length, skipping: !final }
    at = newline + 1
  }
  return { texts, cut, consumedBytes: at, skipping: false }
}

/** Without its CR, a byte order mark, and without the NULs that a writer leaves who goes on at its old offset after the file was truncated. */
const lineText = (chunk: Buffer, start: number, end: number): string => {
  let first = start
  while (first < end && chunk[first] === 0) first += 1
  if (chunk[first] === 0xef && chunk[first + 1] === 0xbb && chunk[first + 2] === 0xbf) first += 3
  const last = end > first && chunk[end - 1] === CR ? end - 1 : end
  return chunk.toString('utf8', first, last)
}
