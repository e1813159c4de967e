import type { FieldRelation } from '../parse/detection.ts'
import { MANY } from '../parse/pattern.ts'
import { type Modifier, modifierFault, type Value } from './modifier.ts'

const relationOf = (value: Value | undefined): FieldRelation => {
  if (value?.kind !== 'text') return 'equals'
  const before = value.pattern[0] === MANY
  const after = value.pattern.at(-1) === MANY
  return before && after ? 'contains' : after ? 'startswith' : before ? 'endswith' : 'equals'
}

/** The value is the name of another field of the same event. */
export const fieldref: Modifier = {
  name: 'fieldref',
  apply(item) {
    if (item.meaning.kind !== 'text') throw modifierFault('fieldref', `cannot follow "${item.meaning.kind}"`)
    return { ...item, meaning: { kind: 'field', relation: relationOf(item.values[0]) } }
  },
}
