import type { RulePath } from '../parse/fault.ts'
import type { LintDocument } from './document.ts'

/** One `field|modifier: values` of a detection, as written. */
export interface DetectionItem {
  /** The search identifier it stands in. */
  readonly search: string
  /** As written; empty for a list of keywords without a key. */
  readonly key: string
  /** Undefined for keywords. */
  readonly field: string | undefined
  readonly modifiers: readonly string[]
  readonly values: readonly unknown[]
  /** True where the values were written as a list. */
  readonly list: boolean
  /** Where the item stands, and where each value does. */
  readonly path: RulePath
  valuePath(index: number): RulePath
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The detection section, which a filter keeps under `filter`. */
export function detectionOf(document: LintDocument): { readonly path: RulePath; readonly content: Readonly<Record<string, unknown>> } {
  const key = document.kind === 'filter' ? 'filter' : 'detection'
  const content = document.head[key]
  return { path: [key], content: isMap(content) ? content : {} }
}

/** Keys of a detection section that are no search identifiers. */
const RESERVED: readonly string[] = ['condition', 'timeframe', 'rules']

/** Names of the search identifiers, in order. */
export const searchNamesOf = (document: LintDocument): string[] =>
  Object.keys(detectionOf(document).content).filter((name) => !RESERVED.includes(name))

/** Every item of a document's detection, in order. Content that is no detection gives none: the parser has refused it. */
export function itemsOf(document: LintDocument): DetectionItem[] {
  const { path, content } = detectionOf(document)
  return searchNamesOf(document).flatMap((search) => itemsIn(search, content[search], [...path, search]))
}

function itemsIn(search: string, content: unknown, path: RulePath): DetectionItem[] {
  if (isMap(content)) return Object.entries(content).map(([key, value]) => item(search, key, value, [...path, key]))
  if (!Array.isArray(content)) return content === undefined ? [] : [item(search, '', content, path)]
  const keywords = content.filter((entry) => !isMap(entry))
  const maps = content.flatMap((entry, index) => (isMap(entry) ? itemsIn(search, entry, [...path, index]) : []))
  return keywords.length > 0 ? [...maps, item(search, '', keywords, path)] : maps
}

function item(search: string, key: string, value: unknown, path: RulePath): DetectionItem {
  const [field = '', ...modifiers] = key.split('|')
  const list = Array.isArray(value)
  const values: readonly unknown[] = list ? value : [value]
  return {
    search,
    key,
    field: field === '' ? undefined : field,
    modifiers,
    values,
    list,
    path,
    valuePath: (index) => (list ? [...path, index] : path),
  }
}
