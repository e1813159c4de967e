import type { Live, LiveEvent } from './contract.ts'

/** Each open socket is one listener; a sign-in page gone wild is refused, not kept. */
const MOST_LISTENERS_PER_TENANT = 1_000

/**
 * Live within this process: a listener hears its own tenant's events, in order, as they are published.
 * @param report - takes what a listener throws; the other listeners and the publisher carry on
 */
export function createLive(report: (error: unknown) => void): Live {
  const tenants = new Map<string, Set<(event: LiveEvent) => void>>()
  return {
    publish(tenantId, event) {
      for (const listener of tenants.get(tenantId) ?? []) {
        try {
          listener(event)
        } catch (error) {
          report(error)
        }
      }
    },
    subscribe(tenantId, listener) {
      const listeners = tenants.get(tenantId) ?? new Set()
      if (listeners.size >= MOST_LISTENERS_PER_TENANT) throw new Error(`more than ${MOST_LISTENERS_PER_TENANT} listeners for one tenant`)
      tenants.set(tenantId, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && tenants.get(tenantId) === listeners) tenants.delete(tenantId)
      }
    },
  }
}
