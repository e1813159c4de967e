/** A path step that stands for any key: the one child of an evtx `UserData`, whose name differs by provider. */
export const ANY_KEY = '*'

/** A place rules look at: the paths under which a view keeps one Sigma field, or the whole event for keywords. */
export interface Field {
  readonly id: number
  readonly paths: readonly (readonly string[])[]
  /** True for the pseudo-field of keywords: every value of the event. */
  readonly everything: boolean
}

/** Depth and number of values that keywords look through, and number of an array's elements that count; an event past that is searched only so far. */
const DEPTH_LIMIT = 32
const VALUES_LIMIT = 20_000

/** Arrays inside arrays are looked into this deep. */
const NESTING_LIMIT = 8

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The field's value in the document: the first path that is present wins, `null` counts as present. */
export function readField(document: object, field: Field): unknown {
  for (const path of field.paths) {
    const value = readPath(document, path, 0)
    if (value !== undefined) return value
  }
  return undefined
}

function readPath(start: unknown, path: readonly string[], from: number, depth = 0): unknown {
  let value = start
  for (let i = from; i < path.length; i++) {
    if (!isObject(value)) return undefined
    const key = path[i] ?? ''
    if (Array.isArray(value)) return depth < NESTING_LIMIT ? flatten(value.map((element) => readPath(element, path, i, depth + 1))) : undefined
    if (key === ANY_KEY) return firstOf(Object.values(value), path, i + 1)
    if (key === '__proto__' && !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  // What objects inherit (`constructor`, `toString`) is a function; JSON has none.
  return typeof value === 'function' ? undefined : value
}

function firstOf(values: readonly unknown[], path: readonly string[], from: number): unknown {
  for (const value of values) {
    const found = readPath(value, path, from)
    if (found !== undefined) return found
  }
  return undefined
}

function flatten(values: readonly unknown[]): unknown {
  const present = values.flat().filter((value) => value !== undefined)
  return present.length > 0 ? present : undefined
}

/** A field's value as texts to match on: one, several (an array's elements), or none (absent, null, an object). */
export type Texts = string | readonly string[] | undefined

export function textsIn(value: unknown, depth = 0): Texts {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (depth >= NESTING_LIMIT) return undefined
  if (Array.isArray(value)) return textsOfElements(value, depth)
  // evtx_dump writes an element that also has attributes as {"#attributes": …, "#text": …}.
  if (isObject(value) && value['#text'] !== undefined) return textsIn(value['#text'], depth + 1)
  return undefined
}

function textsOfElements(elements: readonly unknown[], depth: number): readonly string[] {
  const first = elements.length > VALUES_LIMIT ? elements.slice(0, VALUES_LIMIT) : elements
  const texts = first.flatMap((element) => textsIn(element, depth + 1) ?? [])
  return texts.length > VALUES_LIMIT ? texts.slice(0, VALUES_LIMIT) : texts
}

/** Every text, number and boolean in the document, for keywords. */
export function allTexts(document: object): string[] {
  const texts: string[] = []
  const visit = (value: unknown, depth: number): void => {
    if (texts.length >= VALUES_LIMIT) return
    if (typeof value === 'string') texts.push(value)
    else if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') texts.push(String(value))
    else if (isObject(value) && depth < DEPTH_LIMIT) for (const key in value) visit(value[key], depth + 1)
  }
  visit(document, 0)
  return texts
}
