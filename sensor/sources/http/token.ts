import { createHash, timingSafeEqual } from 'node:crypto'

export type TokenVerdict = 'valid' | 'missing' | 'malformed' | 'wrong'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Checks `Authorization: Splunk <token>`, `Bearer <token>`, or `Basic` with the token as password, in a time that does not depend on
 * where they differ.
 */
export const createTokenCheck = (token: string): ((authorization: string | undefined) => TokenVerdict) => {
  const expected = digest(token)
  return (authorization) => {
    if (!authorization) return 'missing'
    const [, scheme = '', value = ''] = /^(\S+)\s+(.+)$/.exec(authorization.slice(0, 4_096)) ?? []
    const given = presented(scheme.toLowerCase(), value.trim())
    if (given === undefined) return 'malformed'
    return timingSafeEqual(digest(given), expected) ? 'valid' : 'wrong'
  }
}

const presented = (scheme: string, value: string): string | undefined => {
  if (scheme === 'splunk' || scheme === 'bearer') return value
  if (scheme !== 'basic') return undefined
  const pair = Buffer.from(value, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon === -1 ? undefined : pair.slice(colon + 1)
}
