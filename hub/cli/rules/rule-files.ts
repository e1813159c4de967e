import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { ExpectedError } from '../../../shared/errors.ts'

export class NoSuchRules extends ExpectedError {
  // Wrong usage: main.ts gives it exit code 2.
  readonly code = 'config'
  readonly kind = 'not_found'
}

/** What tests of a rule are called beside it: `x.yml` has `x.test.yml`. */
const TEST_ENDING = /\.test\.ya?ml$/i
const RULE_ENDING = /\.ya?ml$/i

/**
 * Rule files among the paths, and below those that are folders, in order of their names. Test files are none; hidden folders are not entered.
 *
 * @throws {NoSuchRules} for a path that does not exist
 */
export function ruleFilesIn(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => filesAt(path)))]
}

function filesAt(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new NoSuchRules(`there is no ${path}; name a rule file or a folder of them`)
  if (!found.isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
      const child = join(path, entry.name)
      if (entry.isDirectory()) return filesAt(child)
      return entry.isFile() && RULE_ENDING.test(entry.name) && !TEST_ENDING.test(entry.name) ? [child] : []
    })
}

/**
 * Where the events that test a rule file are kept: `x.test.yml` beside `x.yml`, or a file of the rule's name below `testsDir`, under as much of its
 * path as is there (`rules/windows/x.yml` → `<testsDir>/windows/x.yml`). Undefined where there is neither.
 */
export function testFileOf(ruleFile: string, testsDir: string | undefined): string | undefined {
  const beside = ruleFile.replace(RULE_ENDING, '.test.yml')
  if (existsSync(beside)) return beside
  if (testsDir === undefined) return undefined
  const parts = ruleFile.split(sep).filter((part) => part !== '' && part !== '.' && part !== '..')
  return parts.map((_, from) => join(testsDir, ...parts.slice(from))).find((candidate) => existsSync(candidate))
}
