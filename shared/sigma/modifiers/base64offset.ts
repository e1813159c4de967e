import { base64Of, bytesModifier } from './bytes.ts'

/** Characters at either end that also depend on the neighbouring bytes, by offset and by (length + offset) % 3 (Sigma specification 2.1, appendix). */
const START = [0, 2, 3]
const END = [0, -3, -2]

/** The value's base64 at each of the three places it can have inside a longer encoded text. */
export const base64offset = bytesModifier('base64offset', [], (bytes) => ({
  kind: 'any',
  of: [0, 1, 2].map((offset) => {
    const padded = new Uint8Array(offset + bytes.length)
    padded.set(bytes, offset)
    const cut = END[(bytes.length + offset) % 3] ?? 0
    const text = base64Of(padded).slice(START[offset], cut === 0 ? undefined : cut)
    return { kind: 'text', pattern: text ? [text] : [] }
  }),
}))
