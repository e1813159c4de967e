import type { SigmaRule } from '../contract.ts'
import type { ModifierContext } from '../modifiers/modifier.ts'
import { parseDetection } from './detection-section.ts'
import type { DocumentContent, RuleDocument } from './documents.ts'
import { RuleFault, within } from './fault.ts'
import { logsourceOf, metadataOf } from './metadata.ts'

/** @throws {RuleFault} with the path of what cannot be used */
export function toRule(head: DocumentContent, document: RuleDocument, file: string, context: ModifierContext): SigmaRule {
  const metadata = metadataOf(head, document, file, 'rule')
  const logsource = logsourceOf(head['logsource'], 'rule')
  const section = head['detection']
  if (section === undefined || section === null) throw new RuleFault('missing_field', 'the rule has no detection', { path: ['detection'] })
  return { ...metadata, logsource, detection: within('detection', undefined, () => parseDetection(section, context)) }
}
