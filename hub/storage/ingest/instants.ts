const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * An event's instant as it is stored, ms. A record may claim any; outside the years 1900 to 9999 PostgreSQL and JavaScript stop reading each
 * other's text, and one such row would break every list it is in. The document keeps the claim.
 * @param otherwise - for a Date that is none
 */
export const storableMs = (at: Date, otherwise: Date): number => {
  const ms = at.getTime()
  return Number.isNaN(ms) ? otherwise.getTime() : Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS)
}
