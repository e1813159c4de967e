export interface ChangedField {
  /** `level`, `detection.selection.CommandLine|contains`. */
  readonly path: string
  readonly change: 'added' | 'removed' | 'changed'
}

/** As deep as a detection item's key: section, search identifier, place in a list of maps, field. */
const DEEPEST = 4

/** Which parts of a rule differ between two texts, by the keys of their YAML, in the order of the newer one and then of what is gone. */
export function changedFields(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): ChangedField[] {
  return compareMaps(before, after, [])
}

function compareMaps(before: object, after: object, path: readonly string[]): ChangedField[] {
  const [old, fresh] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  const keys = [...fresh.keys(), ...[...old.keys()].filter((key) => !fresh.has(key))]
  return keys.flatMap((key): ChangedField[] => {
    const at = [...path, key]
    const name = at.join('.')
    if (!old.has(key)) return [{ path: name, change: 'added' }]
    if (!fresh.has(key)) return [{ path: name, change: 'removed' }]
    const [left, right] = [old.get(key), fresh.get(key)]
    if (canonical(left) === canonical(right)) return []
    const inside = at[0] === 'detection' || at[0] === 'logsource' ? DEEPEST : 1
    if (isContainer(left) && isContainer(right) && Array.isArray(left) === Array.isArray(right) && at.length < inside && !isPlainList(left, right))
      return compareMaps(left, right, at)
    return [{ path: name, change: 'changed' }]
  })
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null
/** A list of values is one thing: that its third entry became another is said by the text's diff. */
const isPlainList = (...values: readonly object[]): boolean => values.some((value) => Array.isArray(value) && !value.every(isContainer))

/** Equal for equal content: numbers beyond JSON's are written out, and the order of keys counts only in lists. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`
    if (isContainer(part) && !Array.isArray(part)) return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
    return part
  }) ?? 'undefined'
