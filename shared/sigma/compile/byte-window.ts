/** Bytes compared at once. */
export const GRAM_BYTES = 4
/** Set in each byte, makes ASCII letters lower case (and a few other characters equal, which only costs a second look). */
export const LOWER_CASE_BITS = 0x20202020

/** A stretch of text as bytes, one per UTF-16 unit, its lower eight bits: ASCII stays what it is. */
export interface ByteWindow {
  readonly bytes: Uint8Array
  /** The same bytes, four at a time; little-endian like every machine this runs on. */
  readonly words: Int32Array
  /** How many of the bytes are the text's. */
  readonly length: number
}

/** Text is looked at in windows of this size, so that the buffer is bounded whatever the event's. */
const WINDOW_BYTES = 65_536
/** Neighbouring windows share this much, so that no stretch of this length is torn apart in both. */
export const OVERLAP_BYTES = 512

/** Writes a text into one buffer, window by window, and calls `look` for each. */
export function createByteWindows(): (text: string, look: (window: ByteWindow) => void) => void {
  // A few words more than are written: four are looked at together, and a gram may begin in the last one.
  const buffer = Buffer.from(new ArrayBuffer(WINDOW_BYTES + 4 * GRAM_BYTES))
  const window = { bytes: buffer, words: new Int32Array(buffer.buffer), length: 0 }
  return (text, look) => {
    for (let start = 0; ; start += WINDOW_BYTES - OVERLAP_BYTES) {
      const part = text.length <= WINDOW_BYTES ? text : text.slice(start, start + WINDOW_BYTES)
      window.length = buffer.write(part, 0, 'latin1')
      look(window)
      if (start + WINDOW_BYTES >= text.length) return
    }
  }
}
