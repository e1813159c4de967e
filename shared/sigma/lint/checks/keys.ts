import type { LintCheck } from '../check.ts'
import { nearest } from '../nearest.ts'

/** Keys of rules, correlations and filters (Sigma 2.1.0). */
const KEYS: readonly string[] = [
  'title',
  'id',
  'name',
  'related',
  'taxonomy',
  'status',
  'description',
  'license',
  'author',
  'references',
  'date',
  'modified',
  'logsource',
  'detection',
  'fields',
  'falsepositives',
  'level',
  'tags',
  'scope',
  'correlation',
  'filter',
]

/** Custom keys are allowed; one that almost is a known key is a slip of the pen that nobody would notice. */
export const misspeltKey: LintCheck = {
  code: 'key_misspelt',
  severity: 'warning',
  title: 'a key is almost one of the specification',
  *each({ head, lineOf }) {
    for (const key of Object.keys(head)) {
      if (KEYS.includes(key)) continue
      const meant = nearest(key, KEYS)
      if (meant !== undefined) yield { line: lineOf([key]), message: `"${key}" is no key of Sigma; did you mean "${meant}"?` }
    }
  },
}
