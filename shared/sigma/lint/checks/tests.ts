import type { LintCheck } from '../check.ts'

export const missingTest: LintCheck = {
  code: 'test_missing',
  severity: 'info',
  title: 'no events that must and must not fire the rule are kept with it',
  *set(documents, { hasTest }) {
    if (!hasTest) return
    const seen = new Set<string>()
    for (const document of documents) {
      if (seen.has(document.file) || document.kind !== 'rule') continue
      seen.add(document.file)
      if (!hasTest(document.file))
        yield {
          document,
          line: document.line,
          message: 'no test events: write records that must fire it and records that must not (docs/rules.md, "Testing")',
        }
    }
  },
}
