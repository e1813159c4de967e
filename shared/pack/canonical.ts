import serialize from 'canonicalize'

// The package is CommonJS whose export is the function; TypeScript's Node resolution sees it under `default`.
const canonicalize = serialize as unknown as (value: unknown) => string | undefined

/** RFC 8785 canonical JSON as UTF-8, so that a signature covers the same bytes whoever wrote them. Takes what JSON.parse gives. */
export function canonicalJson(value: unknown): Uint8Array {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return new TextEncoder().encode(text)
}
