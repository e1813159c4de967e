import { NoSuchRules, ruleFilesIn } from '../../detection/rule-files.ts'

/**
 * The rule files a command is to work on: those named, or those below `rules`. None at all is wrong usage; a build that names the wrong folder must
 * not pass.
 *
 * @throws {NoSuchRules} where a path does not exist, or there are none
 */
export async function namedRuleFiles(paths: readonly string[]): Promise<string[]> {
  const named = paths.length > 0 ? paths : ['rules']
  const files = await ruleFilesIn(named)
  if (files.length === 0) throw new NoSuchRules(`there are no rule files (.yml, .yaml) in ${named.join(', ')}`)
  return files
}
