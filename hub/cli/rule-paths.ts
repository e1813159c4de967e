import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ParsedRules, parseRules } from '../../shared/sigma/sigma.ts'

/**
 * Reads Sigma rules from files, and from all `.yml` and `.yaml` files below directories, in order of their names.
 *
 * @throws the file system's error for a path that cannot be read
 */
export function readRules(paths: readonly string[]): ParsedRules {
  const parsed = paths.flatMap(ruleFiles).map((file) => parseRules(readFileSync(file, 'utf8'), file))
  return { rules: parsed.flatMap((each) => each.rules), problems: parsed.flatMap((each) => each.problems) }
}

function ruleFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
