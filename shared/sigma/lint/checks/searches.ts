import type { LintCheck } from '../check.ts'
import type { LintDocument } from '../document.ts'
import { detectionOf, searchNamesOf } from '../items.ts'

/** Condition texts of a document. */
function conditionsOf(document: LintDocument): string[] {
  const { condition } = detectionOf(document).content
  return (Array.isArray(condition) ? condition : [condition]).filter((text) => typeof text === 'string')
}

/** Where the condition stands. */
export const conditionLine = (document: LintDocument): number => document.lineOf([...detectionOf(document).path, 'condition'])

const WORDS: readonly string[] = ['and', 'or', 'not', 'of', 'all', 'any', 'them']

/** Words of a condition that may name search identifiers. */
const wordsIn = (text: string): string[] =>
  text.split(/[\s()|]+/).filter((word) => word !== '' && !WORDS.includes(word.toLowerCase()) && !/^\d+$/.test(word))

/** Whether a pattern of a condition (`selection_*`) is for the name. */
function covers(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  const form = pattern
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${form}$`).test(name)
}

export const unusedSearch: LintCheck = {
  code: 'search_unused',
  severity: 'warning',
  title: 'a search identifier that no condition uses',
  *each(document) {
    const conditions = conditionsOf(document)
    if (conditions.length === 0 || document.problems.length > 0) return
    const words = conditions.flatMap(wordsIn)
    const all = conditions.some((text) => /\bof\s+them\b/i.test(text))
    for (const name of searchNamesOf(document)) {
      if ((all && !name.startsWith('_')) || words.some((word) => covers(word, name))) continue
      const { path } = detectionOf(document)
      yield { line: document.lineOf([...path, name]), message: `the condition does not use "${name}"; use it or remove it` }
    }
  },
}

export const oneOfOne: LintCheck = {
  code: 'of_single',
  severity: 'info',
  title: '`1 of` or `all of` over a pattern that only one search identifier fits',
  *each(document) {
    const names = searchNamesOf(document)
    for (const text of conditionsOf(document)) {
      for (const [whole, pattern = ''] of text.matchAll(/\b(?:\d+|any|all)\s+of\s+([^\s()]+)/gi)) {
        const fitting = names.filter((name) => (pattern.toLowerCase() === 'them' ? !name.startsWith('_') : covers(pattern, name)))
        if (fitting.length === 1)
          yield { line: conditionLine(document), message: `"${whole}" is only "${fitting[0]}"; write its name, unless more are to come` }
      }
    }
  },
}
