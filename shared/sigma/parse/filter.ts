import { messageOf } from '../../errors.ts'
import type { RuleProblem, SigmaFilter } from '../contract.ts'
import type { ModifierContext } from '../modifiers/modifier.ts'
import type { ConditionNode, Detection } from './detection.ts'
import { parseDetection } from './detection-section.ts'
import { type DocumentContent, documentsIn, type RuleDocument } from './documents.ts'
import { RuleFault, within } from './fault.ts'
import { logsourceOf, metadataOf, textOf } from './metadata.ts'

/** Longest detection section read by itself, in characters. */
const SECTION_LIMIT = 262_144
/** Variants that `windash` and `expand` may make of its values. */
const VARIANT_LIMIT = 25_000
/** Rules one filter may name; more are a log source, which `any` names. */
const RULE_LIMIT = 10_000

/** @throws {RuleFault} with the path of what cannot be used */
export function toFilter(head: DocumentContent, document: RuleDocument, file: string, context: ModifierContext): SigmaFilter {
  const { id, title, description, line, source } = metadataOf(head, document, file, 'filter')
  const logsource = logsourceOf(head['logsource'], 'filter')
  const section = head['filter']
  if (typeof section !== 'object' || section === null || Array.isArray(section))
    throw new RuleFault('filter', 'filter is not a map', { path: ['filter'] })
  return within('filter', undefined, () => {
    const rules = within('rules', undefined, () => rulesOf((section as DocumentContent)['rules']))
    return { id, title, description, logsource, rules, detection: leavingOut(parseDetection(section, context, ['rules'])), file, line, source }
  })
}

/** `any` (or `all`, or an empty list) is every rule of the log source; a single text is one rule. */
function rulesOf(value: unknown): SigmaFilter['rules'] {
  if (value === undefined || value === null)
    throw new RuleFault('missing_field', 'the filter names no rules; list their ids or names, or write "any" for all of its log source')
  if (!Array.isArray(value)) {
    const text = textOf(value)
    if (text === '') throw new RuleFault('filter', 'rules is neither "any" nor the id or name of a rule nor a list of them')
    return /^(?:any|all)$/i.test(text) ? 'any' : [text]
  }
  if (value.length === 0) return 'any'
  if (value.length > RULE_LIMIT)
    throw new RuleFault('filter', `the filter names more than ${RULE_LIMIT} rules; write "any" for all of its log source`)
  return value.map((entry, index) => {
    const text = textOf(entry)
    if (text === '') throw new RuleFault('filter', 'a rule is named by its id or name', { path: [index] })
    return text
  })
}

/**
 * The detection of what a filter leaves out. The specification joins a filter's condition by AND NOT (`condition: selection`), pySigma by AND
 * (`condition: not selection`). A condition that only negates can be meant in the second way alone: the first would leave out nearly everything.
 */
function leavingOut(detection: Detection): Detection {
  if (!onlyNegates(detection.condition)) return detection
  return { ...detection, condition: { kind: 'not', of: detection.condition }, written: `not (${detection.written})` }
}

const onlyNegates = (node: ConditionNode): boolean =>
  node.kind === 'not' ? onlyAsks(node.of) : node.kind === 'search' ? false : node.of.every(onlyNegates)

const onlyAsks = (node: ConditionNode): boolean =>
  node.kind === 'not' ? onlyNegates(node.of) : node.kind === 'search' ? true : node.of.every(onlyAsks)

/**
 * Reads a filter's detection section by itself (search identifiers and `condition`, YAML or JSON), as a tenant writes it for an exception. Never throws.
 *
 * @param file - the name shown in the problem; its lines are those of `text`
 * @returns what `SigmaFilter.detection` holds, or why it cannot be used
 */
export function parseFilterDetection(
  text: string,
  file: string,
  context: ModifierContext = {},
): { readonly detection: unknown; readonly problem?: undefined } | { readonly detection?: undefined; readonly problem: RuleProblem } {
  if (text.length > SECTION_LIMIT)
    return { problem: { file, line: 1, code: 'too_large', reason: `the detection is longer than ${SECTION_LIMIT} characters` } }
  const [document, another] = documentsIn(text)
  if (!document) return { problem: { file, line: 1, code: 'missing_field', reason: 'the detection is empty' } }
  try {
    if (document.fault) throw document.fault
    if (another) throw new RuleFault('yaml', 'the detection is more than one YAML document', { line: another.line })
    return { detection: leavingOut(parseDetection(document.content, { ...context, variants: { left: VARIANT_LIMIT } }, ['rules'])) }
  } catch (error) {
    const fault = error instanceof RuleFault ? error : new RuleFault('invalid', messageOf(error))
    return { problem: { file, line: fault.line ?? document.lineOf(fault.path), code: fault.code, reason: fault.message } }
  }
}
