import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** OWASP's scrypt setting of 2^15 x 8 x 3 costs about as much as 2^17 x 8 x 1 and a quarter of the memory: 32 MiB for each guess in flight. */
const COST = { logN: 15, r: 8, p: 3 }
const KEY_BYTES = 32

/** Nobody's: what a sign-in under an unknown e-mail is checked against, so that it takes as long as one under a known e-mail. */
const NOBODY = `scrypt$${COST.logN}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** @returns `scrypt$logN$r$p$salt$key`, base64url; the settings travel along so that they can grow */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, COST, KEY_BYTES)
  return `scrypt$${COST.logN}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/**
 * Compares in constant time. The same work is done where there is no hash to compare with.
 * @param stored - undefined for an unknown user: always false
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [scheme, logN, r, p, salt, key] = (stored ?? NOBODY).split('$')
  if (scheme !== 'scrypt' || !salt || !key) throw new Error('a stored password hash is not in the form hashPassword writes')
  const expected = Buffer.from(key, 'base64url')
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) }
  const actual = await derive(password, Buffer.from(salt, 'base64url'), cost, expected.length)
  return timingSafeEqual(actual, expected) && stored !== undefined
}

function derive(password: string, salt: Buffer, cost: typeof COST, bytes: number): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** cost.logN, r: cost.r, p: cost.p, maxmem: 256 * 2 ** cost.logN * cost.r }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
