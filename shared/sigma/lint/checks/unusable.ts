import type { LintCheck } from '../check.ts'

/** What the parser refuses. Rules that only lack placeholder values are a finding of their own. */
export const unusable: LintCheck = {
  code: 'unusable',
  severity: 'error',
  title: 'the rule cannot be loaded: no YAML, a required part is missing, or a part is not Sigma',
  *each({ problems }) {
    for (const { code, line, reason } of problems) if (code !== 'expand_without_placeholders') yield { line, message: reason }
  },
}

export const needsPlaceholders: LintCheck = {
  code: 'needs_placeholders',
  severity: 'info',
  title: 'the rule uses `%placeholder%` values, which must be supplied before it can run',
  *each({ problems }) {
    for (const { code, line, reason } of problems)
      if (code === 'expand_without_placeholders') yield { line, message: `${reason}; give them as a value list, or with --placeholders` }
  },
}
