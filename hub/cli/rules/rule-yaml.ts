import { stringify } from 'yaml'
import { dateOf } from '../../../shared/sigma/parse/metadata.ts'
import { RULE_KEYS } from '../../../shared/sigma/parse/rule-keys.ts'

/**
 * A document's content as YAML in one form: keys in the specification's order and others behind them, dates with dashes, tags in lower case, an id where it had none. What the
 * rule looks for is not touched. Comments are lost.
 */
export function ruleToYaml(content: Readonly<Record<string, unknown>>, id: string): string {
  const place = (key: string): number => (RULE_KEYS.includes(key) ? RULE_KEYS.indexOf(key) : RULE_KEYS.length)
  const entries = Object.entries({ ...content, id: content['id'] ?? id }).toSorted(([left], [right]) => place(left) - place(right))
  const normal = entries.map(([key, value]) => [
    key,
    key === 'date' || key === 'modified' ? (dateOf(value) ?? value) : key === 'tags' ? lowerCase(value) : value,
  ])
  return stringify(Object.fromEntries(normal), { lineWidth: 0, aliasDuplicateObjects: false })
}

const lowerCase = (tags: unknown): unknown => (Array.isArray(tags) ? tags.map((tag) => (typeof tag === 'string' ? tag.toLowerCase() : tag)) : tags)
