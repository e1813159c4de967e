import { readFileSync } from 'node:fs'
import { ruleFilesIn } from './rules/rule-files.ts'

/** A file of Sigma rules, filters and correlations, not yet parsed. */
export interface RuleText {
  readonly file: string
  readonly text: string
}

/**
 * Reads rule files, and all below folders, in order of their names.
 *
 * @throws {NoSuchRules} for a path that does not exist; the file system's error for one that cannot be read
 */
export const readRuleTexts = (paths: readonly string[]): RuleText[] => ruleFilesIn(paths).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
