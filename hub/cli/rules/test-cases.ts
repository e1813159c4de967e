import { LineCounter, parseAllDocuments, type YAMLSeq } from 'yaml'
import * as z from 'zod'

/** A list of records; a key with nothing below it is an empty one. */
const Records = z
  .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
  .nullish()
  .transform((records) => records ?? [])

/** One test file's document: records that must fire a rule, and records that must not, as the vendor writes them. */
const TestCases = z.strictObject({
  /** Id, name or title of the rule meant, where the rule file holds several. */
  rule: z.string().optional(),
  /** How the records are read: a format of `picket normalize --list-formats`. */
  format: z.string().default('auto'),
  /** Zone of local times that name none. */
  time_zone: z.string().optional(),
  fires: Records,
  silent: Records,
})

export interface TestRecord {
  readonly expectation: 'fires' | 'silent'
  /** The record's text: a log line, or a JSON object. */
  readonly text: string
  /** 1-based line in the test file. */
  readonly line: number
}

export interface RuleTests {
  readonly rule: string | undefined
  readonly format: string
  readonly timeZone: string | undefined
  readonly records: readonly TestRecord[]
  readonly line: number
}

/** Why a test file cannot be used, with the place. */
export interface TestFileProblem {
  readonly line: number
  readonly reason: string
}

/** Aliases may be followed this often in one document: events that share a part are fine, a YAML bomb is not. */
const ALIAS_LIMIT = 1_000

/** Reads a test file's documents; several are for the several rules of one rule file. Never throws for what the file holds. */
export function readTests(text: string): { tests: RuleTests[]; problems: TestFileProblem[] } {
  const lines = new LineCounter()
  const tests: RuleTests[] = []
  const problems: TestFileProblem[] = []
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' })
  if (!Array.isArray(documents) || documents.length === 0)
    return { tests, problems: [{ line: 1, reason: 'the file is empty; write "fires:" and "silent:" with records below each' }] }
  for (const document of documents) {
    const line = lines.linePos(document.contents?.range?.[0] ?? document.range[0]).line
    const [error] = document.errors
    if (error) {
      problems.push({ line: lines.linePos(error.pos[0]).line, reason: error.message })
      continue
    }
    const parsed = TestCases.safeParse(document.toJS({ maxAliasCount: ALIAS_LIMIT }))
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      problems.push({ line, reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no test file'}`.replace(/^: /, '') })
      continue
    }
    const lineOf = (key: 'fires' | 'silent', index: number): number => {
      const list = document.get(key) as YAMLSeq | undefined
      const range = (list?.items[index] as { range?: [number, number, number] } | undefined)?.range
      return range ? lines.linePos(range[0]).line : line
    }
    const { fires, silent, rule, format, time_zone: timeZone } = parsed.data
    const records = (expectation: TestRecord['expectation'], values: readonly unknown[]) =>
      values.map((value, index): TestRecord => ({ expectation, text: textOf(value), line: lineOf(expectation, index) }))
    tests.push({ rule, format, timeZone, records: [...records('fires', fires), ...records('silent', silent)], line })
  }
  return { tests, problems }
}

const textOf = (record: unknown): string => (typeof record === 'string' ? record : JSON.stringify(record))
