import { readFileSync } from 'node:fs'
import { ExpectedError, messageOf } from '../../../shared/errors.ts'
import { readPlaceholders } from '../../../shared/sigma/sigma.ts'

export class BadPlaceholders extends ExpectedError {
  // Wrong usage: main.ts gives it exit code 2.
  readonly code = 'config'
  readonly kind = 'invalid'
}

/**
 * Values of `%name%` placeholders from a file of YAML or JSON; undefined where none is named.
 *
 * @throws {BadPlaceholders} naming the line that cannot be used
 */
export function placeholdersFrom(file: string | undefined): ReadonlyMap<string, readonly string[]> | undefined {
  if (file === undefined) return undefined
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new BadPlaceholders(`cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
  const { placeholders, problems } = readPlaceholders(text, file)
  const [problem] = problems
  if (problem) throw new BadPlaceholders(`${problem.file}:${problem.line}: ${problem.reason}`)
  return placeholders
}
