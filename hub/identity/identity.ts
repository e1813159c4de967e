import { randomUUID } from 'node:crypto'
import { ExpectedError } from '../../shared/errors.ts'
import { type Claims, readAccessToken, signAccessToken } from './access-tokens.ts'
import { verifyPassword } from './passwords.ts'
import { ROLE_PERMISSIONS } from './permissions.ts'
import type { SignInStore } from './ports.ts'
import type { Session } from './session.ts'
import { createSignInLimits } from './sign-in-limits.ts'
import type { SigningKey } from './signing-key.ts'
import { createTickets } from './ws-tickets.ts'

/** An access token lasts an hour and can be renewed while valid, until twelve hours after the password was given. */
export const ACCESS_TOKEN_SECONDS = 3_600
export const SIGN_IN_SECONDS = 12 * 3_600
const LONGEST_EMAIL = 320
const LONGEST_PASSWORD = 1_024
const MOST_ENDED = 10_000

export interface IssuedToken {
  readonly accessToken: string
  readonly expiresInSeconds: number
}

export interface Identity {
  /**
   * @param address - the peer's address, for the limit per address; never a header a client can write
   * @throws {WrongCredentials} the same for an unknown e-mail, a wrong password and a disabled user
   * @throws {TooManySignIns} {SignInBusy}
   */
  signIn(email: string, password: string, address: string): Promise<IssuedToken>
  /** A token with the user's role as it is now. @throws {SignInOver} 12 h after sign-in, or where the user is gone */
  renew(session: Session): Promise<IssuedToken>
  /** Ends the sign-in: its tokens are refused from now on by this process, until they expire. */
  signOut(session: Session): void
  authenticate(token: string): Promise<Session | undefined>
  issueTicket(session: Session): string
  spendTicket(ticket: string): Session | undefined
}

export class WrongCredentials extends ExpectedError {
  readonly code = 'INVALID_CREDENTIALS'
  readonly kind = 'unauthenticated'
}

export class SignInOver extends ExpectedError {
  readonly code = 'SESSION_EXPIRED'
  readonly kind = 'unauthenticated'
}

export interface IdentityOptions {
  readonly store: SignInStore
  /** Shown in the console; a token carries it, so that no later call needs to look it up. */
  readonly tenantName: (tenantId: string) => Promise<string>
  readonly key: SigningKey
  readonly now: () => Date
}

export function createIdentity({ store, tenantName, key, now }: IdentityOptions): Identity {
  const limits = createSignInLimits()
  const tickets = createTickets(now)
  /** Sign-ins ended before their time. The oldest is forgotten at the bound, and all of them with the process. */
  const ended = new Set<string>()

  const issue = async (claims: Omit<Claims, 'exp'>): Promise<IssuedToken> => {
    const at = now()
    const nowSeconds = Math.floor(at.getTime() / 1_000)
    const exp = Math.min(nowSeconds + ACCESS_TOKEN_SECONDS, claims.auth_time + SIGN_IN_SECONDS)
    return { accessToken: await signAccessToken(key, { ...claims, exp }, at), expiresInSeconds: exp - nowSeconds }
  }

  return {
    async signIn(givenEmail, password, address) {
      const email = givenEmail.trim().toLowerCase()
      if (email.length > LONGEST_EMAIL || password.length > LONGEST_PASSWORD) throw new WrongCredentials('E-mail or password is wrong.')
      await limits.take(email, address)
      const user = await store.findByEmail(email)
      const right = await limits.check(() => verifyPassword(password, user?.passwordHash))
      if (!user || !right || user.disabled) throw new WrongCredentials('E-mail or password is wrong.')
      await limits.giveBack(email, address)
      const at = now()
      await store.recordLogin(user.id, at)
      return issue({
        sub: user.id,
        tenant_id: user.tenantId,
        tenant_name: await tenantName(user.tenantId),
        email: user.email,
        name: user.name,
        role: user.role,
        sid: randomUUID(),
        auth_time: Math.floor(at.getTime() / 1_000),
      })
    },

    async renew(session) {
      const user = await store.findByEmail(session.email)
      const ends = session.signedInAt.getTime() + SIGN_IN_SECONDS * 1_000
      if (!user || user.disabled || user.id !== session.userId || user.tenantId !== session.tenant.tenantId || ends <= now().getTime())
        throw new SignInOver('This sign-in has ended; sign in again.')
      return issue({
        sub: user.id,
        tenant_id: user.tenantId,
        tenant_name: session.tenantName,
        email: user.email,
        name: user.name,
        role: user.role,
        sid: session.signInId,
        auth_time: Math.floor(session.signedInAt.getTime() / 1_000),
      })
    },

    signOut({ signInId }) {
      ended.add(signInId)
      for (const oldest of ended) {
        if (ended.size <= MOST_ENDED) break
        ended.delete(oldest)
      }
    },

    async authenticate(token) {
      const claims = await readAccessToken(key, token, now())
      return claims && !ended.has(claims.sid) ? toSession(claims) : undefined
    },

    issueTicket: (session) => tickets.issue(session),
    spendTicket(ticket) {
      const session = tickets.spend(ticket)
      return session && !ended.has(session.signInId) ? session : undefined
    },
  }
}

const toSession = (claims: Claims): Session => ({
  tenant: { tenantId: claims.tenant_id },
  tenantName: claims.tenant_name,
  userId: claims.sub,
  email: claims.email,
  name: claims.name,
  role: claims.role,
  permissions: ROLE_PERMISSIONS[claims.role],
  signInId: claims.sid,
  signedInAt: new Date(claims.auth_time * 1_000),
  expiresAt: new Date(claims.exp * 1_000),
})
