import type { ModifierContext } from '../modifiers/modifier.ts'
import { parseCondition } from './condition.ts'
import type { ConditionNode, Detection, SearchNode } from './detection.ts'
import { RuleFault, within } from './fault.ts'
import { parseSearch } from './search.ts'

/** Search identifiers of one rule; SigmaHQ's largest has 40. */
const SEARCH_LIMIT = 10_000

/**
 * Reads a detection section: search identifiers and the condition over them. Several conditions are OR.
 *
 * @param content - the section as YAML gave it
 * @param reserved - keys that are no search identifiers, beside `condition`
 * @throws {RuleFault} whose path begins inside the section
 */
export function parseDetection(content: unknown, context: ModifierContext, reserved: readonly string[] = []): Detection {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new RuleFault('detection', 'detection is not a map')
  const searches = new Map<string, SearchNode>()
  let condition: unknown
  for (const [name, search] of Object.entries(content)) {
    if (name === 'condition') condition = search
    else if (name === 'timeframe')
      throw new RuleFault('obsolete_aggregation', '"timeframe" is obsolete in Sigma 2; write a correlation rule', { path: ['timeframe'] })
    else if (!reserved.includes(name))
      searches.set(
        name,
        within(name, name, () => parseSearch(search, context)),
      )
  }
  if (searches.size === 0) throw new RuleFault('missing_field', 'the detection has no search identifier')
  if (searches.size > SEARCH_LIMIT) throw new RuleFault('detection', `the detection has more than ${SEARCH_LIMIT} search identifiers`)
  return { searches, ...within('condition', undefined, () => conditionsOf(condition, new Set(searches.keys()))) }
}

function conditionsOf(content: unknown, names: ReadonlySet<string>): Pick<Detection, 'condition' | 'written'> {
  if (!Array.isArray(content)) return { condition: conditionOf(content, names), written: String(content) }
  if (content.length === 0) throw noCondition()
  const queries = content.map((text, index) => within(index, undefined, () => conditionOf(text, names)))
  const [only] = queries
  if (only && queries.length === 1) return { condition: only, written: String(content[0]) }
  return { condition: { kind: 'or', of: queries }, written: content.map((text) => `(${String(text)})`).join(' or ') }
}

function conditionOf(text: unknown, names: ReadonlySet<string>): ConditionNode {
  // A search identifier may be called by a number: YAML then gives the condition as one.
  if (typeof text === 'bigint' || typeof text === 'number') return parseCondition(String(text), names)
  if (typeof text !== 'string' || text.trim() === '') throw noCondition()
  return parseCondition(text, names)
}

const noCondition = () => new RuleFault('missing_field', 'the detection has no condition')
