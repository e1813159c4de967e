import type { Modifier } from './modifier.ts'

/** AND over the list of values, where OR is the default. */
export const all: Modifier = { name: 'all', apply: (item) => ({ ...item, all: true }) }
