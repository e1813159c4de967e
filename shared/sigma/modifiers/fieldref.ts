import type { FieldRelation } from '../parse/detection.ts'
import { literalOf, MANY } from '../parse/pattern.ts'
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
    // As written, wildcards are the author's; later they are those of a modifier before this one, and say where to look.
    if (item.values.some((value) => value.kind === 'text' && value.raw !== undefined && literalOf(value.pattern) === undefined))
      throw modifierFault('fieldref', 'needs the name of a field, without wildcards')
    return { ...item, meaning: { kind: 'field', relation: relationOf(item.values[0]) } }
  },
}
