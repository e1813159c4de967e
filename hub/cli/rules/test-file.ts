import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'

/**
 * Where the events that test a rule file are kept: `x.test.yml` beside `x.yml`, or a file of the rule's name below `testsDir`, under as much of its
 * path as is there (`rules/windows/x.yml` → `<testsDir>/windows/x.yml`). Undefined where there is neither.
 */
export function testFileOf(ruleFile: string, testsDir: string | undefined): string | undefined {
  const beside = ruleFile.replace(/\.ya?ml$/i, '.test.yml')
  if (existsSync(beside)) return beside
  if (testsDir === undefined) return undefined
  const parts = ruleFile.split(sep).filter((part) => part !== '' && part !== '.' && part !== '..')
  return parts.map((_, from) => join(testsDir, ...parts.slice(from))).find((candidate) => existsSync(candidate))
}
