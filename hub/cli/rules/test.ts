import { type Command, Option } from 'commander'
import { boundRegexTime } from '../../../shared/sigma/sigma.ts'
import { counted } from '../counted.ts'
import { createWriter } from '../writer.ts'
import { colourFor } from './colour.ts'
import { namedRuleFiles } from './named-rule-files.ts'
import { placeholdersFrom } from './placeholder-file.ts'
import { createProgress } from './progress.ts'
import { testRules } from './run-tests.ts'
import { summaryOf, testJson, testJunit, testText } from './test-report.ts'

interface TestFlags {
  tests?: string
  placeholders?: string
  format: 'text' | 'json' | 'junit'
  json?: boolean
  quiet?: boolean
  requireTests?: boolean
}

const EXAMPLES = `
A test file holds records as the vendor writes them:

  fires:
    - <134>Mar 10 09:14:02 gw sshd[812]: Accepted password for root from 203.0.113.9 port 40022 ssh2
  silent:
    - { EventID: 1, Channel: Microsoft-Windows-Sysmon/Operational, Image: 'C:\\Windows\\explorer.exe' }

Examples:
  picket rules test                                  # everything in ./rules, with <rule>.test.yml beside each
  picket rules test rules/ --tests test/rules        # tests kept in a tree of their own
  picket rules test rules/ --tests test/rules --require-tests --format junit > report.xml

Exit code 0: all passed; 1: a rule failed, cannot be used, or (with --require-tests) has no test; 2: wrong usage.`

/** `picket rules test`: the events kept with rules are put to them. Results go to standard output, the count to standard error. */
export function registerTest(rules: Command): void {
  rules
    .command('test')
    .description('put to rules the events that must and must not fire them')
    .argument('[paths...]', 'rule files, or folders of them (default: rules)')
    .option('--tests <dir>', 'where test events are kept, if not beside the rules as <rule>.test.yml')
    .option('--placeholders <file>', 'values of %placeholders% in rules: YAML or JSON, name: [values]')
    .addOption(new Option('--format <kind>', 'how results are shown').choices(['text', 'json', 'junit']).default('text'))
    .option('--json', 'the same as --format json')
    .option('--quiet', 'leave out the rules that passed (text only)')
    .option('--require-tests', 'a rule without tests counts as failed')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: TestFlags) => {
      boundRegexTime()
      const placeholders = placeholdersFrom(flags.placeholders)
      const files = await namedRuleFiles(paths)
      const progress = createProgress()
      const onFile = (index: number, file: string) => progress.show(() => `${index + 1}/${files.length}  ${file}`)
      const results = testRules(files, { testsDir: flags.tests, placeholders, onFile })
      progress.clear()
      const summary = summaryOf(results)
      const out = createWriter(process.stdout)
      const format = flags.json ? 'json' : flags.format
      if (format === 'json') await out.write(testJson(results, summary))
      else if (format === 'junit') await out.write(testJunit(results))
      else await out.write(testText(results, colourFor(process.stdout), flags.quiet === true))
      await out.flush()
      const { rules: total, passed, failed, untested, unusable, coverage, records } = summary
      process.stderr.write(
        `${counted(total, 'rule')}, ${counted(records, 'record')}: ${passed} passed, ${failed} failed, ${unusable} unusable, ${untested} without tests (coverage ${coverage} %)\n`,
      )
      if (failed + unusable > 0 || (flags.requireTests && untested > 0)) process.exitCode = 1
    })
}
