import type { LintCheck } from '../check.ts'

const isText = (value: unknown): boolean => ['string', 'number', 'bigint'].includes(typeof value) || value instanceof Date
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isRelated = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => isMap(entry) && typeof entry['id'] === 'string' && RELATIONS.includes(String(entry['type'])))

const RELATIONS: readonly string[] = ['derived', 'obsolete', 'merged', 'renamed', 'similar', 'correlation']

/** What the specification says of each key's content, as the message puts it. `related` lists ids with one of RELATIONS. */
const TYPES: { readonly [key: string]: readonly [is: (value: unknown) => boolean, wanted: string] } = {
  title: [isText, 'text'],
  name: [isText, 'text'],
  description: [isText, 'text'],
  author: [isText, 'text (several authors: separated by commas)'],
  license: [isText, 'text'],
  taxonomy: [isText, 'text'],
  status: [isText, 'text'],
  level: [isText, 'text'],
  references: [isTexts, 'a list of texts'],
  tags: [isTexts, 'a list of texts'],
  fields: [isTexts, 'a list of field names'],
  falsepositives: [isTexts, 'a list of texts'],
  scope: [isTexts, 'a list of texts'],
  related: [isRelated, `a list of maps with id and type (${RELATIONS.join(', ')})`],
}

export const fieldType: LintCheck = {
  code: 'field_type',
  severity: 'error',
  title: 'a key holds another type than the specification says',
  *each({ head, lineOf }) {
    for (const [key, [is, wanted]] of Object.entries(TYPES)) {
      const value = head[key]
      if (value !== undefined && value !== null && !is(value)) yield { line: lineOf([key]), message: `${key} must be ${wanted}` }
    }
  },
}
