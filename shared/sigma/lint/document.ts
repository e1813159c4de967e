import type { RuleProblem, SigmaCorrelation, SigmaFilter, SigmaRule } from '../contract.ts'
import { documentsIn } from '../parse/documents.ts'
import type { RulePath } from '../parse/fault.ts'
import { parseRules } from '../parse/rules.ts'

/** A rule file as read from disk. */
export interface LintFile {
  readonly file: string
  readonly text: string
}

/** One YAML document of a rule file: its content as written, where each part of it stands, and what it became. */
export interface LintDocument {
  readonly file: string
  /** 1-based line of its first content. */
  readonly line: number
  readonly kind: 'rule' | 'correlation' | 'filter'
  /** The document's own content; empty where it is no map, or only a part of a rule (`action: global`). */
  readonly head: Readonly<Record<string, unknown>>
  readonly id?: string | undefined
  readonly title?: string | undefined
  /** What the document was read as; undefined where it was refused, or is of another kind. */
  readonly rule?: SigmaRule | undefined
  readonly filter?: SigmaFilter | undefined
  readonly correlation?: SigmaCorrelation | undefined
  /** Why the document cannot be used. */
  readonly problems: readonly RuleProblem[]
  /** Line of the part at this path, or of the nearest part around it. */
  lineOf(path: RulePath): number
  /** The document as written. */
  readonly source: string
  /** A line of the file as written, without its end. */
  lineText(line: number): string
}

/**
 * Reads a file's documents. Never throws: a document that is no YAML, or no rule, carries the parser's problems.
 *
 * @param placeholders - values for `expand`
 */
export function readDocuments({ file, text }: LintFile, placeholders?: ReadonlyMap<string, readonly string[]>): LintDocument[] {
  const parsed = parseRules(text, file, { placeholders })
  // The parser bounds files by size; what it would not read is not read here either.
  if (parsed.problems.some((problem) => problem.code === 'too_large'))
    return [{ file, line: 1, kind: 'rule', head: {}, problems: parsed.problems, lineOf: () => 1, source: '', lineText: () => '' }]
  const documents = documentsIn(text)
  let lines: readonly string[] | undefined
  const lineText = (line: number): string => {
    lines ??= text.split(/\r?\n/)
    return lines[line - 1] ?? ''
  }
  return documents.map(({ content = {}, line, lineOf, source }, index) => {
    const until = documents[index + 1]?.line ?? Number.POSITIVE_INFINITY
    const within = (place: { readonly line: number }) => place.line >= line && place.line < until
    const head = 'action' in content ? {} : content
    return {
      file,
      line,
      kind: 'correlation' in head ? 'correlation' : 'filter' in head ? 'filter' : 'rule',
      head,
      id: textOf(head['id']),
      title: textOf(head['title']),
      rule: parsed.rules.find(within),
      filter: parsed.filters.find(within),
      correlation: parsed.correlations.find(within),
      problems: parsed.problems.filter(within),
      lineOf,
      source,
      lineText,
    }
  })
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
