import { RULE_KEYS } from '../../parse/rule-keys.ts'
import type { LintCheck } from '../check.ts'
import { nearest } from '../nearest.ts'

/** Custom keys are allowed; one that almost is a known key is a slip of the pen that nobody would notice. */
export const misspeltKey: LintCheck = {
  code: 'key_misspelt',
  severity: 'warning',
  title: 'a key is almost one of the specification',
  *each({ head, lineOf }) {
    for (const key of Object.keys(head)) {
      if (RULE_KEYS.includes(key)) continue
      const meant = nearest(key, RULE_KEYS)
      if (meant !== undefined) yield { line: lineOf([key]), message: `"${key}" is no key of Sigma; did you mean "${meant}"?` }
    }
  },
}
