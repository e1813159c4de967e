import { createHash } from 'node:crypto'
import { isAbsolute, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Finding, LintCheck, Severity } from '../../../shared/sigma/lint/check.ts'

/** SARIF's word for a severity (2.1.0, section 3.27.10). */
const LEVEL: { readonly [severity in Severity]: 'error' | 'warning' | 'note' } = { error: 'error', warning: 'warning', info: 'note' }

/**
 * Findings as a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which code hosts show beside the lines of a change.
 * Files below the current folder are named relative to it.
 */
export function lintSarif(findings: readonly Finding[], checks: readonly LintCheck[]): string {
  const codes = checks.map(({ code }) => code)
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'picket rules lint',
            rules: checks.map(({ code, severity, title }) => ({
              id: code,
              shortDescription: { text: sentence(title) },
              defaultConfiguration: { level: LEVEL[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ code, severity, file, line, message, ruleId }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: LEVEL[severity],
          message: { text: sentence(message) },
          locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } } }],
          // The same finding after lines above it moved: it is told by the rule, not by the line.
          partialFingerprints: {
            'picketFinding/v1': createHash('sha256')
              .update([code, ruleId ?? file, message].join('\0'))
              .digest('hex'),
          },
        })),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`

function uriOf(file: string): string {
  const below = relative(process.cwd(), file)
  if (below.startsWith('..') || isAbsolute(below)) return pathToFileURL(file).href
  return below.split(sep).map(encodeURIComponent).join('/')
}
