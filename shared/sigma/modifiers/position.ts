import type { FieldRelation } from '../parse/detection.ts'
import { type Pattern, surround } from '../parse/pattern.ts'
import { type Item, type Modifier, mapText, type Value } from './modifier.ts'

/** A modifier that says where in the field the value stands. It only adds wildcards: those inside the value still work. */
export const positionModifier = (name: Exclude<FieldRelation, 'equals'>, place: (pattern: Pattern) => Pattern): Modifier => ({
  name,
  apply: (item: Item): Item =>
    item.meaning.kind === 'field'
      ? { ...item, meaning: { kind: 'field', relation: name } }
      : mapText(name, { ...item, values: item.values.map(bytesAsText) }, ({ pattern }) => ({ kind: 'text', pattern: place(pattern) })),
})

/** Encoded text (`wide|contains`) is looked for as one character per byte, the way loggers show it. */
export const bytesAsText = (value: Value): Value =>
  value.kind === 'bytes' ? { kind: 'text', pattern: value.bytes.length ? [String.fromCharCode(...value.bytes)] : [] } : value

export const containsAnywhere = (pattern: Pattern): Pattern => surround(pattern, true, true)
