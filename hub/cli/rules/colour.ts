/** Colours by meaning, as ANSI codes. */
const CODES = { error: 31, warning: 33, info: 36, good: 32, dim: 2, bold: 1 } as const
export type Tone = keyof typeof CODES

/** Colours text for a stream; leaves it alone where the stream is no terminal or NO_COLOR is set (https://no-color.org), which Node's `hasColors` looks at. */
export function colourFor(stream: NodeJS.WriteStream): (tone: Tone, text: string) => string {
  const coloured = stream.isTTY === true && stream.hasColors()
  return (tone, text) => (coloured ? `\x1b[${CODES[tone]}m${text}\x1b[0m` : text)
}
