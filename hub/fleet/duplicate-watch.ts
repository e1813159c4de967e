import { MINUTE_MS, SECOND_MS } from '../../shared/durations.ts'

/** A stream heard from within this time is alive. Sensors send a heartbeat every 5 s. */
const ALIVE_WITHIN_MS = 12 * SECOND_MS
/** A sensor that loses its network now and then does not oust a living stream of its own this often. */
const MOST_TAKEOVERS = 3
const WITHIN_MS = 2 * MINUTE_MS
const FLAGGED_FOR_MS = 10 * MINUTE_MS

/**
 * Tells a reconnect from a copied identity. A reconnect finds a dead stream, or none; two machines with one certificate oust each other's living streams
 * again and again. From the third time within two minutes the newcomer is refused, for ten minutes after the last attempt.
 */
export function createDuplicateWatch() {
  const takeovers = new Map<string, Date[]>()
  const flaggedUntil = new Map<string, number>()

  const isFlagged = (sensorId: string, now: Date): boolean => {
    const until = flaggedUntil.get(sensorId)
    if (until === undefined) return false
    if (now.getTime() < until) return true
    flaggedUntil.delete(sensorId)
    takeovers.delete(sensorId)
    return false
  }

  return {
    isFlagged,
    /** A stream wants the place of one that was last heard at `heardAt`. */
    newcomer(sensorId: string, heardAt: Date, now: Date): 'admit' | 'refuse' {
      const alive = now.getTime() - heardAt.getTime() < ALIVE_WITHIN_MS
      if (!alive) return 'admit'
      const recent = [...(takeovers.get(sensorId) ?? []), now].filter((at) => now.getTime() - at.getTime() < WITHIN_MS).slice(-MOST_TAKEOVERS)
      takeovers.set(sensorId, recent)
      if (recent.length < MOST_TAKEOVERS && !isFlagged(sensorId, now)) return 'admit'
      flaggedUntil.set(sensorId, now.getTime() + FLAGGED_FOR_MS)
      return 'refuse'
    },
  }
}
