import type { JsonValue } from '../event/event.ts'

/** What a record may hold before parts of it are cut; a cut record keeps its text in `event.original`. */
export const LIMITS = { depth: 32, keys: 2_000 } as const

type JsonObject = { [key: string]: JsonValue | undefined }

/**
 * Text that PostgreSQL's jsonb takes: NUL and lone surrogates become U+FFFD.
 * (https://www.postgresql.org/docs/current/datatype-json.html: `\u0000` and unpaired surrogates are refused.)
 */
export const cleanText = (text: string): string => (isClean(text) ? text : wellFormed(text.replaceAll('\0', '\ufffd')))

// Node 20 has both; TypeScript's ES2023 library does not name them yet (they are ES2024).
const ill = String.prototype as unknown as { isWellFormed(): boolean; toWellFormed(): string }
const isClean = (text: string): boolean => !text.includes('\0') && ill.isWellFormed.call(text)
const wellFormed = (text: string): string => ill.toWellFormed.call(text)

/**
 * The object, fit to be kept: plain JSON, at most `LIMITS` deep and wide, no key that names a prototype, clean strings. Given back as it is
 * where nothing is wrong with it, which is nearly always; a copy otherwise.
 *
 * @returns `cut` is true where something had to be left out
 */
export function boundObject(object: { readonly [key: string]: unknown }): { object: JsonObject; cut: boolean } {
  if (fits(object, 0, { keys: LIMITS.keys })) return { object: object as JsonObject, cut: false }
  const state = { keys: LIMITS.keys, cut: false }
  const copy = copyValue(object, 0, state)
  return { object: isObject(copy) ? copy : {}, cut: state.cut }
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

const fits = (value: unknown, depth: number, budget: { keys: number }): boolean => {
  if (typeof value === 'string') return isClean(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'boolean' || value === null) return true
  if (typeof value !== 'object' || depth >= LIMITS.depth) return false
  if (Array.isArray(value)) {
    budget.keys -= value.length
    if (budget.keys < 0) return false
    for (const item of value) if (!fits(item, depth + 1, budget)) return false
    return true
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const key in value) {
    if (--budget.keys < 0 || key === '__proto__' || !isClean(key) || !fits((value as JsonObject)[key], depth + 1, budget)) return false
  }
  return true
}

const copyValue = (value: unknown, depth: number, state: { keys: number; cut: boolean }): JsonValue | undefined => {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (typeof value !== 'object') return undefined
  if (depth >= LIMITS.depth) {
    state.cut = true
    return undefined
  }
  if (Array.isArray(value)) {
    const list: JsonValue[] = []
    for (const item of value) {
      if (--state.keys < 0) {
        state.cut = true
        break
      }
      list.push(copyValue(item, depth + 1, state) ?? null)
    }
    return list
  }
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) {
    if (--state.keys < 0) {
      state.cut = true
      break
    }
    const kept = copyValue((value as { [key: string]: unknown })[key], depth + 1, state)
    // Assigning `__proto__` would set the copy's prototype instead of a key.
    if (kept !== undefined) copy[key === '__proto__' ? '_proto_' : cleanText(key)] = kept
  }
  return copy
}
