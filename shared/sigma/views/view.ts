import type { EventLogsource } from '../../event/event.ts'
import type { View } from '../contract.ts'

/** A view over a shape of event met in files: it knows its own and can tell where an event comes from. */
export interface NativeView extends View {
  /** Whether the document has this shape. */
  recognise(document: object): boolean
  classify(document: object): EventLogsource
  /** The event's own time as written, for reports; undefined where it has none. */
  timestamp(document: object): string | undefined
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of keys; undefined where a step is missing. */
export function at(document: unknown, ...path: readonly string[]): unknown {
  let value = document
  for (const key of path) value = isObject(value) ? value[key] : undefined
  return value
}

/** A text or number as text; an evtx_dump element with attributes counts as its text. */
export function textAt(document: unknown, ...path: readonly string[]): string | undefined {
  const value = at(document, ...path)
  const inner = isObject(value) ? value['#text'] : value
  return typeof inner === 'string' || typeof inner === 'number' ? String(inner) : undefined
}

/** The paths that are not there yet, in order. */
export const uniquePaths = (paths: readonly (readonly string[])[]): readonly (readonly string[])[] => [
  ...new Map(paths.map((path) => [path.join('\0'), path])).values(),
]

/** `a.b` as a nested path and as one key that has the dot in it. */
export const dotted = (name: string): readonly (readonly string[])[] => (name.includes('.') ? [name.split('.'), [name]] : [[name]])
