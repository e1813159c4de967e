import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExpectedError } from '../../shared/errors.ts'
import { createFile } from '../../shared/private-file.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const PREFIX = 'v1.'

/** The envelope was damaged, made with another key, or belongs somewhere else. */
export class SecretUnreadable extends ExpectedError {
  readonly code = 'SECRET_UNREADABLE'
  readonly kind = 'unavailable'
}

/**
 * Seals text with AES-256-GCM.
 * @param key - 32 bytes
 * @param aad - where the secret belongs (`tenant|connector|field`); an envelope moved elsewhere does not open
 * @returns `v1.` and base64url of nonce, tag, ciphertext
 */
export function seal(key: Uint8Array, plaintext: string, aad: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(aad, 'utf8'))
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

/** @throws {SecretUnreadable} */
export function unseal(key: Uint8Array, envelope: string, aad: string): string {
  if (!envelope.startsWith(PREFIX)) throw new SecretUnreadable('not a sealed secret')
  const bytes = Buffer.from(envelope.slice(PREFIX.length), 'base64url')
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SecretUnreadable('the sealed secret is cut short')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(aad, 'utf8'))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
  } catch (cause) {
    throw new SecretUnreadable('the sealed secret does not open: another key, another place, or damage', { cause })
  }
}

export interface SecretBox {
  seal(plaintext: string, aad: string): string
  /** @throws {SecretUnreadable} */
  open(envelope: string, aad: string): string
}

/** Associated data of a connector's secret. */
export const connectorSecretAad = (tenantId: string, connectorId: string, field: string): string => `${tenantId}|${connectorId}|${field}`

/** Seals and opens with the key in `<dataDir>/secrets.key` (0600), made when there is none. It lives outside the database on purpose. */
export async function createSecretBox(dataDir: string): Promise<SecretBox> {
  await mkdir(dataDir, { recursive: true })
  const key = await keyFile(join(dataDir, 'secrets.key'))
  return {
    seal: (plaintext, aad) => seal(key, plaintext, aad),
    open: (envelope, aad) => unseal(key, envelope, aad),
  }
}

async function keyFile(path: string): Promise<Uint8Array> {
  try {
    return await readKey(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  const key = randomBytes(KEY_BYTES)
  try {
    await createFile(path, key)
    return key
  } catch (error) {
    // Of two starts at once, one makes the key and the other reads it.
    if (!hasCode(error, 'EEXIST')) throw error
    return readKey(path)
  }
}

async function readKey(path: string): Promise<Uint8Array> {
  const key = await readFile(path)
  if (key.length !== KEY_BYTES) throw new Error(`${path} holds ${key.length} bytes, ${KEY_BYTES} are needed; restore it from a backup`)
  return key
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code
