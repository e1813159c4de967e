import type { Modifier } from './modifier.ts'

/** True where the field differs from the values, also where it is absent: the negation of the item without it. */
export const neq: Modifier = { name: 'neq', apply: (item) => ({ ...item, negated: true }) }
