import { linkRules } from '../../parse/link-rules.ts'
import type { LintCheck } from '../check.ts'

export const unresolvedReference: LintCheck = {
  code: 'reference_unresolved',
  severity: 'error',
  title: 'a correlation or filter names a rule that is not in the set, or of which there are several, or itself',
  *set(documents) {
    const problems = linkRules({
      rules: documents.flatMap(({ rule }) => rule ?? []),
      filters: documents.flatMap(({ filter }) => filter ?? []),
      correlations: documents.flatMap(({ correlation }) => correlation ?? []),
    })
    for (const { file, line, reason } of problems) {
      const document = documents.findLast((each) => each.file === file && each.line <= line)
      if (document) yield { document, line, message: reason }
    }
  },
}
