import { createHash, randomBytes } from 'node:crypto'

/**
 * A new one-time token: `pkt1.<secret>.<SHA-256 of the CA certificate's DER>`, both base64url. The second half lets the sensor know its hub
 * on first contact; the hub keeps only the hash of the whole.
 */
export const makeEnrollmentToken = (caDigest: Uint8Array): string =>
  `pkt1.${randomBytes(32).toString('base64url')}.${Buffer.from(caDigest).toString('base64url')}`

/** What is stored and looked up, hex. A plain hash is enough: the secret has 256 random bits. */
export const hashEnrollmentToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Whether it can be one of ours at all; keeps rubbish away from the database. */
export const looksLikeEnrollmentToken = (token: string): boolean => /^pkt1\.[\w-]{43}\.[\w-]{43}$/.test(token)
