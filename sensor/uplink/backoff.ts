const BASE_MS = 200
const CAP_MS = 60_000

/**
 * Full-jitter exponential back-off: the n-th wait is anywhere between 0 and min(60 s, 0.2 s · 2ⁿ). The jitter stays at the cap too, so that
 * two thousand sensors whose hub went away do not come back in step (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function createBackoff(random: () => number) {
  let failures = 0
  return {
    /** Milliseconds to wait after one more failure. */
    next: (): number => random() * Math.min(CAP_MS, BASE_MS * 2 ** failures++),
    reset: (): void => {
      failures = 0
    },
    get failures(): number {
      return failures
    },
  }
}
