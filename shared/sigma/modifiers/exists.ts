import { type Modifier, modifierFault } from './modifier.ts'

/** The field is there (or is not), whatever its value, null and empty included. */
export const exists: Modifier = {
  name: 'exists',
  apply(item) {
    const [value] = item.values
    if (item.values.length !== 1 || value?.kind !== 'scalar' || typeof value.value !== 'boolean') throw modifierFault('exists', 'takes true or false')
    return { ...item, meaning: { kind: 'exists' } }
  },
}
