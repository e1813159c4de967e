import type { CorrelationType, SigmaCorrelation } from '../contract.ts'
import { CORRELATION_TYPES } from '../contract.ts'
import { correlationConditionOf } from './correlation-condition.ts'
import type { DocumentContent, RuleDocument } from './documents.ts'
import { RuleFault, within } from './fault.ts'
import { metadataOf, textOf } from './metadata.ts'
import { parseRuleExpression, rulesIn } from './rule-expression.ts'

/** Rules, fields or aliases of one correlation; real ones have fewer than ten. */
const LIST_LIMIT = 1_000
const KEYS = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate']
const UNIT_SECONDS = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
])

const fault = (reason: string, ...path: (string | number)[]) => new RuleFault('correlation', reason, { path })
const isMap = (value: unknown): value is DocumentContent => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads a correlation rule (specification of correlation rules 2.1.0, and pySigma's `value_median` and boolean conditions of temporal ones).
 *
 * @throws {RuleFault} with the path of what cannot be used
 */
export function toCorrelation(head: DocumentContent, document: RuleDocument, file: string): SigmaCorrelation {
  const metadata = metadataOf(head, document, file, 'correlation')
  const section = head['correlation']
  if (!isMap(section)) throw fault('correlation is not a map', 'correlation')
  // The specification's text puts it beside the section, its schema and pySigma inside.
  const generate = within('generate', undefined, () => (section['generate'] === undefined ? generateOf(head['generate']) : undefined))
  return within('correlation', undefined, () => {
    refuseMisspelt(section)
    const written = within('type', undefined, () => typeOf(section['type']))
    const condition = section['condition']
    const extended = typeof condition === 'string'
    const type = extended ? extendedTypeOf(written) : written
    const expression = extended ? within('condition', undefined, () => parseRuleExpression(condition)) : undefined
    if (!extended && type.endsWith('_extended')) throw fault(`${type} needs a condition over its rules ("rule_a and not rule_b")`, 'condition')
    const named = within('rules', undefined, () => rulesOf(section['rules'], expression !== undefined))
    if (expression && named) agree(rulesIn(expression), named)
    return {
      ...metadata,
      type,
      rules: named ?? (expression ? rulesIn(expression) : []),
      groupBy: within('group-by', undefined, () => textListOf(section['group-by'], 'group-by is neither a field nor a list of fields')),
      timespanSeconds: within('timespan', undefined, () => timespanOf(section['timespan'])),
      ...within('condition', undefined, () => (extended ? {} : correlationConditionOf(type, condition))),
      expression,
      aliases: within('aliases', undefined, () => aliasesOf(section['aliases'])),
      generate: generate ?? within('generate', undefined, () => generateOf(section['generate'])),
    }
  })
}

/** Other keys are tolerated; one that is only written differently would be skipped in silence. */
function refuseMisspelt(section: DocumentContent): void {
  const plain = (key: string) => key.toLowerCase().replace(/[-_ ]/g, '').replace(/s$/, '')
  for (const key of Object.keys(section)) {
    if (KEYS.includes(key)) continue
    const meant = key === 'timeframe' ? 'timespan' : KEYS.find((known) => plain(known) === plain(key))
    if (meant) throw fault(`the correlation has "${key}"; it is written "${meant}"`, key)
  }
}

function typeOf(value: unknown): CorrelationType {
  const text = textOf(value)
  if (text === '') throw new RuleFault('missing_field', 'the correlation has no type')
  const type = CORRELATION_TYPES.find((name) => name === text)
  if (!type) throw fault(`there is no correlation type "${text}"; there are ${CORRELATION_TYPES.join(', ')}`)
  return type
}

function extendedTypeOf(type: CorrelationType): CorrelationType {
  if (type === 'temporal' || type === 'temporal_extended') return 'temporal_extended'
  if (type === 'temporal_ordered' || type === 'temporal_ordered_extended') return 'temporal_ordered_extended'
  throw fault(`${type} takes a comparison ("gte: 10"); only temporal correlations take an expression over rules`, 'condition')
}

/** Undefined where the condition's expression names them. */
function rulesOf(value: unknown, optional: boolean): string[] | undefined {
  if ((value === undefined || value === null) && optional) return undefined
  const rules = textListOf(value, 'rules is neither the id or name of a rule nor a list of them')
  if (rules.length === 0) throw new RuleFault('missing_field', 'the correlation names no rules')
  return rules
}

/** One text or a list of texts. */
function textListOf(value: unknown, reason: string): string[] {
  if (value === undefined || value === null) return []
  const list = Array.isArray(value) ? value : [value]
  if (list.length > LIST_LIMIT) throw fault(`the list has more than ${LIST_LIMIT} entries`)
  return list.map((entry, index) => {
    const text = textOf(entry)
    if (text === '') throw Array.isArray(value) ? fault(reason, index) : fault(reason)
    return text
  })
}

/** The expression and the list of rules must name the same ones. */
function agree(asked: readonly string[], listed: readonly string[]): void {
  const unlisted = asked.find((rule) => !listed.includes(rule))
  if (unlisted !== undefined) throw fault(`the condition names "${unlisted}", which is not among the correlation's rules`, 'condition')
  const unasked = listed.findIndex((rule) => !asked.includes(rule))
  if (unasked >= 0) throw fault(`the condition does not ask for "${listed[unasked]}"`, 'rules', unasked)
}

function timespanOf(value: unknown): number {
  if (value === undefined || value === null) throw new RuleFault('missing_field', 'the correlation has no timespan')
  const text = textOf(value)
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNIT_SECONDS.get(unit) ?? 0)
  if (!(seconds > 0)) throw new RuleFault('timespan', `the timespan "${text}" is not a number and one of s, m, h, d in lower case, as in 10m`)
  return seconds
}

function aliasesOf(value: unknown): SigmaCorrelation['aliases'] {
  if (value === undefined || value === null) return {}
  if (!isMap(value)) throw fault('aliases is not a map of names to maps of rules and fields')
  const entries = Object.entries(value)
  if (entries.length > LIST_LIMIT) throw fault(`there are more than ${LIST_LIMIT} aliases`)
  const aliases = entries.map(([alias, fields]) => {
    if (!isMap(fields)) throw fault(`the alias "${alias}" is not a map of rules and fields`, alias)
    const byRule = Object.entries(fields).map(([rule, field]) => {
      const name = textOf(field)
      if (name === '') throw fault(`the alias "${alias}" names no field for the rule "${rule}"`, alias, rule)
      return [rule, name] as const
    })
    if (byRule.length === 0) throw fault(`the alias "${alias}" names no field`, alias)
    if (byRule.length > LIST_LIMIT) throw fault(`the alias "${alias}" has more than ${LIST_LIMIT} rules`, alias)
    return [alias, Object.fromEntries(byRule)] as const
  })
  return Object.fromEntries(aliases)
}

function generateOf(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw fault('generate is neither true nor false')
  return value
}
