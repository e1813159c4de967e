import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { documentsIn } from '../../../shared/sigma/parse/documents.ts'
import { type ParsedRules, parseRules, type RuleProblem } from '../../../shared/sigma/sigma.ts'
import { createWriter } from '../writer.ts'
import { namedRuleFiles } from './named-rule-files.ts'
import { placeholdersFrom } from './placeholder-file.ts'
import { createProgress } from './progress.ts'
import { correlationToJson, filterToJson, ruleToJson } from './rule-json.ts'
import { ruleToYaml } from './rule-yaml.ts'

interface ConvertFlags {
  to: 'json' | 'yaml'
  array?: boolean
  placeholders?: string
}

const EXAMPLES = `
Examples:
  picket rules convert --to json rules/ > rules.jsonl          # one object a line
  picket rules convert --to json --array one.yml | jq '.[0].detection'
  picket rules convert --to yaml one.yml                       # keys in order, dates and tags in one form

Exit code 0: all converted; 1: some rule cannot be used (named on standard error); 2: wrong usage.`

/** `picket rules convert`: rules as the engine understands them, for other programs. */
export function registerConvert(rules: Command): void {
  rules
    .command('convert')
    .description('print rules as JSON, or as YAML in one form')
    .argument('[paths...]', 'rule files, or folders of them (default: rules)')
    .addOption(new Option('--to <form>', 'what to print').choices(['json', 'yaml']).default('json'))
    .option('--array', 'one JSON array instead of an object a line')
    .option('--placeholders <file>', 'values of %placeholders% in rules: YAML or JSON, name: [values]')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], { to, array, placeholders: placeholderFile }: ConvertFlags, command: Command) => {
      if (array && to === 'yaml') return command.error('error: --array is for JSON', { exitCode: 2 })
      const placeholders = placeholdersFrom(placeholderFile)
      const files = await namedRuleFiles(paths)
      const progress = createProgress()
      const out = createWriter(process.stdout)
      const problems: RuleProblem[] = []
      let count = 0
      for (const [index, file] of files.entries()) {
        progress.show(() => `${index + 1}/${files.length}  ${file}`)
        const parsed = parseRules(readFileSync(file, 'utf8'), file, { placeholders })
        problems.push(...parsed.problems)
        for (const text of to === 'json' ? jsonTexts(parsed) : yamlTexts(parsed)) {
          const first = count++ === 0
          if (to === 'yaml') await out.write(first ? text : `---\n${text}`)
          else if (array) await out.write(`${first ? '[' : ','}\n${text}`)
          else await out.write(`${text}\n`)
        }
      }
      if (array) await out.write(count === 0 ? '[]\n' : '\n]\n')
      await out.flush()
      progress.clear()
      for (const { file, line, reason } of problems) process.stderr.write(`${file}:${line}: ${reason}\n`)
      process.stderr.write(`${count} converted${problems.length > 0 ? `, ${problems.length} cannot be used` : ''}\n`)
      if (problems.length > 0) process.exitCode = 1
    })
}

const jsonTexts = ({ rules, correlations, filters }: ParsedRules): string[] =>
  [...rules.map(ruleToJson), ...correlations.map(correlationToJson), ...filters.map(filterToJson)].map((each) => JSON.stringify(each))

const yamlTexts = ({ rules, correlations, filters }: ParsedRules): string[] =>
  [...rules, ...correlations, ...filters].flatMap(({ source, id }) =>
    documentsIn(source).flatMap(({ content }) => (content ? [ruleToYaml(content, id)] : [])),
  )
