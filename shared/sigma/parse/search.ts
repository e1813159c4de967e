import ipaddr from 'ipaddr.js'
import type { Item, Modifier, ModifierContext, Value } from '../modifiers/modifier.ts'
import { MODIFIERS } from '../modifiers/modifiers.ts'
import { bytesAsText, containsAnywhere } from '../modifiers/position.ts'
import type { SearchNode, Test } from './detection.ts'
import { RuleFault, within } from './fault.ts'
import { literalOf, parsePattern } from './pattern.ts'
import { translateRegex } from './regex.ts'

/** Longest regular expression, in characters; SigmaHQ's longest has 0.3 thousand. */
const REGEX_LIMIT = 8_192
/** Values of one list; SigmaHQ's longest has 4,432. What a list costs per event and to prepare grows with it. */
const VALUES_LIMIT = 20_000
const PLAIN_TEXT: Item['meaning'] = { kind: 'text' }

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads a search identifier's content: a map is AND over its fields, a list of maps OR over them, a list of
 * values keywords that are looked for in the whole event.
 *
 * @throws {RuleFault} naming the field and modifier that cannot be used
 */
export function parseSearch(content: unknown, context: ModifierContext): SearchNode {
  if (isMap(content)) return parseMap(content, context)
  if (!Array.isArray(content)) return parseItem('', [content], context)
  if (content.length === 0) throw new RuleFault('detection', 'a search identifier is an empty list')
  const keywords: unknown[] = []
  const places: number[] = []
  const nodes: SearchNode[] = []
  for (const [index, entry] of content.entries()) {
    if (isMap(entry)) nodes.push(within(index, undefined, () => parseMap(entry, context)))
    else {
      keywords.push(entry)
      places.push(index)
    }
  }
  if (keywords.length > 0) nodes.push(parseItem('', keywords, context, places))
  return combine('or', nodes)
}

function parseMap(map: Record<string, unknown>, context: ModifierContext): SearchNode {
  const keys = Object.keys(map)
  if (keys.length === 0) throw new RuleFault('detection', 'a search identifier is an empty map')
  return combine(
    'and',
    keys.map((key) => {
      const value = map[key]
      return within(key, undefined, () => (Array.isArray(value) ? parseItem(key, value, context, value.keys()) : parseItem(key, [value], context)))
    }),
  )
}

/**
 * One `field|modifier|modifier: values`. An empty field name means keywords.
 *
 * @param places - the values' indexes in the list they stand in; undefined where they stand in none
 */
function parseItem(key: string, raw: readonly unknown[], context: ModifierContext, places?: Iterable<number>): SearchNode {
  const [name = '', ...words] = key.split('|')
  try {
    if (raw.length === 0) throw new RuleFault('detection', 'the list of values is empty')
    if (raw.length > VALUES_LIMIT) throw tooMany()
    return nodeOf(name, raw, modifiersOf(words), context)
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    if (error.code === 'too_large') throw new RuleFault(error.code, `${key === '' ? 'keywords' : key}: ${error.message}`)
    const index = places && [...places][faultyValue(name, raw, words, context)]
    throw new RuleFault(error.code, `${key === '' ? 'keywords' : key}: ${error.message}`, { path: index === undefined ? [] : [index] })
  }
}

const tooMany = () => new RuleFault('too_large', `the list has more than ${VALUES_LIMIT} values; divide it among several rules`)

function nodeOf(name: string, raw: readonly unknown[], modifiers: readonly Modifier[], context: ModifierContext): SearchNode {
  const field = name === '' ? undefined : name
  let item: Item = { values: raw.map(readValue), meaning: PLAIN_TEXT, all: false, negated: false, cased: false }
  for (const modifier of modifiers) item = modifier.apply(item, context)
  const node = combine(
    item.all ? 'and' : 'or',
    item.values.map((value) => toNode(field, value, item)),
  )
  return item.negated ? { kind: 'not', of: node } : node
}

/** Which of the values cannot be read even by itself; -1 where only their being together is wrong. */
function faultyValue(name: string, raw: readonly unknown[], words: readonly string[], context: ModifierContext): number {
  return raw.findIndex((value) => {
    try {
      nodeOf(name, [value], modifiersOf(words), context)
      return false
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error
      return error.code !== 'unsupported_modifier'
    }
  })
}

/** Modifiers that give the same before and after `expand`, which then sees the text as written, with its escapes. */
const AROUND_EXPAND: readonly string[] = ['contains', 'startswith', 'endswith', 'all', 'cased', 'neq']

function modifiersOf(words: readonly string[]): Modifier[] {
  const modifiers: Modifier[] = []
  for (const word of words) {
    const modifier = MODIFIERS.get(word)
    if (!modifier) throw new RuleFault('unsupported_modifier', `there is no modifier "${word}"`)
    if (modifier.name !== 'expand') modifiers.push(modifier)
    else modifiers.splice(modifiers.findLastIndex(({ name }) => !AROUND_EXPAND.includes(name)) + 1, 0, modifier)
  }
  return modifiers
}

function readValue(value: unknown): Value {
  if (value === null || value === undefined) return { kind: 'null' }
  if (typeof value === 'string') return { kind: 'text', pattern: parsePattern(value), raw: value }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return { kind: 'scalar', value }
  if (value instanceof Date) return { kind: 'text', pattern: [value.toISOString()], raw: value.toISOString() }
  throw new RuleFault('detection', 'a value is a map or a list where text, a number, true, false or null is expected')
}

function toNode(field: string | undefined, value: Value, item: Item): SearchNode {
  if (value.kind === 'any')
    return combine(
      'or',
      value.of.map((choice) => toNode(field, choice, item)),
    )
  return { kind: 'leaf', field, test: toTest(field, value, item) }
}

function toTest(field: string | undefined, value: Exclude<Value, { kind: 'any' }>, item: Item): Test {
  const { meaning } = item
  if (field === undefined && (value.kind === 'null' || (meaning.kind !== 'text' && meaning.kind !== 'regex'))) {
    throw new RuleFault('detection', 'keywords can only be text or regular expressions')
  }
  if (meaning.kind === 'exists') return { kind: 'exists', expected: value.kind === 'scalar' && value.value === true }
  if (meaning.kind === 'number') return { kind: 'number', operator: meaning.operator, value: numberOf(value), part: meaning.part }
  if (meaning.kind === 'regex') return { kind: 'regex', ...regexOf(rawOf(value, 're'), meaning) }
  if (meaning.kind === 'cidr') return { kind: 'cidr', network: networkOf(rawOf(value, 'cidr')) }
  if (meaning.kind === 'field') return { kind: 'field', field: fieldNameOf(value), relation: meaning.relation, cased: item.cased }
  if (value.kind === 'null') return { kind: 'null' }
  const text = bytesAsText(value)
  const pattern = text.kind === 'text' ? text.pattern : text.kind === 'scalar' ? [String(text.value)] : []
  return { kind: 'text', pattern: field === undefined ? containsAnywhere(pattern) : pattern, cased: item.cased }
}

function regexOf(raw: string, flags: Extract<Item['meaning'], { kind: 'regex' }>): { source: string; flags: string } {
  if (raw.length > REGEX_LIMIT) throw new RuleFault('regex', `the pattern is longer than ${REGEX_LIMIT} characters`)
  return translateRegex(raw, flags)
}

function rawOf(value: Value, modifier: string): string {
  if (value.kind === 'scalar') return String(value.value)
  if (value.kind === 'text' && value.raw !== undefined) return value.raw
  throw new RuleFault('modifier', `modifier "${modifier}" needs text that no modifier has changed`)
}

function numberOf(value: Value): number {
  const text = value.kind === 'scalar' ? String(value.value) : value.kind === 'text' ? (literalOf(value.pattern) ?? '') : ''
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) throw new RuleFault('modifier', 'a numeric comparison needs a number')
  return number
}

function fieldNameOf(value: Value): string {
  const name = value.kind === 'text' ? value.pattern.filter((part) => typeof part === 'string').join('') : ''
  if (name === '') throw new RuleFault('modifier', 'modifier "fieldref" needs the name of a field')
  return name
}

function networkOf(text: string): string {
  const network = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`
  if (!ipaddr.isValidCIDR(network)) throw new RuleFault('modifier', `"${text}" is not a network in CIDR notation`)
  return network
}

function combine(kind: 'and' | 'or', nodes: readonly SearchNode[]): SearchNode {
  const [only] = nodes
  return only && nodes.length === 1 ? only : { kind, of: nodes }
}
