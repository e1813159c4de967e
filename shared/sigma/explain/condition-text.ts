import { isMap, isScalar, parseDocument } from 'yaml'
import type { SigmaRule } from '../contract.ts'
import type { ConditionNode, Detection } from '../parse/detection.ts'

/**
 * The rule's condition as its author wrote it; several are joined by "or". What was joined to it since (a filter's "and not") follows in the
 * same language, and a rule without readable source is written out from what was parsed.
 */
export function conditionText(rule: SigmaRule): string {
  const { condition } = rule.detection as Detection
  const written = writtenCondition(rule.source)
  if (!written) return nodeText(condition)
  const joined = condition.kind === 'and' ? condition.of.filter((operand) => namesIn(operand).every((name) => !written.names.has(name))) : []
  return joined.length === 0 ? written.text : [`(${written.text})`, ...joined.map((operand) => nodeText(operand, true))].join(' and ')
}

function writtenCondition(source: string): { text: string; names: ReadonlySet<string> } | undefined {
  const document = parseDocument(source, { prettyErrors: false, logLevel: 'silent' })
  const detection = isMap(document.contents) ? document.get('detection') : undefined
  if (!isMap(detection)) return undefined
  const names = new Set(detection.items.map(({ key }) => String(isScalar(key) ? key.value : key)))
  const condition: unknown = detection.toJS(document, { maxAliasCount: 100 }).condition
  const texts = [condition].flat().filter((text) => typeof text === 'string')
  if (texts.length === 0) return undefined
  return { text: texts.length === 1 ? texts.join('') : texts.map((text) => `(${text})`).join(' or '), names }
}

function nodeText(node: ConditionNode, inner = false): string {
  if (node.kind === 'search') return node.name
  if (node.kind === 'not') return `not ${nodeText(node.of, true)}`
  const text = node.of.map((operand) => nodeText(operand, true)).join(` ${node.kind} `)
  return inner ? `(${text})` : text
}

export function namesIn(node: ConditionNode): string[] {
  if (node.kind === 'search') return [node.name]
  return node.kind === 'not' ? namesIn(node.of) : node.of.flatMap(namesIn)
}
