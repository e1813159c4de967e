/** What both PostgreSQL and JavaScript read of each other's text without a doubt. */
const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(9999, 11, 31)
const DAY_MS = 86_400_000

/**
 * An event's instant as it is stored, ms. A record may claim any; outside the years 1900 to 9999 one such row would break every list it is
 * in. The document keeps the claim.
 * @param otherwise - for a Date that is none
 */
export const storableMs = (at: Date, otherwise: Date): number => {
  const ms = at.getTime()
  return Number.isNaN(ms) ? otherwise.getTime() : Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS)
}

/** A caller's bound of a range, brought to where rows can be: nothing is stored outside, so the answer is the same. */
export const rangeBound = (at: Date): Date => new Date(Math.min(Math.max(at.getTime(), EARLIEST_MS), LATEST_MS + DAY_MS - 1))
