import { stringify } from 'yaml'
import { dateOf } from '../../../shared/sigma/parse/metadata.ts'

/** Keys in the order the specification lists them; others follow as they stood. */
const ORDER: readonly string[] = [
  'title',
  'id',
  'name',
  'related',
  'taxonomy',
  'status',
  'description',
  'license',
  'references',
  'author',
  'date',
  'modified',
  'tags',
  'logsource',
  'detection',
  'correlation',
  'filter',
  'fields',
  'falsepositives',
  'level',
  'scope',
]

/**
 * A document's content as YAML in one form: keys in the specification's order, dates with dashes, tags in lower case, an id where it had none. What the
 * rule looks for is not touched. Comments are lost.
 */
export function ruleToYaml(content: Readonly<Record<string, unknown>>, id: string): string {
  const place = (key: string): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length)
  const entries = Object.entries({ ...content, id: content['id'] ?? id }).toSorted(([left], [right]) => place(left) - place(right))
  const normal = entries.map(([key, value]) => [
    key,
    key === 'date' || key === 'modified' ? (dateOf(value) ?? value) : key === 'tags' ? lowerCase(value) : value,
  ])
  return stringify(Object.fromEntries(normal), { lineWidth: 0, aliasDuplicateObjects: false })
}

const lowerCase = (tags: unknown): unknown => (Array.isArray(tags) ? tags.map((tag) => (typeof tag === 'string' ? tag.toLowerCase() : tag)) : tags)
