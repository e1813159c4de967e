import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { ExpectedError } from '../../shared/errors.ts'
import { ensurePrivateDir, replaceFile } from '../../shared/private-file.ts'

/** Who this sensor is, as enrolment left it. */
const Identity = z.strictObject({
  sensorId: z.string().min(1),
  /** `host:port` of the hub, as given at enrolment. */
  hubAddress: z.string().min(1),
  /** P-256, PKCS#8 PEM. Made here; never leaves this machine. */
  keyPem: z.string(),
  /** The leaf first, then any intermediates. */
  certificatePem: z.string(),
  /** Every CA trusted for the hub. */
  caPem: z.string(),
  /** ed25519 keys, SPKI PEM, that may sign packs. */
  packKeysPem: z.array(z.string()),
})
export type Identity = z.infer<typeof Identity>

export class NotEnrolled extends ExpectedError {
  readonly code = 'not_enrolled'
  readonly kind = 'not_found'
}

export class BadIdentity extends ExpectedError {
  readonly code = 'bad_identity'
  readonly kind = 'invalid'
}

// One file, so that a renewal swaps key and certificate in one rename: a crash leaves a pair that belongs together.
const fileIn = (dataDir: string) => join(dataDir, 'identity.json')

/**
 * @throws {NotEnrolled} where there is none
 * @throws {BadIdentity} where the file is damaged
 */
export async function readIdentity(dataDir: string): Promise<Identity> {
  let text: string
  try {
    text = await readFile(fileIn(dataDir), 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new NotEnrolled(`no identity in ${dataDir}; enrol first: picket-sensor enroll --hub HOST:8443 --token TOKEN`, { cause })
    }
    throw new BadIdentity(`cannot read ${fileIn(dataDir)}`, { cause })
  }
  try {
    const identity = Identity.parse(JSON.parse(text))
    new X509Certificate(identity.certificatePem)
    return identity
  } catch (cause) {
    throw new BadIdentity(`${fileIn(dataDir)} is damaged; restore it, or enrol again with --force`, { cause })
  }
}

/** Replaces the identity in one step: 0600, in a directory made 0700. */
export async function writeIdentity(dataDir: string, identity: Identity): Promise<void> {
  await ensurePrivateDir(dataDir)
  await replaceFile(fileIn(dataDir), JSON.stringify(identity, null, 2))
}

/** When the certificate began and ends. */
export function certificateLife({ certificatePem }: Identity): { notBefore: Date; notAfter: Date } {
  const certificate = new X509Certificate(certificatePem)
  return { notBefore: new Date(certificate.validFrom), notAfter: new Date(certificate.validTo) }
}
