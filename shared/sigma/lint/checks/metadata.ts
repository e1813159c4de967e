import type { LintCheck } from '../check.ts'

/** https://github.com/SigmaHQ/sigma-specification, version 2.1.0 */
const STATUSES: readonly string[] = ['stable', 'test', 'experimental', 'deprecated', 'unsupported']
const TITLE_LIMIT = 256

export const titleLength: LintCheck = {
  code: 'title_length',
  severity: 'warning',
  title: `the title is longer than ${TITLE_LIMIT} characters`,
  *each({ title = '', lineOf }) {
    if (title.length > TITLE_LIMIT)
      yield { line: lineOf(['title']), message: `the title has ${title.length} characters; the limit is ${TITLE_LIMIT}` }
  },
}

export const statusValue: LintCheck = {
  code: 'status_value',
  severity: 'error',
  title: `the status is not one of ${STATUSES.join(', ')}`,
  *each({ head, lineOf }) {
    const status = head['status']
    if (status !== undefined && status !== null && !STATUSES.includes(String(status)))
      yield { line: lineOf(['status']), message: `the status "${String(status)}" is not one of ${STATUSES.join(', ')}` }
  },
}

export const missingLevel: LintCheck = {
  code: 'level_missing',
  severity: 'warning',
  title: 'no level: the rule ranks as medium',
  *each({ kind, head, line }) {
    if (kind === 'rule' && Object.keys(head).length > 0 && (head['level'] === undefined || head['level'] === null))
      yield { line, message: 'the rule has no level, so its alerts rank as medium; say informational, low, medium, high or critical' }
  },
}

/** What an analyst who gets the alert needs, with the reason. */
const FOR_ANALYSTS: readonly (readonly [key: string, reason: string])[] = [
  ['status', 'say how far it can be trusted: experimental, test or stable'],
  ['description', 'say what the rule finds and why that matters'],
  ['author', 'say who can be asked'],
  ['falsepositives', 'say what harmless things look alike, or Unknown'],
  ['tags', 'name ATT&CK tactics and techniques, so that coverage can be counted'],
]

export const missingMetadata: LintCheck = {
  code: 'metadata_missing',
  severity: 'info',
  title: `one of ${FOR_ANALYSTS.map(([key]) => `\`${key}\``).join(', ')} is missing`,
  *each({ kind, head, line }) {
    if (kind !== 'rule' || Object.keys(head).length === 0) return
    for (const [key, reason] of FOR_ANALYSTS)
      if (head[key] === undefined || head[key] === null || head[key] === '') yield { line, message: `the rule has no ${key}; ${reason}` }
  },
}
