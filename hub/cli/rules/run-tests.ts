import { readFileSync } from 'node:fs'
import { messageOf } from '../../../shared/errors.ts'
import type { Normalizer } from '../../../shared/normalize/contract.ts'
import { createNormalizer } from '../../../shared/normalize/normalize.ts'
import { explainRule } from '../../../shared/sigma/explain.ts'
import { applyFilters, compileRules, ecsView, type Matcher, parseRules, type RuleProblem, type SigmaRule } from '../../../shared/sigma/sigma.ts'
import { type RuleTests, readTests, type TestRecord } from './test-cases.ts'
import { testFileOf } from './test-file.ts'

/** One record put to its rule. */
export interface TestedRecord {
  readonly expectation: TestRecord['expectation']
  readonly line: number
  readonly passed: boolean
  /** Why not; undefined where it passed. */
  readonly reason?: string | undefined
}

/** A rule and what came of its tests. */
export interface TestedRule {
  readonly file: string
  readonly line: number
  readonly ruleId: string | undefined
  readonly title: string
  /** `untested`: no events are kept for it. `unusable`: the rule, or its test file, cannot be read. */
  readonly outcome: 'passed' | 'failed' | 'untested' | 'unusable'
  readonly testFile?: string | undefined
  readonly records: readonly TestedRecord[]
  /** Why it is unusable, or failed as a whole. */
  readonly reason?: string | undefined
}

/** A record's clock, where it has none of its own: fixed, so that a test says the same every day. */
const OBSERVED_AT = new Date('2026-01-01T00:00:00Z')

export interface TestOptions {
  readonly testsDir: string | undefined
  /** Values of `%name%` placeholders. */
  readonly placeholders?: ReadonlyMap<string, readonly string[]> | undefined
  onFile?(index: number, file: string): void
}

/** Puts the events kept for each rule to it, through normalisation and with the filters among the files applied, as the hub would. */
export function testRules(files: readonly string[], { testsDir, placeholders, onFile }: TestOptions): TestedRule[] {
  const parsed = files.map((file) => parseRules(readFileSync(file, 'utf8'), file, { placeholders }))
  const filtered = applyFilters(
    parsed.flatMap(({ rules }) => rules),
    parsed.flatMap(({ filters }) => filters),
  )
  const problems = [...parsed.flatMap((each) => each.problems), ...filtered.problems]
  return files.flatMap((file, index) => {
    onFile?.(index, file)
    const rules = filtered.rules.filter((rule) => rule.file === file)
    return [...problems.filter((problem) => problem.file === file).map(unusable), ...testFileRules(rules, testFileOf(file, testsDir))]
  })
}

const unusable = ({ file, line, ruleId, title, reason }: RuleProblem): TestedRule => ({
  file,
  line,
  ruleId,
  title: title ?? file,
  outcome: 'unusable',
  records: [],
  reason: `${file}:${line}: ${reason}`,
})

function testFileRules(rules: readonly SigmaRule[], testFile: string | undefined): TestedRule[] {
  if (testFile === undefined) return rules.map((rule) => resultOf(rule, 'untested', { reason: 'no test events are kept for it' }))
  const { tests, problems } = readTests(readFileSync(testFile, 'utf8'))
  const [problem] = problems
  if (problem) return rules.map((rule) => resultOf(rule, 'unusable', { testFile, reason: `${testFile}:${problem.line}: ${problem.reason}` }))
  const stray = tests.find(({ rule }) => (rule === undefined ? rules.length > 1 : !rules.some((each) => isCalled(each, rule))))
  if (stray) {
    const reason =
      stray.rule === undefined
        ? 'the rule file holds several rules: say which one these events are for, as rule: <id, name or title>'
        : `the rule file has no rule with the id, name or title "${stray.rule}"`
    return rules.map((rule) => resultOf(rule, 'unusable', { testFile, reason: `${testFile}:${stray.line}: ${reason}` }))
  }
  return rules.map((rule) => {
    const own = tests.filter((each) => each.rule === undefined || isCalled(rule, each.rule))
    return own.length === 0
      ? resultOf(rule, 'untested', { testFile, reason: 'the test file has no events for this rule' })
      : testRule(rule, own, testFile)
  })
}

const isCalled = (rule: SigmaRule, name: string): boolean => rule.id === name || rule.name === name || rule.title === name

const resultOf = (rule: SigmaRule, outcome: TestedRule['outcome'], more: Partial<TestedRule>): TestedRule => ({
  file: rule.file,
  line: rule.line,
  ruleId: rule.id,
  title: rule.title,
  outcome,
  records: [],
  ...more,
})

function testRule(rule: SigmaRule, tests: readonly RuleTests[], testFile: string): TestedRule {
  const { matcher, problems } = compileRules([rule], ecsView)
  const [problem] = problems
  if (problem) return resultOf(rule, 'unusable', { testFile, reason: `${problem.file}:${problem.line}: ${problem.reason}` })
  const records: TestedRecord[] = []
  for (const { format, timeZone, records: kept, line } of tests) {
    let normalizer: Normalizer
    try {
      normalizer = createNormalizer({ format, timeZone })
    } catch (error) {
      return resultOf(rule, 'unusable', { testFile, reason: `${testFile}:${line}: ${messageOf(error)}` })
    }
    for (const record of kept) records.push(testRecord(rule, matcher, normalizer, record))
  }
  const [wanted, missing] = records.some(({ expectation }) => expectation === 'fires')
    ? []
    : ['fires', 'a rule that never fires passes every other test']
  if (wanted !== undefined)
    return resultOf(rule, 'failed', { testFile, records, reason: `the test file has no record under "${wanted}": ${missing}` })
  return resultOf(rule, records.every(({ passed }) => passed) ? 'passed' : 'failed', { testFile, records })
}

function testRecord(rule: SigmaRule, matcher: Matcher, normalizer: Normalizer, { expectation, text, line }: TestRecord): TestedRecord {
  const event = normalizer.normalize({ text, observedAt: OBSERVED_AT })
  // As the hub's workers see it: what has been through JSON once.
  const document: object = JSON.parse(JSON.stringify(event.document))
  const fired = matcher.match(document, event.logsource).length > 0
  if (fired === (expectation === 'fires')) return { expectation, line, passed: true }
  const explanation = explainRule(rule, ecsView, document, event.logsource)
  if (!fired) {
    const unread = event.parsed ? '' : 'no format can read the record (picket normalize --explain shows what was tried); '
    return { expectation, line, passed: false, reason: `did not fire: ${unread}${explanation.firstFailure ?? 'no part of it says why'}` }
  }
  const parts = explanation.searches
    .filter(({ role, matched }) => role === 'required' && matched)
    .flatMap(({ name, parts: all }) =>
      all.filter(({ matched }) => matched).map(({ field, wanted, value }) => `${name}: ${field ?? 'keywords'} ${wanted} (${value ?? 'absent'})`),
    )
  return { expectation, line, passed: false, reason: `fired: ${parts.join('; ')}` }
}
