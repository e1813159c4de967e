import { isScalar, parseAllDocuments, visit } from 'yaml'
import { type NaiveCondition, readCondition } from './condition.ts'
import type { NaiveEvent } from './event.ts'
import { type NaiveTest, type Placeholders, readItem } from './item.ts'

/** One rule, read. */
export interface NaiveRule {
  readonly id: string
  readonly title: string
  readonly logsource: { readonly [part in 'product' | 'category' | 'service']?: string | undefined }
  fires(event: NaiveEvent): boolean
}

/**
 * Sigma as its specification says it: no compilation, no index, nothing shared between rules. Written apart from shared/sigma and sharing none
 * of its code, so that the two can be held against each other.
 */
export function naiveRules(text: string, placeholders: Placeholders = {}): NaiveRule[] {
  return documentsIn(text).map((rule) => {
    const { detection, logsource = {}, id, title } = rule
    const fires = readDetection(detection, placeholders)
    return { id: String(id), title: String(title), logsource: lowered(logsource), fires }
  })
}

interface RuleDocument {
  readonly id?: unknown
  readonly title?: unknown
  readonly logsource?: Record<string, unknown>
  readonly detection: Record<string, unknown>
}

function documentsIn(text: string): RuleDocument[] {
  return parseAllDocuments(text, { intAsBigInt: true }).flatMap((document) => {
    // Every value is text in Sigma: 1.0 is what is written there, not the number 1.
    visit(document, {
      Scalar(_, node) {
        if (isScalar(node) && typeof node.value === 'number' && node.source !== undefined) node.value = node.source
      },
    })
    return document.contents ? [document.toJS() as RuleDocument] : []
  })
}

const lowered = (parts: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, String(value).toLowerCase()]))

export function readDetection({ condition, ...searches }: Record<string, unknown>, placeholders: Placeholders): NaiveTest {
  const tests = new Map(Object.entries(searches).map(([name, content]) => [name, readSearch(content, placeholders)]))
  const queries = [condition].flat().map((text): NaiveCondition => readCondition(String(text), [...tests.keys()]))
  return (event) => queries.some((query) => query((name) => tests.get(name)?.(event) === true))
}

/** A map is AND over its items; a list is OR over its maps and keywords. */
function readSearch(content: unknown, placeholders: Placeholders): NaiveTest {
  if (Array.isArray(content)) {
    const tests = content.map((entry) => readSearch(entry, placeholders))
    return (event) => tests.some((test) => test(event))
  }
  if (typeof content !== 'object' || content === null) return readItem('', content, placeholders)
  const items = Object.entries(content).map(([key, value]) => readItem(key, value, placeholders))
  return (event) => items.every((item) => item(event))
}
