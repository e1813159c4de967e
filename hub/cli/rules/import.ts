import { type Command, Option } from 'commander'
import { RULE_LEVELS, type RuleLevel } from '../../../shared/sigma/contract.ts'
import { importJson, importText } from './import/report.ts'
import { runImport } from './import/run-import.ts'
import { createProgress } from './progress.ts'

interface ImportFlags {
  into: string
  minLevel?: RuleLevel
  status?: string
  force?: boolean
  prune?: boolean
  dryRun?: boolean
  json?: boolean
}

const EXAMPLES = `
SOURCE is a checkout of a rule repository such as SigmaHQ's, or one of its archives (.zip, .tar.gz). Its licence and where each file came from are
kept in DIR/picket-import.json. Files changed in DIR since the last import are never overwritten without --force.

Examples:
  picket rules import sigma/ --into rules/sigmahq
  picket rules import sigma_core.zip --into rules/sigmahq --min-level medium --status stable,test
  picket rules import sigma-r2026-10-01.tar.gz --into rules/sigmahq --dry-run

Exit code 0: done; 1: the source cannot be read, or a file was changed both here and there; 2: wrong usage.`

const STATUSES: readonly string[] = ['stable', 'test', 'experimental', 'deprecated', 'unsupported']

/** `picket rules import`: rules from elsewhere, kept up to date. The report goes to standard output. */
export function registerImport(rules: Command): void {
  rules
    .command('import')
    .description('bring in rules from a checkout or an archive, and keep them up to date')
    .argument('<source>', 'a folder, a .zip or a .tar.gz')
    .requiredOption('--into <dir>', 'the folder they are kept in; made where it is not there')
    .addOption(new Option('--min-level <level>', 'leave out rules below this level').choices([...RULE_LEVELS]))
    .option('--status <list>', `only rules of these statuses, separated by commas (default: ${STATUSES.slice(0, 3).join(',')})`)
    .option('--force', "the source's text wins over changes made here")
    .option('--prune', 'delete files the source no longer has, unless they were changed here')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'the report as JSON, with every file')
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, flags: ImportFlags, command: Command) => {
      const status = flags.status?.split(',').map((each) => each.trim())
      const unknown = status?.find((each) => !STATUSES.includes(each))
      if (unknown !== undefined) command.error(`error: "${unknown}" is no status; choose from ${STATUSES.join(', ')}`, { exitCode: 2 })
      const progress = createProgress()
      try {
        const report = await runImport({
          source,
          into: flags.into,
          choice: { minLevel: flags.minLevel, status },
          force: flags.force === true,
          prune: flags.prune === true,
          dryRun: flags.dryRun === true,
          now: new Date(),
          onProgress: progress.show,
        })
        progress.clear()
        process.stdout.write(flags.json ? importJson(report) : importText(report, flags.into))
        if (report.licences.length === 0) process.stderr.write('the source has no licence file beside its rules: find out whether you may use them\n')
        if (report.files.some(({ step }) => step === 'conflict')) process.exitCode = 1
      } finally {
        progress.clear()
      }
    })
}
