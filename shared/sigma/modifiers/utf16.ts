import { encodingModifier, utf16Bytes } from './bytes.ts'

export const utf16le = encodingModifier('utf16le', ['wide'], (text) => utf16Bytes(text, true))
export const utf16be = encodingModifier('utf16be', [], (text) => utf16Bytes(text, false))
/** Little-endian with its byte order mark FF FE. */
export const utf16 = encodingModifier('utf16', [], (text) => utf16Bytes(`\uFEFF${text}`, true))
