/** Fields of one line; more are left off. */
const FIELDS_LIMIT = 256

/** One line of comma-separated values; a quoted field doubles its quotes (RFC 4180). One pass. */
export function splitCsvLine(line: string): string[] {
  const fields: string[] = []
  let at = 0
  while (at <= line.length && fields.length < FIELDS_LIMIT) {
    if (line.charCodeAt(at) === 34) {
      let value = ''
      let from = at + 1
      let quote = line.indexOf('"', from)
      while (quote >= 0 && line.charCodeAt(quote + 1) === 34) {
        value += line.slice(from, quote + 1)
        from = quote + 2
        quote = line.indexOf('"', from)
      }
      fields.push(value + line.slice(from, quote < 0 ? undefined : quote))
      const comma = quote < 0 ? -1 : line.indexOf(',', quote + 1)
      if (comma < 0) break
      at = comma + 1
    } else {
      const comma = line.indexOf(',', at)
      fields.push(line.slice(at, comma < 0 ? undefined : comma))
      if (comma < 0) break
      at = comma + 1
    }
  }
  return fields
}
