import type { Finding } from '../../../shared/sigma/lint/check.ts'
import { counted } from '../counted.ts'
import { printable } from '../detect-look.ts'
import type { Tone } from './colour.ts'

export interface LintSummary {
  readonly files: number
  readonly documents: number
  readonly errors: number
  readonly warnings: number
  readonly infos: number
}

/** More rules without tests than this are said in one line: they would hide what is wrong. */
const UNTESTED_SHOWN = 10

/** Findings for people: by file, one a line, `line  severity  check  message`. Empty where there is none. */
export function lintText(findings: readonly Finding[], colour: (tone: Tone, text: string) => string): string {
  const untested = findings.filter(({ code }) => code === 'test_missing').length
  if (untested <= UNTESTED_SHOWN) return findingLines(findings, colour)
  const others = findingLines(
    findings.filter(({ code }) => code !== 'test_missing'),
    colour,
  )
  const summary = `${counted(untested, 'file')} without test events; --tests DIR says where they are kept, docs/rules.md how they are written`
  return `${others}${others === '' ? '' : '\n'}${colour('info', summary)}\n`
}

function findingLines(findings: readonly Finding[], colour: (tone: Tone, text: string) => string): string {
  let file: string | undefined
  return findings
    .map((finding) => {
      const head = finding.file === file ? '' : `${file === undefined ? '' : '\n'}${colour('bold', printable(finding.file))}\n`
      file = finding.file
      const { severity, line, code, message } = finding
      return `${head}  ${String(line).padStart(5)}  ${colour(severity, severity.padEnd(7))}  ${colour('dim', code.padEnd(18))}  ${printable(message)}\n`
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
