import { literalIn } from '../compile/literal.ts'
import type { NumberOperator, Test } from '../parse/detection.ts'
import { MANY, ONE, type Pattern } from '../parse/pattern.ts'
import { cut } from './cut.ts'

/** A question in words, in parts, so that many of a kind can be put together: `ends with` and `"\\cmd.exe"`. */
export interface Wording {
  readonly verb: string
  /** The verb where the rule asks for the opposite. */
  readonly not: string
  /** What the verb is about; undefined where the verb says it all (`is empty`). */
  readonly object?: string | undefined
}

const PLACES = {
  equals: ['is', 'is not'],
  startswith: ['starts with', 'does not start with'],
  endswith: ['ends with', 'does not end with'],
  contains: ['contains', 'does not contain'],
} as const

const COMPARISONS: { readonly [operator in NumberOperator]: string } = {
  eq: '',
  lt: 'less than ',
  lte: 'at most ',
  gt: 'more than ',
  gte: 'at least ',
}

export function wordingOf(test: Test): Wording {
  switch (test.kind) {
    case 'text':
      return textWording(test.pattern, test.cased)
    case 'regex':
      return {
        verb: 'matches the regular expression',
        not: 'does not match the regular expression',
        object: `/${cut(test.source)}/${test.flags}`,
      }
    case 'cidr':
      return { verb: 'is in the network', not: 'is not in the network', object: test.network }
    case 'exists':
      return test.expected ? { verb: 'is present', not: 'is absent' } : { verb: 'is absent', not: 'is present' }
    case 'null':
      return { verb: 'is absent or null', not: 'is present and not null' }
    case 'number': {
      const object = `${COMPARISONS[test.operator]}${test.value}`
      if (test.part) return { verb: `is a date whose ${test.part} is`, not: `is not a date whose ${test.part} is`, object }
      return { verb: 'is a number', not: 'is not a number', object: test.operator === 'eq' ? `equal to ${object}` : object }
    }
    case 'field': {
      const [verb, not] = PLACES[test.relation]
      return { verb: `${verb} what is in the field`, not: `${not} what is in the field`, object: `${test.field}${caseNote(test.cased)}` }
    }
  }
}

function textWording(pattern: Pattern, cased: boolean): Wording {
  if (pattern.length === 0) return { verb: 'is empty', not: 'is not empty' }
  if (pattern.length === 1 && pattern[0] === MANY) return { verb: 'has a value', not: 'has no value' }
  const literal = literalIn(pattern)
  const [verb, not] = literal ? PLACES[literal.place] : ['fits', 'does not fit']
  return { verb, not, object: `"${cut(literal ? literal.text : written(pattern))}"${caseNote(cased)}` }
}

const caseNote = (cased: boolean): string => (cased ? ' (upper and lower case count)' : '')

/** The pattern as a rule's author would write it. */
const written = (pattern: Pattern): string =>
  pattern.map((part) => (part === MANY ? '*' : part === ONE ? '?' : part.replaceAll(/[*?]|\\(?=[*?\\]|$)/g, '\\$&'))).join('')
