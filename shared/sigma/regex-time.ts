import { setFlagsFromString } from 'node:v8'

/** Backtracks V8 may make before it changes to its linear-time engine. Ordinary rules stay far below. */
const BACKTRACKS_BEFORE_FALLBACK = 50_000

/**
 * Bounds the time of every regular expression compiled from now on in this process: after too many backtracks V8 goes on
 * with its linear-time engine (measured 1 ms against over 10 s for `(a+)+$`). Programs call it first thing at start, and in each worker.
 * The engine takes no `i` flag, look-around or back-reference, which is why `translateRegex` leaves none in a rule's pattern.
 */
export function boundRegexTime(): void {
  // Makes the flag `l` known, with which a pattern runs in the linear-time engine from its start.
  setFlagsFromString('--enable-experimental-regexp-engine')
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
  setFlagsFromString(`--regexp-backtracks-before-fallback=${BACKTRACKS_BEFORE_FALLBACK}`)
}
