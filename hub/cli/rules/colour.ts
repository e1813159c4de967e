import { paintFor } from '../paint.ts'

/** Colours by meaning, as ANSI codes. */
const CODES = { error: '31', warning: '33', info: '36', good: '32', dim: '2', bold: '1' } as const
export type Tone = keyof typeof CODES

/** Colours text for a stream by what it means. */
export function colourFor(stream: NodeJS.WriteStream): (tone: Tone, text: string) => string {
  const paint = paintFor(stream)
  return (tone, text) => paint(CODES[tone], text)
}
