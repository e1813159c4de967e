import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ExpectedError } from '../../shared/errors.ts'

export class NoSuchRules extends ExpectedError {
  // Wrong usage: main.ts gives it exit code 2.
  readonly code = 'config'
  readonly kind = 'not_found'
}

export interface RuleFile {
  readonly file: string
  readonly text: string
  /** Not read, because it is larger than a rule file may be; the text is empty. */
  readonly isTooLarge?: boolean | undefined
}

/** A rule file above this size is not read: a rule is a page of text, not a data set. */
export const RULE_FILE_LIMIT_BYTES = 4 * 1024 * 1024

/** Rule files, by their names. `x.test.yml` is none: it holds the events that test `x.yml`. */
const RULE_FILE = /(?<!\.test)\.ya?ml$/i

/**
 * The files given, and the Sigma files (`.yml`, `.yaml`) below the folders given, in order of their names, each once. Links are followed; what
 * begins with a dot is left out, for there Git and mounted Kubernetes volumes keep further copies, and so is `node_modules`.
 *
 * @throws {NoSuchRules} for a path that does not exist; the file system's error for a folder that cannot be read
 */
export async function ruleFilesIn(paths: readonly string[]): Promise<string[]> {
  const files = new Set<string>()
  const entered = new Set<string>()
  for (const path of paths) await collect(path, files, entered)
  return [...files]
}

async function collect(path: string, files: Set<string>, entered: Set<string>): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new NoSuchRules(`there is no ${path}; name a rule file or a folder of them`, { cause: error })
  })
  if (!found.isDirectory()) {
    files.add(path)
    return
  }
  // A link may lead back to a folder it lies in.
  const folder = await realpath(path)
  if (entered.has(folder)) return
  entered.add(folder)
  const entries = await readdir(path, { withFileTypes: true })
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const child = join(path, entry.name)
    const isFolder = entry.isSymbolicLink() ? (await stat(child).catch(() => undefined))?.isDirectory() : entry.isDirectory()
    if (isFolder || RULE_FILE.test(entry.name)) await collect(child, files, entered)
  }
}

/**
 * Reads the Sigma files that `ruleFilesIn` finds.
 *
 * @throws {NoSuchRules} for a path that does not exist; the file system's error for what cannot be read
 */
export async function readRuleFiles(paths: readonly string[]): Promise<RuleFile[]> {
  const files: RuleFile[] = []
  for (const file of await ruleFilesIn(paths)) {
    const isTooLarge = (await stat(file)).size > RULE_FILE_LIMIT_BYTES
    files.push(isTooLarge ? { file, text: '', isTooLarge } : { file, text: await readFile(file, 'utf8') })
  }
  return files
}

/** What is said of a file that was not read for its size. */
export const tooLargeProblem = (file: string) =>
  ({ file, line: 1, code: 'too_large', reason: `the file is larger than ${RULE_FILE_LIMIT_BYTES} bytes; split it` }) as const
