import type { Modifier } from './modifier.ts'

export const cased: Modifier = { name: 'cased', apply: (item) => ({ ...item, cased: true }) }
