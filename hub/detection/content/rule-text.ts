import { LineCounter, parseAllDocuments } from 'yaml'
import { messageOf } from '../../../shared/errors.ts'
import { RULE_LEVELS, type RuleProblem, type SigmaRule } from '../../../shared/sigma/contract.ts'
import { lintRules } from '../../../shared/sigma/lint/lint.ts'
import { compileRules, ecsView, parseRules } from '../../../shared/sigma/sigma.ts'
import { ContentRefused } from './errors.ts'

/** How often aliases may be followed: real rules use none, a YAML bomb millions. */
const ALIAS_LIMIT = 100

/** What `%name%` stands for. */
export type Placeholders = ReadonlyMap<string, readonly string[]>

/** A rule's text as read. A text that cannot be used yet still has a title and an id, so that a draft can be kept. */
export interface RuleText {
  /** False: `problems` says why not. */
  readonly usable: boolean
  readonly problems: readonly RuleProblem[]
  /** What can be read of the rule, in any case without its detection. */
  readonly head: SigmaRule
  /** The id the text itself gives. */
  readonly ownId?: string | undefined
}

/** With what only its reader needs. */
export interface ParsedRuleText extends Omit<RuleText, 'usable'> {
  /** Ready to be compiled, where it can be. */
  readonly rule?: SigmaRule | undefined
  /** The YAML's content, for comparing two of them. */
  readonly content: Readonly<Record<string, unknown>>
}

/**
 * Reads one rule, as far as that can be done.
 *
 * @param name - shown in problems in the place of a file
 * @throws {ContentRefused} `RULE_INVALID`, where it is not one YAML map with a title
 */
export function readRuleText(source: string, name: string, placeholders: Placeholders): ParsedRuleText {
  const content = contentOf(source)
  const title = textOf(content['title']).trim()
  if (title === '') throw invalid('The rule has no title.', 'title')
  const kind = ['correlation', 'filter', 'action'].find((key) => key in content)
  if (kind !== undefined) throw invalid(`This is a "${kind}" document; here one detection rule is kept at a time.`, kind)
  const parsed = parseRules(source, name, { placeholders })
  const compiled = compileRules(parsed.rules, ecsView)
  const problems = [...parsed.problems, ...compiled.problems]
  const [rule] = parsed.rules
  const ownId = textOf(content['id']) || undefined
  return {
    rule: problems.length === 0 ? rule : undefined,
    problems,
    head: rule ?? headOf(content, source, ownId ?? ''),
    ownId,
    content,
  }
}

/** Something to be said about a place in a text. An error keeps the rule from being used. */
export interface TextProblem {
  readonly severity: 'error' | 'warning' | 'info'
  readonly line: number
  readonly column: number
  readonly code: string
  readonly reason: string
}

/** Lint's own words for what the parser says already. */
const SAID_BY_PARSER = new Set(['unusable', 'needs_placeholders'])

/**
 * What is to be said about a text, each with its place: why it cannot be used, and what lint finds in it. Never throws.
 *
 * @returns `column` counts from 1; where only the line is known it is that of the line's first character
 */
export function problemsIn(source: string, placeholders: Placeholders): TextProblem[] {
  const lines = source.split('\n')
  const place = (line: number) => ({ line, column: (/\S/.exec(lines[line - 1] ?? '')?.index ?? 0) + 1 })
  const counter = new LineCounter()
  const syntax = parseAllDocuments(source, { lineCounter: counter, prettyErrors: false, logLevel: 'silent' })
  const faults = (Array.isArray(syntax) ? syntax : []).flatMap((document) => document.errors)
  if (faults.length > 0)
    return faults.slice(0, 20).map((fault) => {
      const { line, col } = counter.linePos(fault.pos[0])
      return { severity: 'error', line, column: col, code: 'yaml', reason: fault.message }
    })
  try {
    const wrong = readRuleText(source, 'rule', placeholders).problems.map(
      ({ line, code, reason }): TextProblem => ({ severity: 'error', ...place(line), code, reason }),
    )
    const found = lintRules([{ file: 'rule', text: source }], { placeholders }).filter(({ code }) => !SAID_BY_PARSER.has(code))
    return [...wrong, ...found.map(({ severity, line, code, message }) => ({ severity, ...place(line), code, reason: message }))].sort(
      (a, b) => a.line - b.line,
    )
  } catch (error) {
    if (!(error instanceof ContentRefused)) throw error
    return [{ severity: 'error', line: 1, column: 1, code: 'invalid', reason: error.message }]
  }
}

/**
 * The text with this id in it: where it has another it is replaced, where it has none it is put first.
 *
 * @throws {ContentRefused} `RULE_INVALID`, where the text is written in a way that does not allow it
 */
export function withId(source: string, id: string, relatedTo?: string): string {
  const content = contentOf(source)
  const related = relatedTo !== undefined && !('related' in content) ? `\nrelated:\n  - id: ${relatedTo}\n    type: derived` : ''
  const line = `id: ${id}${related}`
  const changed = 'id' in content ? source.replace(/^id[ \t]*:.*$/m, line) : `${line}\n${source.replace(/^(?:\s|---[ \t]*\n)+/, '')}`
  try {
    if (textOf(contentOf(changed)['id']) === id) return changed
  } catch {
    // Said below: whatever the reason, the text has to be written by hand.
  }
  throw invalid(`Write "id: ${id}" into the rule: it could not be put there without changing more.`, 'id')
}

/** @throws {ContentRefused} `RULE_INVALID`, where the text is not one YAML map */
export function contentOf(source: string): Record<string, unknown> {
  const counter = new LineCounter()
  const parsed = parseAllDocuments(source, { lineCounter: counter, intAsBigInt: true, merge: true, prettyErrors: false, logLevel: 'silent' })
  const documents = (Array.isArray(parsed) ? parsed : []).filter((document) => document.contents !== null)
  const [document] = documents
  if (!document) throw invalid('The text is empty.')
  if (documents.length > 1) throw invalid(`The text holds ${documents.length} YAML documents; send one rule at a time.`)
  const [fault] = document.errors
  if (fault) {
    const { line, col } = counter.linePos(fault.pos[0])
    throw invalid(`Line ${line}, column ${col}: ${fault.message}`)
  }
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: ALIAS_LIMIT })
  } catch (error) {
    throw invalid(messageOf(error))
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw invalid('The text is not a YAML map with a title and a detection.')
  return Object.fromEntries(Object.entries(content))
}

const invalid = (message: string, key?: string) =>
  new ContentRefused('invalid', 'RULE_INVALID', message, [{ field: key === undefined ? 'source' : `source.${key}`, message }])

/** What a list shows of a draft that cannot be read as a rule yet. */
export function headOf(content: Readonly<Record<string, unknown>>, source: string, id: string): SigmaRule {
  const logsource = typeof content['logsource'] === 'object' && content['logsource'] !== null ? Object.entries(content['logsource']) : []
  const part = (key: string) => textOf(logsource.find(([name]) => name === key)?.[1]).toLowerCase() || undefined
  return {
    id,
    title: textOf(content['title']).trim() || id,
    level: RULE_LEVELS.find((level) => level === textOf(content['level']).toLowerCase()) ?? 'medium',
    status: textOf(content['status']),
    description: textOf(content['description']).trim(),
    author: textOf(content['author']),
    references: [],
    falsePositives: [],
    tags: [],
    logsource: { category: part('category'), product: part('product'), service: part('service') },
    mitre: { tactics: [], techniques: [] },
    detection: undefined,
    file: `rule ${id}`,
    line: 1,
    source,
  }
}

const textOf = (value: unknown): string => (value === undefined || value === null || typeof value === 'object' ? '' : String(value))
