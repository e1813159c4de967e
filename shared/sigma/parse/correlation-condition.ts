import type { CorrelationType, SigmaCorrelation } from '../contract.ts'
import type { DocumentContent } from './documents.ts'
import { RuleFault } from './fault.ts'
import { textOf } from './metadata.ts'

type Comparison = NonNullable<SigmaCorrelation['condition']>[number]
type Parts = Pick<SigmaCorrelation, 'condition' | 'fields' | 'percentile'>

const OPERATORS: readonly Comparison['operator'][] = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte']
const isOperator = (key: string): key is Comparison['operator'] => OPERATORS.some((operator) => operator === key)

const fault = (reason: string, ...path: (string | number)[]) => new RuleFault('correlation_condition', reason, { path })

/**
 * Reads a correlation's condition: comparisons that must all hold (two make a range), and for `value_*` the field they are of.
 *
 * @throws {RuleFault} whose path begins inside the condition
 */
export function correlationConditionOf(type: CorrelationType, content: unknown): Parts {
  if (content === undefined || content === null) {
    if (type.startsWith('temporal')) return {}
    throw new RuleFault('missing_field', `${type} needs a condition, as in "gte: 10"`)
  }
  if (typeof content !== 'object' || Array.isArray(content)) throw fault('condition is not a map of comparisons, as in "gte: 10"')
  const { field, percentile, ...comparisons } = content as DocumentContent
  const condition = Object.entries(comparisons).map(([operator, value]): Comparison => {
    if (!isOperator(operator)) throw fault(`there is no comparison "${operator}"; there are ${OPERATORS.join(', ')}`, operator)
    return { operator, value: numberOf(value, operator) }
  })
  if (condition.length === 0) throw fault(`the condition has no comparison; there are ${OPERATORS.join(', ')}`)
  if (!satisfiable(condition)) throw fault('no number fits all comparisons of the condition')
  return { condition, fields: fieldsOf(type, field), percentile: percentileOf(type, percentile) }
}

function numberOf(value: unknown, key: string): number {
  const text = textOf(value)
  const number = Number(text)
  if (typeof value === 'boolean' || text.trim() === '' || !Number.isFinite(number)) throw fault(`"${key}" needs a number`, key)
  return number
}

/** `value_count` may count tuples of several fields; what is added up or averaged is one. */
function fieldsOf(type: CorrelationType, value: unknown): string[] | undefined {
  if (!type.startsWith('value_')) {
    if (value !== undefined) throw fault(`${type} counts events, not values of a field; use value_count`, 'field')
    return undefined
  }
  const fields = (Array.isArray(value) ? value : [value]).map((entry, index) => {
    const text = textOf(entry)
    if (text === '') throw fault(`${type} needs a field in its condition`, 'field', index)
    return text
  })
  if (fields.length === 0) throw fault(`${type} needs a field in its condition`, 'field')
  if (fields.length > 1 && type !== 'value_count') throw fault(`${type} is of one field; only value_count takes several`, 'field', 1)
  return fields
}

/** The specification's example of `value_percentile` says no percentile, and then does not say what is computed. */
function percentileOf(type: CorrelationType, value: unknown): number | undefined {
  if (type !== 'value_percentile') {
    if (value !== undefined) throw fault(`${type} has no percentile; use value_percentile`, 'percentile')
    return undefined
  }
  if (value === undefined) throw fault('value_percentile needs "percentile" (0 to 100) in its condition', 'percentile')
  const percentile = numberOf(value, 'percentile')
  if (percentile < 0 || percentile > 100) throw fault('percentile is not from 0 to 100', 'percentile')
  return percentile
}

function satisfiable(condition: readonly Comparison[]): boolean {
  const values = (...operators: Comparison['operator'][]) =>
    condition.filter(({ operator }) => operators.includes(operator)).map(({ value }) => value)
  const low = Math.max(...values('gt', 'gte', 'eq'), Number.NEGATIVE_INFINITY)
  const high = Math.min(...values('lt', 'lte', 'eq'), Number.POSITIVE_INFINITY)
  if (low !== high) return low < high
  return !values('gt', 'lt', 'neq').includes(low)
}
