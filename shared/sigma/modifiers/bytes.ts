import { literalOf } from '../parse/pattern.ts'
import { type Item, type Modifier, modifierFault, type Value } from './modifier.ts'

/** A modifier that works on a value's bytes: UTF-8 unless an encoding modifier came before it. */
export const bytesModifier = (
  name: string,
  aliases: readonly string[],
  encode: (bytes: Uint8Array, text: string | undefined) => Value,
): Modifier => ({
  name,
  aliases,
  apply(item: Item): Item {
    if (item.meaning.kind !== 'text') throw modifierFault(name, `cannot follow "${item.meaning.kind}"`)
    const visit = (value: Value): Value => {
      if (value.kind === 'any') return { kind: 'any', of: value.of.map(visit) }
      if (value.kind === 'bytes') return encode(value.bytes, undefined)
      if (value.kind === 'null') throw modifierFault(name, 'cannot encode null')
      const text = value.kind === 'scalar' ? String(value.value) : literalOf(value.pattern)
      if (text === undefined) throw modifierFault(name, 'cannot encode a value with wildcards')
      return encode(new TextEncoder().encode(text), text)
    }
    return { ...item, values: item.values.map(visit) }
  },
})

/** An encoding of text; it must be the first of the byte modifiers. */
export const encodingModifier = (name: string, aliases: readonly string[], encode: (text: string) => Uint8Array): Modifier =>
  bytesModifier(name, aliases, (_, text) => {
    if (text === undefined) throw modifierFault(name, 'cannot encode what is already encoded')
    return { kind: 'bytes', bytes: encode(text) }
  })

export const utf16Bytes = (text: string, littleEndian: boolean): Uint8Array => {
  const view = new DataView(new ArrayBuffer(text.length * 2))
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), littleEndian)
  return new Uint8Array(view.buffer)
}

/** Base64 of bytes, without Node's Buffer: this module also runs where there is none. */
export const base64Of = (bytes: Uint8Array): string => {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
