import type { DatePart } from '../parse/detection.ts'
import { type Modifier, modifierFault } from './modifier.ts'

const datePart = (part: DatePart): Modifier => ({
  name: part,
  apply(item) {
    if (item.meaning.kind !== 'text' && item.meaning.kind !== 'number') throw modifierFault(part, `cannot follow "${item.meaning.kind}"`)
    return { ...item, meaning: { kind: 'number', operator: item.meaning.kind === 'number' ? item.meaning.operator : 'eq', part } }
  },
})

/** A number out of a date, as the event writes it: no time zone is converted. */
export const dateParts: readonly Modifier[] = [
  datePart('minute'),
  datePart('hour'),
  datePart('day'),
  datePart('week'),
  datePart('month'),
  datePart('year'),
]
