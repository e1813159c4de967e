import { hkdfSync } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { createFile } from '../../shared/private-file.ts'

export interface SigningKey {
  readonly keyId: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** 32 bytes that only this hub knows, of their own for each purpose. */
  deriveSecret(purpose: string): Buffer
}

/** The key that signs this hub's access tokens (P-256), made at the first start and kept in `folder`, readable by its owner alone. */
export async function loadSigningKey(folder: string): Promise<SigningKey> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'signing-key.json')
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const jwk: JWK = stored === undefined ? await makeKey(file) : JSON.parse(stored)
  const { d: secret, ...publicJwk } = jwk
  if (secret === undefined) throw new Error(`${file} does not hold a private key`)
  return {
    keyId: await calculateJwkThumbprint(jwk),
    privateKey: await importKey(jwk),
    publicKey: await importKey(publicJwk),
    deriveSecret: (purpose) => Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', purpose, 32)),
  }
}

async function makeKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  // Of two hubs that start on one folder at once, one fails loudly instead of both signing with a key the other does not have.
  await createFile(file, JSON.stringify(jwk))
  return jwk
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'ES256')
  if (key instanceof Uint8Array) throw new Error('the signing key file does not hold an EC key')
  return key
}
