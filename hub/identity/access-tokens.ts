import { errors, jwtVerify, SignJWT } from 'jose'
import * as z from 'zod'
import { ROLES } from './ports.ts'
import type { SigningKey } from './signing-key.ts'

const ISSUER = 'picket-hub'
const AUDIENCE = 'picket-api'
const ALGORITHM = 'ES256'

/** What an access token says. `sid` names the sign-in and stays the same through renewals; `auth_time` is when it happened (s since 1970). */
const Claims = z.object({
  sub: z.string(),
  tenant_id: z.uuid(),
  tenant_name: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  sid: z.string(),
  auth_time: z.int(),
  exp: z.int(),
})
export type Claims = z.infer<typeof Claims>

export const signAccessToken = (key: SigningKey, { sub, exp, ...claims }: Claims, now: Date): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, kid: key.keyId, typ: 'at+jwt' })
    .setSubject(sub)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(exp)
    .sign(key.privateKey)

/**
 * Algorithm, issuer, audience, type and key are fixed here and never taken from the token: a header naming another key
 * (`jwk`, `jku`, `x5u`, a foreign `kid`) changes nothing (RFC 8725, sections 3.1 and 3.10).
 * @returns undefined for anything that is not a valid token of this hub
 */
export async function readAccessToken(key: SigningKey, token: string, now: Date): Promise<Claims | undefined> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: now,
    })
    if (protectedHeader.kid !== key.keyId) return undefined
    return Claims.safeParse(payload).data
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
