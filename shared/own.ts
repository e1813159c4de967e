/** A table's own entry. Keys that come from outside may be `constructor` or `__proto__`, which every object inherits. */
export const own = <T>(table: { readonly [key: string]: T }, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

/** A value's own entry, where the value is an object and no list; undefined where it is not, or has none of the name. */
export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
