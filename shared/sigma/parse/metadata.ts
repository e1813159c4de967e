import type { RuleLevel, RuleLogsource, SigmaRule } from '../contract.ts'
import { RULE_LEVELS } from '../contract.ts'
import { ATTACK_TACTICS } from './attack.ts'
import type { DocumentContent, RuleDocument } from './documents.ts'
import { RuleFault } from './fault.ts'

/** As matches and statistics name them. */
const TACTICS: ReadonlySet<string> = new Set(ATTACK_TACTICS.map((name) => name.replaceAll('-', '_')))

/** ATT&CK tactics and techniques among a rule's tags: `attack.defense-evasion`, `attack.t1059.001`. */
export function mitreOf(tags: readonly string[]): { tactics: string[]; techniques: string[] } {
  const names = tags.map((tag) => tag.toLowerCase()).filter((tag) => tag.startsWith('attack.'))
  const unique = (values: string[]) => [...new Set(values)]
  return {
    tactics: unique(names.map((tag) => tag.slice(7).replaceAll('-', '_')).filter((name) => TACTICS.has(name))),
    techniques: unique(names.map((tag) => tag.slice(7).toUpperCase()).filter((name) => /^T\d{4}(\.\d{3})?$/.test(name))),
  }
}

/** A rule's date as `YYYY-MM-DD`; older rules write it with slashes. Undefined where it is neither. */
export function dateOf(value: unknown): string | undefined {
  const found = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})/.exec(value instanceof Date ? value.toISOString() : String(value ?? ''))
  return found ? `${found[1]}-${found[2]?.padStart(2, '0')}-${found[3]?.padStart(2, '0')}` : undefined
}

/** Text or a list of it, as a list. */
export function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return []
  return (Array.isArray(value) ? value : [value]).filter((entry) => entry !== null && typeof entry !== 'object').map(String)
}

/**
 * An id for a rule that has none, the same whenever its text is the same: a UUID (version 8) from two 64-bit FNV-1a hashes.
 * It only names the rule; nothing secret rests on it.
 */
export function idFromContent(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const hex = fnv1a(bytes, 0xcbf29ce4, 0x84222325) + fnv1a(bytes, 0x84222325, 0xcbf29ce4)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** 64 bits in two halves: bigint would take twenty times as long. The prime is 2^40 + 0x1b3 (http://www.isthe.com/chongo/tech/comp/fnv). */
function fnv1a(bytes: Uint8Array, seedHigh: number, seedLow: number): string {
  let high = seedHigh
  let low = seedLow
  for (const byte of bytes) {
    const mixed = (low ^ byte) >>> 0
    const product = mixed * 0x1b3
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x1_0000_0000) + (mixed << 8)) >>> 0
    low = product >>> 0
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

/** What rules, filters and correlations say about themselves alike. */
export type Metadata = Omit<SigmaRule, 'logsource' | 'detection'>

/**
 * Reads a document's metadata. Keys the specification does not know are tolerated.
 *
 * @param kind - what the document is called in messages
 * @throws {RuleFault} where there is no title, or the level is none of Sigma's
 */
export function metadataOf(head: DocumentContent, document: RuleDocument, file: string, kind: string): Metadata {
  const title = textOf(head['title'])
  if (title === '') throw new RuleFault('missing_field', `the ${kind} has no title`, { path: ['title'] })
  const tags = textsOf(head['tags'])
  return {
    id: textOf(head['id']) || idFromContent(document.source),
    name: textOf(head['name']) || undefined,
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
    mitre: mitreOf(tags),
    file,
    line: document.line,
    source: document.source,
  }
}

function levelOf(value: unknown): RuleLevel {
  // The specification makes the level optional; without one a rule ranks in the middle.
  if (value === undefined || value === null) return 'medium'
  const text = textOf(value).toLowerCase()
  const level = RULE_LEVELS.find((name) => name === text)
  if (!level) throw new RuleFault('level', `the level "${textOf(value)}" is not one of ${RULE_LEVELS.join(', ')}`, { path: ['level'] })
  return level
}

/** @param kind - what the document is called in messages */
export function logsourceOf(value: unknown, kind: string): RuleLogsource {
  if (value === undefined || value === null) throw new RuleFault('missing_field', `the ${kind} has no logsource`, { path: ['logsource'] })
  if (typeof value !== 'object' || Array.isArray(value)) throw new RuleFault('logsource', 'logsource is not a map', { path: ['logsource'] })
  const part = (key: string) => textOf((value as DocumentContent)[key]).toLowerCase() || undefined
  return { category: part('category'), product: part('product'), service: part('service') }
}

export const textOf = (value: unknown): string => (value === undefined || value === null || typeof value === 'object' ? '' : String(value))
