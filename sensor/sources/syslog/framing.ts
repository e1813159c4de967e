import { cutMarker } from '../cut.ts'

export interface Message {
  readonly text: string
  /** It was longer than the limit; `text` ends in a marker. */
  readonly cut: boolean
}

const LF = 0x0a
const CR = 0x0d
const NUL = 0x00
const SPACE = 0x20
const LESS_THAN = 0x3c
const ZERO = 0x30
const NINE = 0x39
const MAX_LENGTH_DIGITS = 7

const isTrailer = (byte: number): boolean => byte === LF || byte === CR || byte === NUL

/**
 * Cuts a TCP stream into syslog messages, whatever way its bytes are split into chunks. Octet counting (`LEN SP MSG`) or lines, decided by
 * the connection's first bytes: RFC 6587 section 3.4. A count that is not one is read as a line, so that a stream out of step
 * falls in again. Holds at most `limitBytes`.
 */
export class StreamFramer {
  readonly #limitBytes: number
  #framing: 'unknown' | 'octets' | 'lines' = 'unknown'
  #state: 'header' | 'confirm' | 'body' | 'line' | 'skip line' = 'header'
  /** Bytes of an octet-counted message still to come. */
  #remaining = 0
  #cut = false
  #held = Buffer.alloc(0)
  #heldBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  push(chunk: Buffer): Message[] {
    const out: Message[] = []
    let at = 0
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0
      if (this.#state === 'header') {
        if (this.#heldBytes === 0 && isTrailer(byte)) at += 1
        else if (this.#framing !== 'lines' && this.#continuesLength(byte)) {
          this.#hold(chunk, at, at + 1)
          at += 1
        } else if (this.#framing !== 'lines' && byte === SPACE && this.#heldBytes > 0) {
          this.#remaining = Number(this.#held.toString('latin1', 0, this.#heldBytes))
          this.#hold(chunk, at, at + 1)
          at += 1
          if (this.#framing === 'unknown') this.#state = 'confirm'
          else this.#startBody()
        } else {
          if (this.#framing === 'unknown') this.#framing = 'lines'
          this.#state = 'line'
        }
      } else if (this.#state === 'confirm') {
        // "12345 logged in" is a line that begins with a number; a counted message begins with its priority.
        this.#framing = byte === LESS_THAN ? 'octets' : 'lines'
        if (this.#framing === 'octets') this.#startBody()
        else this.#state = 'line'
      } else if (this.#state === 'body') at = this.#readBody(chunk, at, out)
      else at = this.#readLine(chunk, at, out)
    }
    return out
  }

  /** What the peer left unfinished when it went. */
  end(): Message[] {
    const out: Message[] = []
    if (this.#state === 'body' && this.#heldBytes > 0) this.#cut = true
    this.#emitHeld(out)
    return out
  }

  #continuesLength(byte: number): boolean {
    return byte >= (this.#heldBytes === 0 ? ZERO + 1 : ZERO) && byte <= NINE && this.#heldBytes < MAX_LENGTH_DIGITS
  }

  #startBody(): void {
    this.#heldBytes = 0
    this.#state = 'body'
  }

  #readBody(chunk: Buffer, at: number, out: Message[]): number {
    const end = Math.min(chunk.length, at + this.#remaining)
    this.#remaining -= end - at
    if (this.#remaining === 0 && this.#heldBytes === 0 && !this.#cut && end - at <= this.#limitBytes) this.#emit(chunk, at, end, out)
    else {
      const room = this.#limitBytes - this.#heldBytes
      if (end - at > room) this.#cut = true
      this.#hold(chunk, at, Math.min(end, at + room))
      if (this.#remaining === 0) this.#emitHeld(out)
    }
    if (this.#remaining === 0) this.#state = 'header'
    return end
  }

  #readLine(chunk: Buffer, at: number, out: Message[]): number {
    const newline = chunk.indexOf(LF, at)
    const end = newline === -1 ? chunk.length : newline
    if (this.#state === 'line') {
      if (newline !== -1 && this.#heldBytes === 0 && end - at <= this.#limitBytes) this.#emit(chunk, at, end, out)
      else {
        const room = this.#limitBytes - this.#heldBytes
        this.#hold(chunk, at, Math.min(end, at + room))
        if (end - at > room) {
          this.#cut = true
          this.#emitHeld(out)
          this.#state = 'skip line'
        } else if (newline !== -1) this.#emitHeld(out)
      }
    }
    if (newline === -1) return end
    this.#state = 'header'
    return newline + 1
  }

  #emitHeld(out: Message[]): void {
    this.#emit(this.#held, 0, this.#heldBytes, out)
    this.#heldBytes = 0
    this.#cut = false
    // A peer's one long message must not hold its memory for as long as it stays connected.
    if (this.#held.length > 8_192) this.#held = Buffer.alloc(0)
  }

  #emit(from: Buffer, start: number, end: number, out: Message[]): void {
    let last = end
    while (last > start && isTrailer(from[last - 1] ?? 0)) last -= 1
    if (last === start) return
    const text = from.toString('utf8', start, last)
    out.push(this.#cut ? { text: text + cutMarker(this.#limitBytes), cut: true } : { text, cut: false })
  }

  // Copied, not referenced: a slice would keep the whole read buffer of a peer that sends one byte at a time.
  #hold(chunk: Buffer, start: number, end: number): void {
    const needed = this.#heldBytes + end - start
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(256, Math.min(this.#limitBytes + MAX_LENGTH_DIGITS + 1, needed * 2), needed))
      this.#held.copy(grown, 0, 0, this.#heldBytes)
      this.#held = grown
    }
    chunk.copy(this.#held, this.#heldBytes, start, end)
    this.#heldBytes = needed
  }
}
