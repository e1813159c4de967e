import { randomBytes } from 'node:crypto'
import type { Session } from './session.ts'

export const TICKET_SECONDS = 30
const MOST_TICKETS = 10_000

/** Single-use tickets that open a WebSocket, so that no access token stands in an address. In memory: they live for 30 s. */
export function createTickets(now: () => Date) {
  const tickets = new Map<string, { session: Session; expiresAtMs: number }>()
  return {
    issue(session: Session): string {
      for (const [ticket, { expiresAtMs }] of tickets) {
        // In order of issue, so the first that still holds ends the sweep; past the bound the oldest goes whatever its age.
        if (expiresAtMs > now().getTime() && tickets.size < MOST_TICKETS) break
        tickets.delete(ticket)
      }
      const ticket = `wst_${randomBytes(24).toString('base64url')}`
      tickets.set(ticket, { session, expiresAtMs: now().getTime() + TICKET_SECONDS * 1_000 })
      return ticket
    },
    spend(ticket: string): Session | undefined {
      const found = tickets.get(ticket)
      tickets.delete(ticket)
      return found && found.expiresAtMs > now().getTime() ? found.session : undefined
    },
  }
}
