import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { ExpectedError } from '../../shared/errors.ts'

/**
 * Failed sign-ins allowed in a window. A successful one gives its points back. The narrow limit is on an e-mail and an address together, because one
 * on the e-mail alone would let a stranger keep its owner out; the wide one on the e-mail bounds guessing from many addresses, and does not hold for an
 * address from which its owner has signed in before (OWASP Authentication Cheat Sheet, account lockout).
 */
const LIMITS = {
  pair: { points: 10, duration: 300 },
  address: { points: 50, duration: 300 },
  email: { points: 100, duration: 3_600 },
} as const

/** Pairs of e-mail and address remembered for having signed in; the oldest is forgotten first. */
const MOST_KNOWN = 10_000

/** Passwords checked at once, and callers that may wait for it: each check holds 32 MiB and a core for a while. */
const CHECKS_AT_ONCE = 2
const CHECKS_WAITING = 32

export class TooManySignIns extends ExpectedError {
  readonly code = 'RATE_LIMITED'
  readonly kind = 'rate_limited'
  constructor(
    readonly limit: number,
    readonly windowSeconds: number,
    readonly retryAfterSeconds: number,
  ) {
    super('Too many failed sign-ins; try again later.')
  }
}

export class SignInBusy extends ExpectedError {
  readonly code = 'SIGN_IN_BUSY'
  readonly kind = 'unavailable'
}

export interface SignInLimits {
  /**
   * Takes a point for this try before its password is looked at, so that guesses in parallel count too.
   * @throws {TooManySignIns}
   */
  take(email: string, address: string): Promise<void>
  /** The password was right. */
  giveBack(email: string, address: string): Promise<void>
  /** @throws {SignInBusy} where too many already wait */
  check<T>(work: () => Promise<T>): Promise<T>
}

export function createSignInLimits(): SignInLimits {
  const byPair = new RateLimiterMemory({ keyPrefix: 'pair', ...LIMITS.pair })
  const byAddress = new RateLimiterMemory({ keyPrefix: 'address', ...LIMITS.address })
  const byEmail = new RateLimiterMemory({ keyPrefix: 'email', ...LIMITS.email })
  const known = new Set<string>()
  let running = 0
  const waiting: (() => void)[] = []

  const take = async (limiter: RateLimiterMemory, key: string): Promise<void> => {
    try {
      await limiter.consume(key)
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      throw new TooManySignIns(limiter.points, limiter.duration, Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000)))
    }
  }

  return {
    async take(email, address) {
      // The address first: it bounds how many e-mails one stranger can make us remember.
      await take(byAddress, address)
      await take(byPair, pairOf(email, address))
      if (!known.has(pairOf(email, address))) await take(byEmail, email)
    },
    async giveBack(email, address) {
      const pair = pairOf(email, address)
      await byAddress.reward(address)
      await byPair.delete(pair)
      if (!known.delete(pair)) await byEmail.reward(email)
      known.add(pair)
      for (const oldest of known) {
        if (known.size <= MOST_KNOWN) break
        known.delete(oldest)
      }
    },
    async check(work) {
      if (running >= CHECKS_AT_ONCE) {
        if (waiting.length >= CHECKS_WAITING) throw new SignInBusy('Too many sign-ins at once; try again in a moment.')
        // Whoever finishes hands its place over, so `running` does not change in between.
        await new Promise<void>((resolve) => waiting.push(resolve))
      } else running++
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running--
      }
    },
  }
}

const pairOf = (email: string, address: string): string => `${address} ${email}`
