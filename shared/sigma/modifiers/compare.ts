import type { NumberOperator } from '../parse/detection.ts'
import { type Modifier, modifierFault } from './modifier.ts'

const compare = (operator: Exclude<NumberOperator, 'eq'>): Modifier => ({
  name: operator,
  apply(item) {
    if (item.meaning.kind !== 'text' && item.meaning.kind !== 'number') throw modifierFault(operator, `cannot follow "${item.meaning.kind}"`)
    return { ...item, meaning: { kind: 'number', operator, part: item.meaning.kind === 'number' ? item.meaning.part : undefined } }
  },
})

export const comparisons: readonly Modifier[] = [compare('lt'), compare('lte'), compare('gt'), compare('gte')]
