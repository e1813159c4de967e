/** Up to this length V8's backtracking engine is fast enough even where its time grows with the square (`a.*b`: under 10 ms). */
const SHORT = 2_048
/** The linear engine takes about 1 µs a character, so this is some 30 ms at most; what a longer value holds past it is not looked at. */
const LINEAR_LIMIT = 32_768
/** Bound for patterns the linear engine cannot take (large counted repetitions). */
const BACKTRACKING_LIMIT = 4_096

/**
 * A regular expression's test, bounded in time whatever the value's length. Backtracks are bounded by `boundRegexTime`, but V8 does not count those of
 * simple loops such as `.*`; a long value therefore goes to its linear-time engine from the start (flag `l`, there only after `boundRegexTime`).
 */
export function boundedRegex(source: string, flags: string): (text: string) => boolean {
  const regex = new RegExp(source, flags)
  let linear: RegExp | undefined
  let tried = false
  return (text) => {
    if (text.length <= SHORT) return regex.test(text)
    if (!tried) {
      linear = linearRegex(source, flags)
      tried = true
    }
    return linear ? linear.test(text.slice(0, LINEAR_LIMIT)) : regex.test(text.slice(0, BACKTRACKING_LIMIT))
  }
}

function linearRegex(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, `${flags}l`)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
