import type { Finding, LintCheck, LintContext } from './check.ts'
import { CHECKS } from './checks.ts'
import { type LintDocument, type LintFile, readDocuments } from './document.ts'

/**
 * Looks through rule files for what is against the specification, cannot work, is most likely not meant, or is dear. Reads nothing but what it is
 * given; never throws for what a rule file holds.
 *
 * @returns findings in the order of files and lines
 */
export function lintRules(files: readonly LintFile[], context: LintContext = {}): Finding[] {
  return lintDocuments(
    files.flatMap((file) => readDocuments(file, context.placeholders)),
    context,
  )
}

/** As `lintRules`, for documents that were read before. */
export function lintDocuments(documents: readonly LintDocument[], context: LintContext = {}): Finding[] {
  const order = new Map(documents.map((document, index) => [document.file, index]))
  const findings = CHECKS.flatMap((check) => [
    ...documents.flatMap((document) => Array.from(check.each?.(document, context) ?? [], (found) => toFinding(check, document, found))),
    ...Array.from(check.set?.(documents, context) ?? [], (found) => toFinding(check, found.document, found)),
  ])
  return findings.toSorted((left, right) => (order.get(left.file) ?? 0) - (order.get(right.file) ?? 0) || left.line - right.line)
}

const toFinding = ({ code, severity }: LintCheck, document: LintDocument, { line, message }: { line: number; message: string }): Finding => ({
  code,
  severity,
  file: document.file,
  line,
  message,
  ruleId: document.id,
  title: document.title,
})
