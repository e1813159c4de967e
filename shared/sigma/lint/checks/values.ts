import type { SearchNode } from '../../parse/detection.ts'
import { RuleFault } from '../../parse/fault.ts'
import { parseSearch } from '../../parse/search.ts'
import type { Found, LintCheck } from '../check.ts'
import type { LintDocument } from '../document.ts'
import { implies } from '../implies.ts'
import { type DetectionItem, itemsOf } from '../items.ts'

/** Lists are compared value by value up to this length; a longer one is data, not writing. */
const COMPARED = 300
/** Comparisons within one document, so that a rule made of nothing but lists does not hold up the others. */
const COMPARISONS_LIMIT = 500_000

/** A value shown to people. */
const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value))

const isFolded = ({ modifiers }: DetectionItem): boolean =>
  !modifiers.some((modifier) => ['cased', 're', 'base64', 'base64offset'].includes(modifier))

export const duplicateValue: LintCheck = {
  code: 'value_duplicate',
  severity: 'warning',
  title: 'the same value twice in one list',
  *each(document) {
    for (const item of itemsOf(document)) {
      const first = new Set<string>()
      for (const [index, value] of item.values.entries()) {
        const key = isFolded(item) ? String(value).toLowerCase() : String(value)
        if (first.has(key)) yield { line: document.lineOf(item.valuePath(index)), message: `${shown(value)} is in the list already; remove it` }
        first.add(key)
      }
    }
  },
}

export const coveredValue: LintCheck = {
  code: 'value_covered',
  severity: 'warning',
  title: 'a value that another value of the list covers already',
  *each(document) {
    if (document.problems.length > 0) return
    let left = COMPARISONS_LIMIT
    for (const item of itemsOf(document)) {
      if (item.values.length < 2 || item.values.length > COMPARED) continue
      const nodes = item.values.map((value) => nodeOf(item, value))
      const leaves = nodes.reduce((sum, node) => sum + (node ? leavesIn(node) : 0), 0)
      left -= leaves * leaves
      if (left < 0) return
      yield* coveredIn(document, item, nodes)
    }
  },
}

const leavesIn = (node: SearchNode): number =>
  node.kind === 'leaf' ? 1 : node.kind === 'not' ? leavesIn(node.of) : node.of.reduce((sum, each) => sum + leavesIn(each), 0)

function* coveredIn(document: LintDocument, item: DetectionItem, nodes: readonly (SearchNode | undefined)[]): Iterable<Found> {
  const all = item.modifiers.includes('all')
  for (const [index, node] of nodes.entries()) {
    if (!node) continue
    const by = nodes.findIndex((other, at) => {
      if (!other || at === index || String(item.values[at]).toLowerCase() === String(item.values[index]).toLowerCase()) return false
      // In a list of alternatives the wider value does the work, in a list of requirements the narrower.
      const [narrow, wide] = all ? [other, node] : [node, other]
      // Where both cover each other (`\\` and `\`), the first one stays.
      return nodeImplies(narrow, wide) && (at < index || !nodeImplies(wide, narrow))
    })
    if (by < 0) continue
    const [value, other] = [shown(item.values[index]), shown(item.values[by])]
    yield {
      line: document.lineOf(item.valuePath(index)),
      message: all
        ? `${value} adds nothing: whatever holds ${other} holds it; remove it`
        : `${value} adds nothing: ${other} finds all of it; remove it`,
    }
  }
}

/** One value under the item's modifiers but `all`; undefined where it needs a placeholder. */
function nodeOf({ field, modifiers }: DetectionItem, value: unknown): SearchNode | undefined {
  const kept = modifiers.filter((modifier) => modifier !== 'all' && modifier !== 'neq')
  try {
    return parseSearch({ [[field ?? '', ...kept].join('|')]: value }, {})
  } catch (error) {
    if (error instanceof RuleFault) return undefined
    throw error
  }
}

/** Both are one value's tests: a leaf, or alternatives that a modifier made of it. */
function nodeImplies(narrow: SearchNode, wide: SearchNode): boolean {
  if (narrow.kind === 'or') return narrow.of.every((each) => nodeImplies(each, wide))
  if (wide.kind === 'or') return wide.of.some((each) => nodeImplies(narrow, each))
  return narrow.kind === 'leaf' && wide.kind === 'leaf' && implies(narrow, wide)
}

export const nullInList: LintCheck = {
  code: 'null_in_list',
  severity: 'warning',
  title: '`null` among other values of a list, which the specification leaves open',
  *each(document) {
    for (const item of itemsOf(document)) {
      const index = item.values.indexOf(null)
      if (item.values.length > 1 && index >= 0)
        yield {
          line: document.lineOf(item.valuePath(index)),
          message: `null stands among other values, which other engines refuse; give "${item.key}: null" a search identifier of its own`,
        }
    }
  },
}

const POSITIONS: { readonly [modifier: string]: readonly [before: boolean, after: boolean] } = {
  contains: [true, true],
  startswith: [false, true],
  endswith: [true, false],
}

/** Whether the last `*` is a wildcard: an even number of backslashes stands before it. */
function endsInWildcard(value: string): boolean {
  if (!value.endsWith('*')) return false
  let at = value.length - 1
  while (value.charAt(at - 1) === '\\') at--
  return (value.length - 1 - at) % 2 === 0
}

export const redundantWildcard: LintCheck = {
  code: 'wildcard_redundant',
  severity: 'warning',
  title: 'a `*` where the modifier puts one anyway',
  *each(document) {
    for (const item of itemsOf(document)) {
      const position = item.modifiers.map((modifier) => (Object.hasOwn(POSITIONS, modifier) ? POSITIONS[modifier] : undefined)).find((found) => found)
      if (!position) continue
      const [before, after] = position
      for (const [index, value] of item.values.entries()) {
        if (typeof value !== 'string' || value === '*') continue
        if ((before && value.startsWith('*')) || (after && endsInWildcard(value)))
          yield {
            line: document.lineOf(item.valuePath(index)),
            message: `the "*" at the edge of ${shown(value)} is what "${item.modifiers.join('|')}" means already; remove it`,
          }
      }
    }
  },
}

export const matchesAnything: LintCheck = {
  code: 'matches_anything',
  severity: 'warning',
  title: 'a value that every text fits',
  *each(document) {
    for (const item of itemsOf(document)) {
      const position = item.modifiers.some((modifier) => Object.hasOwn(POSITIONS, modifier)) || item.field === undefined
      for (const [index, value] of item.values.entries()) {
        if (!position || item.modifiers.includes('re') || typeof value !== 'string' || (item.field === undefined ? /[^*]/.test(value) : value !== ''))
          continue
        yield {
          line: document.lineOf(item.valuePath(index)),
          message: `every text fits ${shown(value)}; ${item.field === undefined ? 'remove it' : `to ask whether the field is there, write "${item.field}|exists: true"`}`,
        }
      }
    }
  },
}

export const allWithOne: LintCheck = {
  code: 'all_single',
  severity: 'warning',
  title: '`all` with a single value, which the specification forbids',
  *each(document) {
    for (const item of itemsOf(document))
      if (item.modifiers.includes('all') && item.values.length === 1)
        yield { line: document.lineOf(item.path), message: `"${item.key}" has a single value, for which "all" means nothing; remove "|all"` }
  },
}

/** An unquoted number that is not written as it is printed: `0x1010`, `007`, `1.10`, `1e5`. */
const REWRITTEN =
  /(?:^|[-:])[ \t]+([-+]?(?:0x[0-9a-f]{1,40}|0o[0-7]{1,40}|0\d{1,40}|\d{1,40}\.\d{0,40}0|\d{1,40}(?:\.\d{1,40})?e[-+]?\d{1,10}))[ \t]*(?:#.*)?$/i

export const rewrittenNumber: LintCheck = {
  code: 'number_rewritten',
  severity: 'warning',
  title: 'an unquoted number that YAML reads as another text: `0x1010` as 4112, `1.10` as 1.1',
  *each(document) {
    // Asking for a value's line takes time; nearly no rule has such a number.
    if (!document.source.split('\n').some((line) => REWRITTEN.test(line))) return
    for (const item of itemsOf(document)) {
      for (const [index, value] of item.values.entries()) {
        if (typeof value !== 'number' && typeof value !== 'bigint') continue
        const line = document.lineOf(item.valuePath(index))
        const written = REWRITTEN.exec(document.lineText(line))?.[1]
        if (written !== undefined && written !== String(value))
          yield { line, message: `YAML reads ${written} as the number ${value}, and the rule looks for that; write '${written}'` }
      }
    }
  },
}
