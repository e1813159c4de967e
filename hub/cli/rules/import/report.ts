import type { Step } from './plan.ts'
import type { ImportReport } from './run-import.ts'

/** Paths named on the screen; `--json` has all. */
const SHOWN = 20

/** What each step is called, in the order shown. Unchanged files are counted only. */
const NAMED: readonly (readonly [Step, string])[] = [
  ['conflict', 'changed both here and in the source, left as it is here (--force takes the source’s)'],
  ['keep', 'changed here, left as it is'],
  ['remove', 'no longer taken from the source, marked; the file is still there (--prune deletes it)'],
  ['prune', 'no longer taken from the source, deleted'],
]

const count = ({ files }: ImportReport, step: Step): number => files.filter((file) => file.step === step).length

/** The report for people. */
export function importText(report: ImportReport, into: string): string {
  const { origin, licences, dryRun, rejected, needsPlaceholders } = report
  const version = [origin.version, origin.commit?.slice(0, 12)].filter((part) => part !== undefined).join(', ')
  const lines = [
    `${dryRun ? 'Would import' : 'Imported'} ${origin.name}${version === '' ? '' : ` (${version})`} into ${into}: ${report.rules} rules`,
    `  added ${count(report, 'add')}, updated ${count(report, 'update')}, unchanged ${count(report, 'unchanged')}, removed ${count(report, 'remove') + count(report, 'prune')}, ` +
      `conflicts ${count(report, 'conflict')}, kept ${count(report, 'keep')}`,
    `  left out ${report.filtered} by level or status, rejected ${rejected.length}, no rules ${report.notRules}`,
    `  licence: ${licences.length === 0 ? 'none found' : licences.join(', ')}`,
  ]
  if (needsPlaceholders.length > 0)
    lines.push(
      `  ${needsPlaceholders.length} files use %placeholders% and load once their values are given (docs/rules.md, "Placeholders and value lists")`,
    )
  for (const [step, meaning] of NAMED)
    lines.push(
      ...named(
        meaning,
        report.files.filter((file) => file.step === step).map(({ path }) => path),
      ),
    )
  lines.push(
    ...named(
      'rejected',
      rejected.map(({ path, reason }) => `${path}: ${reason}`),
    ),
  )
  return `${lines.join('\n')}\n`
}

function named(meaning: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return []
  const more = paths.length > SHOWN ? [`    and ${paths.length - SHOWN} more; --json names all`] : []
  return [`  ${meaning}:`, ...paths.slice(0, SHOWN).map((path) => `    ${path}`), ...more]
}

/** The report for scripts, as one JSON object. */
export function importJson(report: ImportReport): string {
  const { origin, licences, dryRun, changed, rules, filtered, notRules, rejected, needsPlaceholders, files } = report
  const paths = (step: Step) => files.filter((file) => file.step === step).map(({ path }) => path)
  return `${JSON.stringify(
    {
      source: origin,
      licences,
      dry_run: dryRun,
      changed,
      rules,
      added: paths('add'),
      updated: paths('update'),
      unchanged: count(report, 'unchanged'),
      removed: [...paths('remove'), ...paths('prune')],
      removed_before: paths('removed'),
      conflicts: paths('conflict'),
      kept: paths('keep'),
      filtered,
      not_rules: notRules,
      needs_placeholders: needsPlaceholders,
      rejected,
    },
    null,
    2,
  )}\n`
}
