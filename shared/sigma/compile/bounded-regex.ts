import { linearRegex } from './linear-regex.ts'
import type { WorkBudget } from './work-budget.ts'

/** Up to this length V8's engine is fast enough even where its time grows with the square (`a.*b`: under 10 ms), a few times per event. */
const SHORT = 2_048
/** Steps of the budget that V8's engine takes where nothing makes it slow, and characters that cost one. */
const TEST_STEPS = 4
const CHARACTERS_BY_STEP = 16

/**
 * A regular expression's test, bounded in time whatever the pattern and the value. V8 takes the short values of patterns whose backtracks it bounds
 * (see `boundRegexTime`): it does not count those of simple loops such as `.*`, which matter on long values, and it bounds none of patterns with large
 * counted repetitions. Everything else goes to an automaton.
 *
 * @throws {RuleFault} where the pattern's counted repetitions are too many
 */
export function boundedRegex(source: string, flags: string): (text: string, budget: WorkBudget) => boolean {
  const regex = isBoundedByV8(source, flags) ? new RegExp(source, flags) : undefined
  let linear = regex && source.length < MEASURED ? undefined : linearRegex(source, flags)
  return (text, budget) => {
    if (regex && text.length <= SHORT && budget.mayBacktrack(text.length))
      return budget.spend(TEST_STEPS + text.length / CHARACTERS_BY_STEP) && regex.test(text)
    linear ??= linearRegex(source, flags)
    return linear(text, budget)
  }
}

/** A pattern that V8 bounds and that is shorter than this is never too large for the automaton, which can then wait until it is needed. */
const MEASURED = 512

/** Whether V8's linear-time engine, to which it changes after too many backtracks, can take the pattern: then the flag `l` is no error. */
function isBoundedByV8(source: string, flags: string): boolean {
  try {
    return new RegExp(source, `${flags}l`) instanceof RegExp
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
