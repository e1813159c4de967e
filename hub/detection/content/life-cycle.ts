import type { RuleProblem } from '../../../shared/sigma/contract.ts'
import type { RuleStage } from '../ports.ts'
import type { RuleTestOutcome } from './trials.ts'

/** Where a rule may go next. From every stage it may be deprecated, or taken back to development. */
const NEXT: Readonly<Record<RuleStage, readonly RuleStage[]>> = {
  development: ['testing', 'deprecated'],
  testing: ['staging', 'development', 'deprecated'],
  staging: ['production', 'development', 'deprecated'],
  production: ['development', 'deprecated'],
  deprecated: ['development'],
}

/**
 * Why a rule may not be moved to a stage, or may not stay in it with what it now says; undefined where it may.
 *
 * Testing asks that the rule compiles. Staging, where it first runs on live events, and production ask that it is kept with an event it must fire on
 * and one it must not, and is right about all of them.
 */
export function refusalOf(
  from: RuleStage,
  to: RuleStage,
  { problems, tests }: { problems: readonly RuleProblem[]; tests: readonly RuleTestOutcome[] },
): string | undefined {
  if (from !== to && !NEXT[from].includes(to)) return `A rule goes from ${from} to ${list(NEXT[from])}, not to ${to}.`
  if (to === 'development' || to === 'deprecated') return undefined
  const [problem] = problems
  if (problem) return `The rule cannot be used in ${to}: line ${problem.line}: ${problem.reason}.`
  if (to === 'testing') return undefined
  if (!tests.some((test) => test.fires)) return `For ${to} the rule needs a test event it must fire on; it has none.`
  if (!tests.some((test) => !test.fires)) return `For ${to} the rule needs a test event it must stay silent on; it has none.`
  const wrong = tests.filter((test) => !test.right)
  const [first] = wrong
  if (!first) return undefined
  const what = first.fires ? 'must fire on it and does not' : 'must stay silent on it and fires'
  return `For ${to} every test event must come out right; ${wrong.length} of ${tests.length} do not. "${first.name}": the rule ${what}.`
}

const list = (stages: readonly RuleStage[]): string => stages.join(' or ')
