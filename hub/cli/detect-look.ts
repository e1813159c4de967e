import type { RuleLevel } from '../../shared/sigma/contract.ts'
import { paintFor } from './paint.ts'

/** How text for people looks on a stream: its width, and colours where it is a terminal that has them. */
export interface Look {
  /** Characters of a line; infinite where the stream is no terminal. */
  readonly width: number
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
  level(level: RuleLevel, text: string): string
}

const LEVEL_CODES: { readonly [level in RuleLevel]: string } = { informational: '2', low: '36', medium: '33', high: '31', critical: '1;35' }

export function lookOf(stream: NodeJS.WriteStream): Look {
  const paint = paintFor(stream)
  return {
    width: stream.isTTY ? stream.columns : Number.POSITIVE_INFINITY,
    bold: (text) => paint('1', text),
    dim: (text) => paint('2', text),
    good: (text) => paint('32', text),
    bad: (text) => paint('31', text),
    level: (level, text) => paint(LEVEL_CODES[level], text),
  }
}

/**
 * Text from events and rules as a terminal may show it: control characters, and those that turn the direction of writing, stand as `\u{…}`. An event is written by whoever
 * attacks; it must not move the cursor of who reads it.
 */
export const printable = (text: string): string => text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text in a column of a table: filled up, or cut with an ellipsis. */
export const cell = (text: string, width: number): string => lastCell(text, width).padEnd(width)

/** Text in the last column: cut where the line would else be longer than the terminal. */
export function lastCell(text: string, width: number): string {
  const shown = printable(text)
  return shown.length > width ? `${shown.slice(0, width - 1)}…` : shown
}
