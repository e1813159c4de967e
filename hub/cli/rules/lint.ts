import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import type { Finding, Severity } from '../../../shared/sigma/lint/check.ts'
import { CHECKS } from '../../../shared/sigma/lint/checks.ts'
import { readDocuments } from '../../../shared/sigma/lint/document.ts'
import { lintDocuments } from '../../../shared/sigma/lint/lint.ts'
import { counted } from '../counted.ts'
import { createWriter } from '../writer.ts'
import { colourFor } from './colour.ts'
import { lintJson, lintText } from './lint-report.ts'
import { namedRuleFiles } from './named-rule-files.ts'
import { placeholdersFrom } from './placeholder-file.ts'
import { createProgress } from './progress.ts'
import { lintSarif } from './sarif.ts'
import { testFileOf } from './test-file.ts'

interface LintFlags {
  format: 'text' | 'json' | 'sarif'
  json?: boolean
  failOn: 'error' | 'warning'
  ignore?: string[]
  tests?: string
  placeholders?: string
  listChecks?: boolean
}

const EXAMPLES = `
Examples:
  picket rules lint                                   # everything in ./rules
  picket rules lint my-rules/ --fail-on warning       # for a build: exit code 1 on any warning
  picket rules lint rules/ --tests test/rules         # where the test events are kept
  picket rules lint rules/ --format sarif > lint.sarif
  picket rules lint one.yml --ignore of_single --json

Exit code 0: nothing at or above --fail-on; 1: something; 2: wrong usage.`

/** `picket rules lint`: what is wrong with rules, and what to do about it. Findings go to standard output, the count to standard error. */
export function registerLint(rules: Command): void {
  rules
    .command('lint')
    .description('find what is wrong, dead, misspelt or dear in rules')
    .argument('[paths...]', 'rule files, or folders of them (default: rules)')
    .addOption(new Option('--format <kind>', 'how findings are shown').choices(['text', 'json', 'sarif']).default('text'))
    .option('--json', 'the same as --format json')
    .addOption(new Option('--fail-on <severity>', 'the least severity that makes the exit code 1').choices(['error', 'warning']).default('error'))
    .option('--ignore <code>', 'leave this check out; may be given several times', (code: string, codes: string[] = []) => [...codes, code])
    .option('--tests <dir>', 'where test events are kept, if not beside the rules as <rule>.test.yml')
    .option('--placeholders <file>', 'values of %placeholders% in rules: YAML or JSON, name: [values]')
    .option('--list-checks', 'print all checks and stop')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: LintFlags, command: Command) => {
      if (flags.listChecks) return listChecks(flags)
      for (const code of flags.ignore ?? [])
        if (!CHECKS.some((check) => check.code === code))
          command.error(`error: there is no check "${code}"; --list-checks names them`, { exitCode: 2 })
      const { findings, files, documents } = await lintPaths(paths, flags)
      const out = createWriter(process.stdout)
      const format = flags.json ? 'json' : flags.format
      const summary = { files, documents, ...countsOf(findings) }
      if (format === 'json') await out.write(lintJson(findings, summary))
      else if (format === 'sarif') await out.write(lintSarif(findings, CHECKS))
      else await out.write(lintText(findings, colourFor(process.stdout)))
      await out.flush()
      process.stderr.write(
        `${counted(documents, 'rule')} in ${counted(files, 'file')}: ${counted(summary.errors, 'error')}, ${counted(summary.warnings, 'warning')}, ${counted(summary.infos, 'note')}\n`,
      )
      if (summary.errors > 0 || (flags.failOn === 'warning' && summary.warnings > 0)) process.exitCode = 1
    })
}

async function lintPaths(paths: readonly string[], { ignore = [], tests, placeholders: placeholderFile }: LintFlags) {
  const placeholders = placeholdersFrom(placeholderFile)
  const progress = createProgress()
  const files = await namedRuleFiles(paths)
  const documents = files.flatMap((file, index) => {
    progress.show(() => `reading ${index + 1}/${files.length}  ${file}`)
    return readDocuments({ file, text: readFileSync(file, 'utf8') }, placeholders)
  })
  progress.show(() => `looking through ${documents.length} rules`)
  const findings = lintDocuments(documents, { hasTest: (file) => testFileOf(file, tests) !== undefined })
  progress.clear()
  return { findings: findings.filter(({ code }) => !ignore.includes(code)), files: files.length, documents: documents.length }
}

function countsOf(findings: readonly Finding[]) {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  return { errors: count('error'), warnings: count('warning'), infos: count('info') }
}

function listChecks({ json, format }: LintFlags): void {
  const checks = CHECKS.map(({ code, severity, title }) => ({ code, severity, title }))
  if (json || format === 'json') process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`)
  else for (const { code, severity, title } of checks) process.stdout.write(`${code.padEnd(20)} ${severity.padEnd(8)} ${title}\n`)
}
