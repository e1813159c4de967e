import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { canonicalJson } from './canonical.ts'
import type { Pack } from './pack.ts'

/** A key's name: SHA-256 of its SPKI DER, hex. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** Signs a pack with an ed25519 private key. @returns canonical JSON of SignedPack, as it travels in PackOffer */
export function signPack(pack: Pack, privateKey: KeyObject): Uint8Array {
  const keyid = keyIdOf(createPublicKey(privateKey))
  const sig = sign(null, canonicalJson(pack), privateKey).toString('base64')
  return canonicalJson({ signed: pack, signatures: [{ keyid, sig }] })
}
