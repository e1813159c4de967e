import type { Tone } from './colour.ts'
import type { TestedRecord, TestedRule } from './run-tests.ts'

export interface TestSummary {
  readonly rules: number
  readonly passed: number
  readonly failed: number
  readonly untested: number
  readonly unusable: number
  readonly records: number
  /** Rules with tests, per hundred; 100 where there is no rule. */
  readonly coverage: number
}

export function summaryOf(results: readonly TestedRule[]): TestSummary {
  const count = (outcome: TestedRule['outcome']) => results.filter((result) => result.outcome === outcome).length
  const untested = count('untested')
  return {
    rules: results.length,
    passed: count('passed'),
    failed: count('failed'),
    untested,
    unusable: count('unusable'),
    records: results.reduce((sum, { records }) => sum + records.length, 0),
    coverage: results.length === 0 ? 100 : Math.floor(((results.length - untested) * 1000) / results.length) / 10,
  }
}

const WORDS: { readonly [outcome in TestedRule['outcome']]: readonly [word: string, tone: Tone] } = {
  passed: ['ok', 'good'],
  failed: ['FAIL', 'error'],
  untested: ['none', 'dim'],
  unusable: ['BAD', 'error'],
}

const held = (records: readonly TestedRecord[], expectation: TestedRecord['expectation']) =>
  records.filter((record) => record.expectation === expectation).length

/** A line per rule for people, and below it what went wrong. */
export function testText(results: readonly TestedRule[], colour: (tone: Tone, text: string) => string, quiet: boolean): string {
  return results
    .filter(({ outcome }) => !quiet || outcome !== 'passed')
    .map(({ outcome, file, title, testFile, records, reason }) => {
      const [word, tone] = WORDS[outcome]
      const counts = records.length === 0 ? '' : `  ${held(records, 'fires')} fire, ${held(records, 'silent')} silent`
      const failures = records
        .filter(({ passed }) => !passed)
        .map((record) => `      ${testFile}:${record.line} ${record.expectation}: ${record.reason}\n`)
      return `${colour(tone, word.padEnd(4))}  ${title}  ${colour('dim', file)}${counts}\n${reason === undefined ? '' : `      ${reason}\n`}${failures.join('')}`
    })
    .join('')
}

/** Results for scripts, as one JSON object. */
export const testJson = (results: readonly TestedRule[], summary: TestSummary): string =>
  `${JSON.stringify(
    {
      summary,
      rules: results.map(({ file, ruleId, title, outcome, testFile, records, reason }) => ({
        file,
        rule_id: ruleId ?? null,
        title,
        outcome,
        test_file: testFile ?? null,
        reason: reason ?? null,
        records: records.map((record) => ({ ...record, reason: record.reason ?? null })),
      })),
    },
    null,
    2,
  )}\n`

const escaped = (text: string): string =>
  text
    // XML 1.0 has no place for most control characters, escaped or not.
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** Results as JUnit XML, which build servers read: a suite per rule, a case per record; a rule without tests is skipped. */
export function testJunit(results: readonly TestedRule[]): string {
  const suites = results.map(({ file, title, outcome, records, reason }) => {
    const name = (index: number, { expectation, line }: TestedRecord) => `${expectation} #${index + 1} (line ${line})`
    const cases = records.map((record, index) => {
      const failure = record.passed ? '' : `<failure message="${escaped(record.reason ?? '')}"/>`
      return `    <testcase classname="${escaped(file)}" name="${escaped(name(index, record))}">${failure}</testcase>`
    })
    if (reason !== undefined) {
      const kind = outcome === 'untested' ? 'skipped' : outcome === 'unusable' ? 'error' : 'failure'
      cases.push(`    <testcase classname="${escaped(file)}" name="tests"><${kind} message="${escaped(reason)}"/></testcase>`)
    }
    const failures = records.filter(({ passed }) => !passed).length + (outcome === 'failed' && reason !== undefined ? 1 : 0)
    const counts = `tests="${cases.length}" failures="${failures}" errors="${outcome === 'unusable' ? 1 : 0}" skipped="${outcome === 'untested' ? 1 : 0}"`
    return `  <testsuite name="${escaped(title)}" ${counts}>\n${cases.join('\n')}\n  </testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="picket rules test">\n${suites.join('\n')}\n</testsuites>\n`
}
