/** A table's own entry. Keys that come from outside may be `constructor` or `__proto__`, which every object inherits. */
export const own = <T>(table: { readonly [key: string]: T }, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)
