import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { ExpectedError } from '../errors.ts'
import { canonicalJson } from './canonical.ts'
import { Pack, SignedPack } from './pack.ts'
import { keyIdOf } from './sign.ts'

export type PackRefusalReason = 'unsigned' | 'bad_signature' | 'unknown_key' | 'rollback' | 'expired' | 'wrong_sensor' | 'invalid' | 'apply_failed'

/** Largest signed pack looked at, in bytes. */
export const MAX_PACK_BYTES = 8 * 1024 * 1024

/** The pack is not taken; the one that runs keeps running. `reason` goes up to the hub as it is. */
export class PackRefused extends ExpectedError {
  readonly code = 'pack_refused'
  readonly kind = 'invalid'
  constructor(
    readonly reason: PackRefusalReason,
    detail: string,
    /** The version the pack names, as far as it could be read. Untrusted until the signature holds. */
    readonly version: number,
    options?: ErrorOptions,
  ) {
    super(detail, options)
  }
}

export interface PackTrust {
  /** ed25519 public keys, SPKI PEM. One good signature by any of them is enough. */
  readonly trustedKeys: readonly string[]
  readonly sensorId: string
  /** Highest version ever run here; a lower one is a rollback. Equal is left to the caller, who can compare the content. */
  readonly runningVersion: number
  /** Undefined skips the check of the expiry: the pack kept on disk stays in use past it. */
  readonly now: Date | undefined
}

/**
 * Checks a signed pack: signature first, then what it says. Nothing of an unverified pack is used.
 *
 * @throws {PackRefused} with the reason
 */
export function verifyPack(bytes: Uint8Array, trust: PackTrust): Pack {
  const { signed, signatures } = parseSigned(bytes)
  const claimed = claimedVersion(signed)
  verifySignature(signed, signatures, trust.trustedKeys, claimed)

  const parsed = Pack.safeParse(signed)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new PackRefused('invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a pack'}`, claimed)
  }
  const pack = parsed.data
  if (pack.sensor_id !== trust.sensorId) throw new PackRefused('wrong_sensor', `made for sensor ${pack.sensor_id}`, pack.version)
  if (pack.version < trust.runningVersion) {
    throw new PackRefused('rollback', `version ${pack.version} is older than ${trust.runningVersion}, which has already run here`, pack.version)
  }
  if (trust.now && new Date(pack.expires_at) <= trust.now) throw new PackRefused('expired', `expired at ${pack.expires_at}`, pack.version)
  return pack
}

function parseSigned(bytes: Uint8Array): SignedPack {
  if (bytes.length > MAX_PACK_BYTES) throw new PackRefused('invalid', `${bytes.length} bytes, the limit is ${MAX_PACK_BYTES}`, 0)
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new PackRefused('invalid', 'not JSON', 0, { cause })
  }
  const parsed = SignedPack.safeParse(json)
  if (parsed.success) return parsed.data
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  if (isObject && isEmptyList(fieldOf(json, 'signatures')))
    throw new PackRefused('unsigned', 'carries no signature', claimedVersion(fieldOf(json, 'signed') ?? json))
  throw new PackRefused('invalid', 'not a signed pack', 0)
}

const fieldOf = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined)

const isEmptyList = (value: unknown): boolean => value === undefined || value === null || (Array.isArray(value) && value.length === 0)

function claimedVersion(signed: unknown): number {
  const version: unknown = fieldOf(signed, 'version')
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0 ? version : 0
}

function verifySignature(signed: unknown, signatures: SignedPack['signatures'], trustedKeys: readonly string[], version: number): void {
  const trusted = new Map<string, KeyObject>(
    trustedKeys.map((pem) => {
      const key = createPublicKey(pem)
      return [keyIdOf(key), key]
    }),
  )
  const known = signatures.flatMap(({ keyid, sig }) => {
    const key = trusted.get(keyid)
    // Only ed25519: an algorithm is chosen by our key, never by what the pack says.
    return key?.asymmetricKeyType === 'ed25519' ? [{ key, sig }] : []
  })
  if (known.length === 0)
    throw new PackRefused(
      'unknown_key',
      `signed by ${signatures.map(({ keyid }) => keyid.slice(0, 16)).join(', ')}, which is not trusted here`,
      version,
    )
  const content = canonicalJson(signed)
  if (!known.some(({ key, sig }) => verify(null, content, key, Buffer.from(sig, 'base64')))) {
    throw new PackRefused('bad_signature', 'the signature does not match the content', version)
  }
}
