import { type Document, isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import { messageOf } from '../../errors.ts'
import { RULE_LEVELS, type RuleLevel, type RuleLogsource, type RuleProblem, type SigmaRule } from '../contract.ts'
import type { ModifierContext } from '../modifiers/modifier.ts'
import { parseCondition } from './condition.ts'
import type { ConditionNode, Detection, SearchNode } from './detection.ts'
import { RuleFault } from './fault.ts'
import { dateOf, idFromContent, mitreOf, textsOf } from './metadata.ts'
import { parseSearch } from './search.ts'

/** Largest file read, in characters; SigmaHQ's largest is 0.3 million. */
const FILE_LIMIT = 16 * 1024 * 1024
/** How often aliases may be followed in one document: real rules use none, a YAML bomb millions. */
const ALIAS_LIMIT = 100

export interface ParsedRules {
  readonly rules: SigmaRule[]
  readonly problems: RuleProblem[]
}

/**
 * Reads a file of Sigma rules, several YAML documents or one. Never throws: what cannot be used is a problem with its line and
 * reason, and the other documents of the file are read all the same. Keys the specification does not know are tolerated.
 *
 * @param file - the name shown in problems
 * @param context - placeholder values for `expand`
 */
export function parseRules(text: string, file: string, context: ModifierContext = {}): ParsedRules {
  const rules: SigmaRule[] = []
  const problems: RuleProblem[] = []
  if (text.length > FILE_LIMIT)
    return { rules, problems: [{ file, line: 1, code: 'too_large', reason: `the file is larger than ${FILE_LIMIT} characters` }] }
  const lines = new LineCounter()
  for (const document of documentsOf(text, lines)) {
    const place = startOf(document, text)
    const line = lines.linePos(place).line
    let head: Record<string, unknown> = {}
    try {
      head = contentOf(document, lines)
      if (head === EMPTY) continue
      rules.push(toRule(head, document, lines, { file, line, source: text.slice(place, document.range[1]).trim() }, context))
    } catch (error) {
      const fault = error instanceof RuleFault ? error : new RuleFault('invalid', messageOf(error))
      const ruleId = textOf(head['id']) || undefined
      const title = textOf(head['title']) || undefined
      problems.push({ file, line: fault.line ?? line, ruleId, title, code: fault.code, reason: fault.message })
    }
  }
  return { rules, problems }
}

type RuleDocument = Document.Parsed

const documentsOf = (text: string, lineCounter: LineCounter): RuleDocument[] => {
  const parsed = parseAllDocuments(text, { lineCounter, intAsBigInt: true, merge: true, prettyErrors: false, logLevel: 'silent' })
  return Array.isArray(parsed) ? parsed : []
}

const EMPTY: Record<string, unknown> = {}

function contentOf(document: RuleDocument, lines: LineCounter): Record<string, unknown> {
  const [error] = document.errors
  if (error) throw new RuleFault('yaml', error.message, lines.linePos(error.pos[0]).line)
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: ALIAS_LIMIT })
  } catch (cause) {
    throw new RuleFault('yaml', messageOf(cause))
  }
  if (content === null || content === undefined) return EMPTY
  if (typeof content !== 'object' || Array.isArray(content)) throw new RuleFault('yaml', 'the document is not a map')
  return Object.fromEntries(Object.entries(content))
}

/** Offset of the document's first line that holds something: comments and `---` before it are not the rule. */
function startOf(document: RuleDocument, text: string): number {
  const start = document.contents?.range?.[0] ?? document.range[0]
  const found = /\S/.exec(text.slice(start, start + 10_000))
  return start + (found?.index ?? 0)
}

interface Origin {
  readonly file: string
  readonly line: number
  readonly source: string
}

function toRule(head: Record<string, unknown>, document: RuleDocument, lines: LineCounter, origin: Origin, context: ModifierContext): SigmaRule {
  for (const kind of ['correlation', 'filter', 'action']) {
    if (kind in head) throw new RuleFault('unsupported_in_this_version', `"${kind}" documents are not supported in this version`)
  }
  const title = textOf(head['title'])
  if (title === '') throw new RuleFault('missing_field', 'the rule has no title')
  const tags = textsOf(head['tags'])
  return {
    id: textOf(head['id']) || idFromContent(origin.source),
    title,
    level: levelOf(head['level']),
    status: textOf(head['status']),
    description: textOf(head['description']).trim(),
    author: textOf(head['author']),
    date: dateOf(head['date']),
    modified: dateOf(head['modified']),
    references: textsOf(head['references']),
    falsePositives: textsOf(head['falsepositives']),
    tags,
    logsource: logsourceOf(head['logsource']),
    mitre: mitreOf(tags),
    detection: parseDetection(head['detection'], (key) => lineOf(document, lines, key), context),
    ...origin,
  }
}

function parseDetection(content: unknown, lineOfKey: (key: string) => number | undefined, context: ModifierContext): Detection {
  if (content === undefined || content === null) throw new RuleFault('missing_field', 'the rule has no detection')
  if (typeof content !== 'object' || Array.isArray(content)) throw new RuleFault('detection', 'detection is not a map', lineOfKey(''))
  const { condition, timeframe, ...named } = Object.fromEntries(Object.entries(content))
  if (timeframe !== undefined)
    throw new RuleFault('obsolete_aggregation', '"timeframe" is obsolete in Sigma 2; write a correlation rule', lineOfKey('timeframe'))
  const searches = new Map<string, SearchNode>()
  for (const [name, search] of Object.entries(named))
    searches.set(
      name,
      at(lineOfKey(name), name, () => parseSearch(search, context)),
    )
  if (searches.size === 0) throw new RuleFault('missing_field', 'the detection has no search identifier', lineOfKey(''))
  const texts = Array.isArray(condition) ? condition : [condition]
  const queries = texts.map((text): ConditionNode => {
    if (typeof text !== 'string' || text.trim() === '') throw new RuleFault('missing_field', 'the detection has no condition', lineOfKey('condition'))
    return at(lineOfKey('condition'), undefined, () => parseCondition(text, [...searches.keys()]))
  })
  const [only] = queries
  if (!only) throw new RuleFault('missing_field', 'the detection has no condition', lineOfKey('condition'))
  return { searches, condition: queries.length === 1 ? only : { kind: 'or', of: queries } }
}

/** Runs `read`; a fault that knows no line gets this one, and the name it is about. */
function at<T>(line: number | undefined, name: string | undefined, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    throw new RuleFault(error.code, name === undefined ? error.message : `${name}: ${error.message}`, error.line ?? line)
  }
}

function lineOf(document: RuleDocument, lines: LineCounter, key: string): number | undefined {
  const detection = document.get('detection', true)
  if (!isMap(detection)) return undefined
  const found = detection.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key
  const offset = isScalar(found) ? found.range?.[0] : detection.range?.[0]
  return offset === undefined ? undefined : lines.linePos(offset).line
}

function levelOf(value: unknown): RuleLevel {
  // The specification makes the level optional; without one a rule ranks in the middle.
  if (value === undefined || value === null) return 'medium'
  const level = RULE_LEVELS.find((name) => name === String(value).toLowerCase())
  if (!level) throw new RuleFault('level', `the level "${String(value)}" is not one of ${RULE_LEVELS.join(', ')}`)
  return level
}

function logsourceOf(value: unknown): RuleLogsource {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RuleFault('missing_field', 'the rule has no logsource')
  const { category, product, service } = Object.fromEntries(Object.entries(value))
  const part = (text: unknown) => textOf(text).toLowerCase() || undefined
  return { category: part(category), product: part(product), service: part(service) }
}

const textOf = (value: unknown): string => (value === undefined || value === null || typeof value === 'object' ? '' : String(value))
