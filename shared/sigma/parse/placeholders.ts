import type { RuleProblem } from '../contract.ts'
import { documentsIn } from './documents.ts'
import { RuleFault } from './fault.ts'

/** Longest file read, in characters. */
const FILE_LIMIT = 4 * 1024 * 1024
/** Values of one placeholder; `expand` itself bounds what one rule may be made into. */
const VALUE_LIMIT = 10_000

/**
 * Reads values for `%name%` placeholders: a YAML or JSON map of names to a value or a list of values. Values may hold wildcards, as in rules. Never
 * throws: a name that cannot be used is a problem with its line, and the others are read all the same.
 *
 * @param file - the name shown in problems
 * @returns the values as `parseRules` takes them
 */
export function readPlaceholders(
  text: string,
  file: string,
): { readonly placeholders: ReadonlyMap<string, readonly string[]>; readonly problems: readonly RuleProblem[] } {
  const placeholders = new Map<string, readonly string[]>()
  const problems: RuleProblem[] = []
  const refuse = (line: number, reason: string) => problems.push({ file, line, code: 'placeholders', reason })
  if (text.length > FILE_LIMIT) {
    refuse(1, `the file is larger than ${FILE_LIMIT} characters`)
    return { placeholders, problems }
  }
  const [document, another] = documentsIn(text)
  if (!document) refuse(1, 'the file is empty; it must be a map of placeholder names to lists of values')
  if (another) refuse(another.line, 'the file is more than one YAML document; only the first is read')
  if (document?.fault) refuse(document.fault.line ?? document.line, document.fault.message)
  for (const [key, content] of Object.entries(document?.content ?? {})) {
    try {
      placeholders.set(nameOf(key), valuesOf(content))
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error
      refuse(document?.lineOf([key, ...error.path]) ?? 1, `${key}: ${error.message}`)
    }
  }
  return { placeholders, problems }
}

/** The name, which may be written with its percent signs. */
function nameOf(key: string): string {
  const name = /^%(.+)%$/.exec(key)?.[1] ?? key
  if (!/^[^%\s]+$/.test(name)) throw new RuleFault('placeholders', 'the name of a placeholder has no spaces or percent signs')
  return name
}

function valuesOf(content: unknown): string[] {
  const values = Array.isArray(content) ? content : [content]
  if (values.length === 0) throw new RuleFault('placeholders', 'the list is empty; give at least one value')
  if (values.length > VALUE_LIMIT) throw new RuleFault('placeholders', `there are more than ${VALUE_LIMIT} values`)
  return values.map((value, index) => {
    if (value === null || value === undefined || typeof value === 'object')
      throw new RuleFault('placeholders', 'a value is neither text nor a number', { path: Array.isArray(content) ? [index] : [] })
    return String(value)
  })
}
