/**
 * Paints text with an ANSI code for a stream; leaves it alone where the stream is no terminal or NO_COLOR is set (https://no-color.org), which
 * Node's `hasColors` looks at.
 */
export function paintFor(stream: NodeJS.WriteStream): (code: string, text: string) => string {
  const coloured = stream.isTTY === true && stream.hasColors()
  return (code, text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text)
}
