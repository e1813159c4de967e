/** PostgreSQL's text holds no NUL, and one such value would refuse the whole batch it came in. Documents keep theirs, as the JSON escape. */
export const storable = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text)

export const storableOrNull = (text: string | undefined): string | null => (text === undefined ? null : storable(text))

/** A LIKE pattern that finds `text` anywhere, its own `%`, `_` and `\` taken literally. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`

/** Drops keys whose value is null: the stores' optional properties are absent, not null. */
export const present = <T extends object>(row: T): { [K in keyof T]: Exclude<T[K], null> } =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value ?? undefined])) as { [K in keyof T]: Exclude<T[K], null> }
