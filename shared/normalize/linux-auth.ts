import type { EventDocument } from '../event/event.ts'
import { put } from './document.ts'
import { parseIp, parsePort } from './ip.ts'

/** What an authentication line means in ECS's words. */
export interface AuthMeaning {
  readonly action: string
  readonly category: readonly string[]
  readonly type: readonly string[]
  readonly outcome?: 'success' | 'failure'
}

export const authMeaning = (action: string, category: string, type: string, outcome?: 'success' | 'failure'): AuthMeaning => ({
  action,
  category: category.split(' '),
  type: type.split(' '),
  ...(outcome ? { outcome } : {}),
})

export function putMeaning(document: EventDocument, meaning: AuthMeaning): void {
  put(document, 'event.action', meaning.action)
  put(document, 'event.category', [...meaning.category])
  put(document, 'event.type', [...meaning.type])
  put(document, 'event.outcome', meaning.outcome)
}

/** A login name; `ana@corp.example` is a name and its domain (winbind, sssd). Masked names (`*****`) name nobody. */
export function putUser(document: EventDocument, name: string | undefined): void {
  const known = name?.trim()
  if (known === undefined || known === '' || /^\*+$/.test(known)) return
  const at = known.indexOf('@')
  if (at > 0 && known.indexOf('.', at) > 0) {
    put(document, 'user.name', known.slice(0, at))
    put(document, 'user.domain', known.slice(at + 1))
  } else put(document, 'user.name', known)
}

/** A peer by address or, where name resolution is on, by name. */
export function putSource(document: EventDocument, host: string | undefined, port?: string | undefined): void {
  if (host !== undefined && host !== '') {
    const ip = parseIp(host)
    put(document, ip === undefined ? 'source.domain' : 'source.ip', ip ?? host)
  }
  put(document, 'source.port', parsePort(port))
}

const PAM = /^(pam_[a-z0-9_]{1,32})\(([^:()]{1,64}):([a-z-]{1,32})\): ?/

/** Whether a line comes from a PAM module, and for which service: `pam_unix(sshd:auth): …`. */
export const pamService = (body: string): string | undefined => {
  const start = body.charCodeAt(0) === 32 ? body.trimStart() : body
  return start.startsWith('pam_') ? PAM.exec(start)?.[2] : undefined
}

const SESSION = /^session (opened|closed) for user ([^\s(]{1,256})(?:\(uid=(\d{1,10})\))?(?: by ([^\s(]{0,256})\(uid=(\d{1,10})\))?/
const FAILURE = /^authentication failure;? /
const GRANTED = /^user '([^']{1,256})' (granted|denied) access/
const LOCKED = /^Consecutive login failures for user (\S{1,256}) account temporarily locked/
const CHANGED = /^password changed for (\S{1,256})/
const EXPIRED = /^account (\S{1,256}) has expired/

/** Reads a PAM module's line (pam_unix, pam_sss, pam_winbind, pam_faillock, …). False where it is not one. */
export function putPam(document: EventDocument, body: string): boolean {
  const head = PAM.exec(body)
  if (!head) return false
  const rest = body.slice(head[0].length, head[0].length + 1_024)
  put(document, 'event.provider', head[1])
  const session = SESSION.exec(rest)
  if (session) {
    putMeaning(document, session[1] === 'opened' ? SESSION_OPENED : SESSION_CLOSED)
    putUser(document, session[2])
    put(document, 'user.id', session[3])
    // `by (uid=0)` is the daemon itself; a name there is who became the user.
    if (session[4]) put(document, 'related.user', [session[4]])
    return true
  }
  if (FAILURE.test(rest)) {
    putMeaning(document, AUTH_FAILED)
    const fields = new Map(rest.split(/\s+/, 24).map((word) => [word.slice(0, Math.max(0, word.indexOf('='))), word.slice(word.indexOf('=') + 1)]))
    putUser(document, fields.get('user'))
    putSource(document, fields.get('rhost'))
    return true
  }
  const granted = GRANTED.exec(rest)
  const one = granted ?? LOCKED.exec(rest) ?? CHANGED.exec(rest) ?? EXPIRED.exec(rest)
  if (one) {
    putUser(document, one[1])
    if (granted) putMeaning(document, granted[2] === 'granted' ? ACCESS_GRANTED : ACCESS_DENIED)
    else putMeaning(document, rest.startsWith('password') ? PASSWORD_CHANGED : rest.startsWith('account') ? ACCESS_DENIED : ACCOUNT_LOCKED)
  } else if (/\buser unknown\b/i.test(rest)) putMeaning(document, AUTH_FAILED)
  return true
}

const SESSION_OPENED = authMeaning('session-opened', 'session', 'start', 'success')
const SESSION_CLOSED = authMeaning('session-closed', 'session', 'end', 'success')
const AUTH_FAILED = authMeaning('authentication-failed', 'authentication', 'start', 'failure')
const ACCESS_GRANTED = authMeaning('access-granted', 'authentication', 'allowed', 'success')
const ACCESS_DENIED = authMeaning('access-denied', 'authentication', 'denied', 'failure')
const PASSWORD_CHANGED = authMeaning('password-changed', 'iam', 'user change', 'success')
const ACCOUNT_LOCKED = authMeaning('account-locked', 'authentication', 'denied', 'failure')
