import type { Login } from './types.ts'

/** The signed-in session of this tab: token in sessionStorage, renewed before it expires, gone when the tab is. */
interface Session {
  readonly token: string
  readonly expiresAtMs: number
  readonly lifetimeMs: number
}
export type SessionEnd = 'signed_out' | 'expired'

const KEY = 'picket.session'
const listeners = new Set<(why: SessionEnd) => void>()
const renewals = new Set<(token: string) => void>()
let current: Session | undefined = stored()
let timer: ReturnType<typeof setTimeout> | undefined

function stored(): Session | undefined {
  const text = globalThis.sessionStorage?.getItem(KEY)
  if (!text) return undefined
  const session = JSON.parse(text) as Session
  return session.expiresAtMs > Date.now() ? session : undefined
}

/** When to renew: with a fifth of the lifetime left, and never sooner than a second from now. In ms from `nowMs`. */
export const renewInMs = (session: { expiresAtMs: number; lifetimeMs: number }, nowMs: number): number =>
  Math.max(1_000, session.expiresAtMs - session.lifetimeMs / 5 - nowMs)

export const sessionToken = (): string | undefined => current?.token

export function beginSession(login: Login): void {
  const lifetimeMs = login.expires_in * 1000
  current = { token: login.access_token, expiresAtMs: Date.now() + lifetimeMs, lifetimeMs }
  sessionStorage.setItem(KEY, JSON.stringify(current))
  scheduleRenewal()
  for (const listener of renewals) listener(current.token)
}

export function endSession(why: SessionEnd): void {
  if (!current) return
  current = undefined
  clearTimeout(timer)
  sessionStorage.removeItem(KEY)
  for (const listener of listeners) listener(why)
}

/** @returns the unsubscribe */
export function onSessionEnd(listener: (why: SessionEnd) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The token was replaced. @returns the unsubscribe */
export function onRenewal(listener: (token: string) => void): () => void {
  renewals.add(listener)
  return () => renewals.delete(listener)
}

/** Ends the session here at once, and at the hub if it can be told. */
export function signOut(): void {
  if (current)
    fetch('/v1/auth/logout', { method: 'POST', keepalive: true, headers: { authorization: `Bearer ${current.token}` } }).catch(() => undefined)
  endSession('signed_out')
}

export function scheduleRenewal(): void {
  clearTimeout(timer)
  // A timer holds at most 2^31 ms; a longer session is looked at again then.
  if (current) timer = setTimeout(renew, Math.min(renewInMs(current, Date.now()), 2_147_000_000))
}

async function renew(): Promise<void> {
  const before = current
  if (!before) return
  if (renewInMs(before, Date.now()) > 1_000) return scheduleRenewal()
  try {
    const response = await fetch('/v1/auth/renew', { method: 'POST', headers: { authorization: `Bearer ${before.token}` } })
    if (current !== before) return
    if (response.ok) return beginSession((await response.json()) as Login)
    if (response.status === 401) return endSession('expired')
  } catch {
    // The hub is away for a moment; what is left of the lifetime is for trying again.
  }
  if (before.expiresAtMs <= Date.now()) return endSession('expired')
  timer = setTimeout(renew, 5_000)
}
