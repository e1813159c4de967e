import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface RuleFile {
  readonly file: string
  readonly text: string
  /** Not read, because it is larger than a rule file may be; the text is empty. */
  readonly isTooLarge?: boolean | undefined
}

/** A rule file above this size is not read: a rule is a page of text, not a data set. */
export const RULE_FILE_LIMIT_BYTES = 4 * 1024 * 1024

/**
 * Reads the Sigma files (`.yml`, `.yaml`) under the given files and folders, in name order so that every start sees the same list.
 *
 * @throws the file system's error, where a path given does not exist or cannot be read
 */
export async function readRuleFiles(paths: readonly string[]): Promise<RuleFile[]> {
  const files: RuleFile[] = []
  for (const path of paths) await collect(path, files)
  return files
}

async function collect(path: string, files: RuleFile[]): Promise<void> {
  const found = await stat(path)
  if (found.isDirectory()) {
    for (const name of (await readdir(path)).sort()) {
      const child = join(path, name)
      // `x.test.yml` holds the events that test `x.yml`.
      if (/(?<!\.test)\.ya?ml$/.test(name) || (await stat(child)).isDirectory()) await collect(child, files)
    }
  } else if (found.size > RULE_FILE_LIMIT_BYTES) files.push({ file: path, text: '', isTooLarge: true })
  else files.push({ file: path, text: await readFile(path, 'utf8') })
}
