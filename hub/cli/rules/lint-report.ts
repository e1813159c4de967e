import type { Finding } from '../../../shared/sigma/lint/check.ts'
import type { Tone } from './colour.ts'

export interface LintSummary {
  readonly files: number
  readonly documents: number
  readonly errors: number
  readonly warnings: number
  readonly infos: number
}

/** Findings for people: by file, one a line, `line  severity  check  message`. Empty where there is none. */
export function lintText(findings: readonly Finding[], colour: (tone: Tone, text: string) => string): string {
  let file: string | undefined
  return findings
    .map((finding) => {
      const head = finding.file === file ? '' : `${file === undefined ? '' : '\n'}${colour('bold', finding.file)}\n`
      file = finding.file
      const { severity, line, code, message } = finding
      return `${head}  ${String(line).padStart(5)}  ${colour(severity, severity.padEnd(7))}  ${colour('dim', code.padEnd(18))}  ${message}\n`
    })
    .join('')
}

/** Findings for scripts, as one JSON object. */
export const lintJson = (findings: readonly Finding[], { files, documents, errors, warnings, infos }: LintSummary): string =>
  `${JSON.stringify(
    {
      summary: { files, rules: documents, errors, warnings, infos },
      findings: findings.map(({ code, severity, file, line, message, ruleId, title }) => ({
        code,
        severity,
        file,
        line,
        message,
        rule_id: ruleId ?? null,
        title: title ?? null,
      })),
    },
    null,
    2,
  )}\n`
